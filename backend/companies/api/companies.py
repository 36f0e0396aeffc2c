"""/api/v1/companies/ and the seed's /api/companies/: one pair of views, one set of services."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import answer_once
from accounts.models import User
from audit.models import Source
from companies.api.bodies import CompanyBodySerializer, NewCompanySerializer
from companies.api.gone import missing
from companies.api.paging import filters_of, portion
from companies.api.preconditions import wanted_version
from companies.api.records import (
    IF_MATCH,
    IF_NONE_MATCH,
    KEY,
    RecordsView,
    RecordView,
    answers,
    body_of,
    filters,
    listed,
    page_of,
    sent_of,
    shown,
    viewer_of,
)
from companies.api.shapes import CompanySerializer, shown_companies
from companies.edits import whole
from companies.edits.fields import NotFound
from companies.edits.whole import Sent
from companies.listing import COMPANIES, selection
from companies.models import Company
from companies.records import BadRecord

KIND = "company"
SORTS = {"id": "pk", "name": "folded", "created": "created_at", "updated": "updated_at"}
READ_ONLY = frozenset(CompanySerializer.Meta.fields) - whole.WRITABLE
ABOUT = (
    "`phone`: номер, который есть, становится основным; новый — новой основной строкой; пустой убирает основную. "
    "`phones`, `emails`: весь список; строки с `id` меняются, без него добавляются, пропущенные убираются "
    "(под /api/v1/ — только с If-Match). `contact_name`, `contact_position` пишут основной контакт. "
    "`responsible` передаёт компанию, `is_cold_call` — то же, что `lead_state`."
)
EXAMPLE = {
    "name": "ООО «Северный лес»",
    "inn": "6671000003",
    "kpp": "667101001",
    "phone": "8 (343) 200-00-01",
    "email": "info@example.com",
    "contact_name": "Котова Анна Игоревна",
    "contact_position": "снабжение",
    "lead_state": "warm",
}


def company_answer(viewer: User, companies: list[Company]) -> Any:
    return CompanySerializer(companies, many=True, context={"viewer": viewer}).data


class CompaniesView(RecordsView):
    @extend_schema(
        summary="Компании, которые вы видите",
        parameters=filters(COMPANIES, SORTS),
        responses=answers({200: page_of("Company", CompanySerializer)}, 400, 404),
    )
    def get(self, request: Request, *, is_seed: bool = False) -> Response:
        user = viewer_of(request)
        rows = shown_companies(selection(user, "view", filters_of(request)))
        page = portion(request, rows, SORTS, is_numbered=is_seed)
        return listed(page, lambda companies: company_answer(user, companies))

    @extend_schema(
        summary="Новая компания",
        description=f"Похожие карточки — отказ 409 possible_duplicates, пока нет allow_duplicates. {ABOUT}",
        parameters=[KEY],
        request=NewCompanySerializer,
        responses=answers({201: CompanySerializer}, 400, 403, 409, 422),
        examples=[OpenApiExample("Компания с контактом", value=EXAMPLE, request_only=True)],
    )
    def post(self, request: Request, *, is_seed: bool = False) -> Response:
        return answer_once(request, lambda: self._make(request))

    def _make(self, request: Request) -> Response:
        user, body = viewer_of(request), body_of(request)
        is_meant = body.pop("allow_duplicates", False)
        if not isinstance(is_meant, bool):
            raise BadRecord("Поле allow_duplicates — true или false.", field="allow_duplicates")
        made = whole.new_whole_company(Sent(user, body), allow_duplicates=is_meant)
        return _shown(request, made.pk, 201)


class CompanyView(RecordView):
    @extend_schema(
        summary="Компания",
        parameters=[IF_NONE_MATCH],
        responses=answers({200: CompanySerializer}, 304, 404, 410),
    )
    def get(self, request: Request, company_id: int, *, is_seed: bool = False) -> Response:
        return _shown(request, company_id)

    @extend_schema(
        summary="Изменить названные поля",
        description=f"Пишет только то, что названо. {ABOUT}",
        parameters=[IF_MATCH],
        request=CompanyBodySerializer(partial=True),
        responses=answers({200: CompanySerializer, 204: None}, 400, 403, 404, 409, 412, 428),
        examples=[OpenApiExample("Два поля", value={"city": "Екатеринбург", "status": 2}, request_only=True)],
    )
    def patch(self, request: Request, company_id: int, *, is_seed: bool = False) -> Response:
        return _write(request, company_id, body_of(request), is_blind=True, is_seed=is_seed)

    @extend_schema(
        summary="Записать карточку, как она прочитана",
        description=f"Название обязательно; поля, которые нельзя записать, пропускаются. {ABOUT}",
        parameters=[IF_MATCH],
        request=CompanyBodySerializer,
        responses=answers({200: CompanySerializer, 204: None}, 400, 403, 404, 409, 412, 428),
    )
    def put(self, request: Request, company_id: int, *, is_seed: bool = False) -> Response:
        body = body_of(request, READ_ONLY)
        return _write(request, company_id, {"name": "", **body}, is_blind=False, is_seed=is_seed)

    @extend_schema(
        summary="Удалить: администратор, с причиной",
        parameters=[IF_MATCH, OpenApiParameter("reason", str, description="не меньше пяти букв")],
        responses=answers({204: None}, 400, 403, 404, 409, 412, 428),
    )
    def delete(self, request: Request, company_id: int, *, is_seed: bool = False) -> Response:
        user = viewer_of(request)
        _must_see(user, company_id)
        whole.delete_whole_company(
            actor=user,
            company_id=company_id,
            reason=request.query_params.get("reason", ""),
            version=wanted_version(request, KIND, company_id, required=not is_seed),
            source=Source.API,
        )
        return Response(status=204)


def _shown(request: Request, pk: int, status: int = 200) -> Response:
    """The card; whoever has just made it reads what they wrote, also when it is somebody else's from now on."""
    user = viewer_of(request)
    seen = Company.objects.all() if status == 201 else Company.objects.visible_to(user)
    company = shown_companies(seen).filter(pk=pk).first()
    if company is None:
        raise missing(user, pk, is_read=True)
    return shown(request, KIND, company, company_answer(user, [company])[0], status)


def _write(request: Request, pk: int, body: dict[str, Any], *, is_blind: bool, is_seed: bool) -> Response:
    """The card as it stands now; 204 when it was handed over out of the writer's sight."""
    _must_see(viewer_of(request), pk)
    whole.change_whole_company(pk, sent_of(request, KIND, pk, body, is_blind=is_blind, is_seed=is_seed))
    try:
        return _shown(request, pk)
    except NotFound:
        return Response(status=204)


def _must_see(user: User, pk: int) -> None:
    if not Company.objects.visible_to(user).filter(pk=pk).exists():
        raise missing(user, pk, is_read=False)
