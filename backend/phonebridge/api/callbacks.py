"""/api/v1/calls/callbacks/ and what is done with a call that nobody clicked."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.workdays import hours_of_all
from audit.models import Source
from common.api import ApiSerializer
from companies import access
from companies.models import Company, Contact
from companies.selectors import candidates_of
from phonebridge.api.bodies import user_of
from phonebridge.api.calls import MAX_ID, CallSerializer, get_call
from phonebridge.models import CallBack, CloseReason
from phonebridge.selectors.callbacks import age, get_visible_callback, visible_callbacks, waited_min
from phonebridge.selectors.calls import private_calls
from phonebridge.services.callback_acts import drop, hand_over
from phonebridge.services.incoming import mark_private, pick_card, unmark_private


class CallBackSerializer(ApiSerializer[CallBack]):
    """A missed call that waits for an answer; a card that the reader may not see is not named."""

    phone = serializers.SerializerMethodField()
    company_name = serializers.CharField(source="company.name", default="", read_only=True)
    drop_reason = serializers.CharField(read_only=True, help_text=f"{', '.join(CloseReason.values)} или пусто")
    waited_min = serializers.SerializerMethodField(help_text="рабочих минут до первой попытки или до сейчас")
    age = serializers.SerializerMethodField(help_text="success, warning, danger: цвет ожидания")

    class Meta:
        model = CallBack
        fields = [
            *("id", "state", "phone", "branch", "company", "company_name", "contact", "assignee", "first_missed_at"),
            *("last_missed_at", "missed_count", "attempts", "first_attempt_at", "waited_min", "age", "closed_at"),
            *("closing_call", "drop_reason"),
        ]

    def get_phone(self, row: CallBack) -> str:
        return row.phone_e164 or row.phone_raw

    def get_waited_min(self, row: CallBack) -> int:
        return waited_min(row, self.context["hours"][row.branch_id], self.context["now"])

    def get_age(self, row: CallBack) -> str:
        return age(self.get_waited_min(row))

    def to_representation(self, row: CallBack) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(row)
        viewer = self.context["viewer"]
        if row.company is not None:
            is_seen = access.can(viewer, "view", row.company).ok
        else:
            is_seen = row.contact is None or access.can_contact(viewer, "view", row.contact).ok
        return shown if is_seen else shown | {"company": None, "company_name": "", "contact": None}


def _shown(request: Request, rows: list[CallBack]) -> Any:
    branches = {row.branch_id: row.branch for row in rows if row.branch is not None}
    context = {"viewer": user_of(request), "now": timezone.now(), "hours": hours_of_all(branches.values())}
    return CallBackSerializer(rows, many=True, context=context).data


class CallBacksView(GenericAPIView[CallBack]):
    serializer_class = CallBackSerializer
    queryset = CallBack.objects.none()

    @extend_schema(
        summary="Кому перезвонить: дольше ждущие первыми",
        operation_id="callbacks_list",
        parameters=[OpenApiParameter("state", str, enum=["open", "closed"], description="обычно open")],
        responses=CallBackSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        is_closed = request.query_params.get("state") == "closed"
        rows = visible_callbacks(user_of(request)).filter(closed_at__isnull=not is_closed)
        page = self.paginate_queryset(rows.order_by("-closed_at", "-pk") if is_closed else rows)
        return self.get_paginated_response(_shown(request, list(page or [])))


class CloseSerializer(serializers.Serializer[None]):
    reason = serializers.CharField(max_length=10, help_text=", ".join(CloseReason.values))


class CallBackCloseView(APIView):
    @extend_schema(
        summary="Не перезванивать, с причиной",
        request=CloseSerializer,
        responses={
            200: CallBackSerializer,
            400: OpenApiResponse(description="code: bad_reason: нет такой причины"),
            404: OpenApiResponse(description="Нет такой просьбы или она не видна"),
        },
    )
    def post(self, request: Request, callback_id: int) -> Response:
        user = user_of(request)
        row = get_visible_callback(user, callback_id)
        if row is None:
            raise Http404
        form = CloseSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        drop(actor=user, row=row, reason=form.validated_data["reason"], source=Source.API)
        fresh = get_visible_callback(user, callback_id)
        if fresh is None:
            raise Http404
        return Response(_shown(request, [fresh])[0])


class CardSerializer(serializers.Serializer[None]):
    company = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MAX_ID)
    contact = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MAX_ID)


CANDIDATE = inline_serializer(
    "CallCandidate",
    {
        "company": serializers.IntegerField(allow_null=True),
        "contact": serializers.IntegerField(allow_null=True),
        "title": serializers.CharField(),
    },
)

CANDIDATES = inline_serializer(
    "CallCandidates",
    {
        "results": serializers.ListField(child=CANDIDATE),
        "more": serializers.IntegerField(help_text="сколько ещё, кроме двадцати"),
        "foreign": serializers.BooleanField(help_text="номер ведёт другой сотрудник"),
    },
)


class CallCardView(APIView):
    """Whose call it was."""

    @extend_schema(
        summary="Карточки с номером звонка, которые видит сотрудник",
        responses={200: CANDIDATES, 404: OpenApiResponse(description="Нет такого звонка или он не виден")},
    )
    def get(self, request: Request, call_id: uuid.UUID) -> Response:
        found = candidates_of(viewer=user_of(request), e164=get_call(request, call_id).phone_e164)
        rows = [{"company": row.company_id, "contact": row.contact_id, "title": row.title} for row in found.rows]
        return Response({"results": rows, "more": found.more, "foreign": found.is_foreign})

    @extend_schema(
        summary="Выбрать, чей это звонок",
        request=CardSerializer,
        responses={
            200: CallSerializer,
            400: OpenApiResponse(description="code: invalid: не номер карточки"),
            404: OpenApiResponse(description="Нет такого звонка или он не виден"),
            409: OpenApiResponse(description="code: no_match: у карточки нет этого номера или она не видна"),
        },
    )
    def post(self, request: Request, call_id: uuid.UUID) -> Response:
        user, call = user_of(request), get_call(request, call_id)
        form = CardSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        company = Company.objects.visible_to(user).filter(pk=said.get("company") or 0).first()
        contact = Contact.objects.visible_to(user).filter(pk=said.get("contact") or 0).first()
        pick_card(actor=user, call=call, company=company, contact=None if company else contact, source=Source.API)
        return Response(CallSerializer(get_call(request, call_id), context={"viewer": user}).data)


class CallHandView(APIView):
    @extend_schema(
        summary="Передать звонок тому, кто ведёт номер",
        request=None,
        responses={
            200: inline_serializer("Handed", {"handed": serializers.BooleanField()}),
            404: OpenApiResponse(description="Не свой звонок"),
            409: OpenApiResponse(description="code: not_foreign или nobody"),
        },
    )
    def post(self, request: Request, call_id: uuid.UUID) -> Response:
        user, call = user_of(request), get_call(request, call_id)
        if call.user_id != user.pk:
            raise Http404
        hand_over(actor=user, call=call, source=Source.API)
        return Response({"handed": True})


class PrivateSerializer(serializers.Serializer[None]):
    private = serializers.BooleanField()


class CallPrivateView(APIView):
    @extend_schema(
        summary="Отметить свой звонок личным или вернуть его",
        request=PrivateSerializer,
        responses={
            200: PrivateSerializer,
            400: OpenApiResponse(description="code: invalid: private — true или false"),
            404: OpenApiResponse(description="Не свой звонок"),
            409: OpenApiResponse(description="code: not_private (номер есть в базе) или too_late (прошло 24 часа)"),
        },
    )
    def post(self, request: Request, call_id: uuid.UUID) -> Response:
        user = user_of(request)
        form = PrivateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        call = private_calls(user).filter(pk=call_id).first() or get_call(request, call_id)
        if call.user_id != user.pk:
            raise Http404
        act = mark_private if form.validated_data["private"] else unmark_private
        return Response({"private": act(actor=user, call=call, source=Source.API).is_private})
