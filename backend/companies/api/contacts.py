"""/api/v1/contacts/ and the seed's /api/contacts/: people of companies, and of none."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import answer_once
from accounts.models import User
from audit.models import Source
from companies.api.bodies import ContactBodySerializer
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
from companies.api.shapes import ContactSerializer, shown_contacts
from companies.edits import whole_contact
from companies.edits.fields import NotFound
from companies.edits.whole import Sent
from companies.listing import CONTACTS, contact_selection
from companies.models import Contact

KIND = "contact"
SORTS = {"id": "pk", "name": "folded", "created": "created_at", "updated": "updated_at"}
READ_ONLY = frozenset(ContactSerializer.Meta.fields) - whole_contact.WRITABLE
EXAMPLE = {
    "company": 12,
    "last_name": "Котова",
    "first_name": "Анна",
    "position": "снабжение",
    "phones": [{"raw": "+7 343 200-00-01, доб. 12", "type": "work_direct", "comment": "до обеда"}],
    "emails": [{"raw": "kotova@example.com"}],
}


def contact_answer(viewer: User, contacts: list[Contact]) -> Any:
    return ContactSerializer(contacts, many=True, context={"viewer": viewer}).data


class ContactsView(RecordsView):
    @extend_schema(
        summary="Контакты, которых вы видите",
        parameters=filters(CONTACTS, SORTS),
        responses=answers({200: page_of("Contact", ContactSerializer)}, 400, 404),
    )
    def get(self, request: Request, *, is_seed: bool = False) -> Response:
        user = viewer_of(request)
        rows = shown_contacts(contact_selection(user, "view", filters_of(request)))
        page = portion(request, rows, SORTS, is_numbered=is_seed)
        return listed(page, lambda contacts: contact_answer(user, contacts))

    @extend_schema(
        summary="Новый контакт",
        description="Без `company` — контакт без компании, ответственный вы.",
        parameters=[KEY],
        request=ContactBodySerializer,
        responses=answers({201: ContactSerializer}, 400, 403, 409, 422),
        examples=[OpenApiExample("С номером и адресом", value=EXAMPLE, request_only=True)],
    )
    def post(self, request: Request, *, is_seed: bool = False) -> Response:
        return answer_once(request, lambda: self._make(request))

    def _make(self, request: Request) -> Response:
        made = whole_contact.new_whole_contact(Sent(viewer_of(request), body_of(request)))
        return _shown(request, made.pk, 201)


class ContactView(RecordView):
    @extend_schema(
        summary="Контакт",
        parameters=[IF_NONE_MATCH],
        responses=answers({200: ContactSerializer}, 304, 404),
    )
    def get(self, request: Request, contact_id: int, *, is_seed: bool = False) -> Response:
        return _shown(request, contact_id)

    @extend_schema(
        summary="Изменить названные поля",
        parameters=[IF_MATCH],
        request=ContactBodySerializer(partial=True),
        responses=answers({200: ContactSerializer}, 400, 403, 404, 409, 412, 428),
        examples=[OpenApiExample("Должность", value={"position": "директор"}, request_only=True)],
    )
    def patch(self, request: Request, contact_id: int, *, is_seed: bool = False) -> Response:
        return _write(request, contact_id, body_of(request), is_blind=True, is_seed=is_seed)

    @extend_schema(
        summary="Записать контакт, как он прочитан",
        parameters=[IF_MATCH],
        request=ContactBodySerializer,
        responses=answers({200: ContactSerializer}, 400, 403, 404, 409, 412, 428),
    )
    def put(self, request: Request, contact_id: int, *, is_seed: bool = False) -> Response:
        return _write(request, contact_id, body_of(request, READ_ONLY), is_blind=False, is_seed=is_seed)

    @extend_schema(
        summary="Удалить контакт",
        parameters=[IF_MATCH],
        responses=answers({204: None}, 403, 404, 412, 428),
    )
    def delete(self, request: Request, contact_id: int, *, is_seed: bool = False) -> Response:
        user = viewer_of(request)
        _must_see(user, contact_id)
        version = wanted_version(request, KIND, contact_id, required=not is_seed)
        whole_contact.delete_whole_contact(actor=user, contact_id=contact_id, version=version, source=Source.API)
        return Response(status=204)


def _shown(request: Request, pk: int, status: int = 200) -> Response:
    user = viewer_of(request)
    contact = shown_contacts(Contact.objects.visible_to(user)).filter(pk=pk).first()
    if contact is None:
        raise NotFound("Не найдено.")
    return shown(request, KIND, contact, contact_answer(user, [contact])[0], status)


def _write(request: Request, pk: int, body: dict[str, Any], *, is_blind: bool, is_seed: bool) -> Response:
    _must_see(viewer_of(request), pk)
    whole_contact.change_whole_contact(pk, sent_of(request, KIND, pk, body, is_blind=is_blind, is_seed=is_seed))
    return _shown(request, pk)


def _must_see(user: User, pk: int) -> None:
    if not Contact.objects.visible_to(user).filter(pk=pk).exists():
        raise NotFound("Не найдено.")
