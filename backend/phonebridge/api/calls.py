"""/api/v1/calls/: ask for a call, read its truth, take it back."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from audit.models import Source
from common.api import ApiSerializer
from common.bodies import read_object
from companies.models import Company, Contact
from phonebridge.api.after import AfterCardSerializer
from phonebridge.api.bodies import user_of
from phonebridge.enums import Status
from phonebridge.matching import Names, names_for
from phonebridge.models import CallRequest, PhoneDevice
from phonebridge.selectors import get_visible_call, presence_of, visible_calls
from phonebridge.selectors.after import as_dict, card_of
from phonebridge.services import clicks

MAX_ID = 2**63 - 1


class CallSerializer(ApiSerializer[CallRequest]):
    """Everything about a call; moments are ISO 8601 in UTC."""

    phone = serializers.SerializerMethodField()
    device = serializers.CharField(source="device.device_name", default=None, read_only=True)
    username = serializers.CharField(source="user.username", read_only=True)
    is_open = serializers.BooleanField(read_only=True)
    after = serializers.SerializerMethodField()

    class Meta:
        model = CallRequest
        fields = [
            "id",
            "origin",
            "status",
            "reason",
            "rev",
            "is_open",
            "phone",
            "phone_raw",
            "phone_ext",
            "user",
            "username",
            "branch",
            "company",
            "company_name",
            "contact",
            "contact_name",
            "note",
            "is_cold_call",
            "device",
            "delivery",
            "live_phase",
            "is_unconfirmed",
            "is_lost",
            "is_late",
            "repeats",
            "created_at",
            "expires_at",
            "offered_at",
            "received_at",
            "claimed_at",
            "dialing_at",
            "talking_at",
            "ended_at",
            "cancel_requested_at",
            "closed_at",
            "call_status",
            "call_started_at",
            "call_duration_seconds",
            "call_ended_at",
            "direction",
            "resolve_method",
            "attempts_count",
            "action_source",
            "result_at",
            "flags",
            "after",
        ]

    def get_phone(self, call: CallRequest) -> str:
        return call.phone_e164 or call.phone_raw

    @extend_schema_field(AfterCardSerializer(allow_null=True))
    def get_after(self, call: CallRequest) -> dict[str, Any] | None:
        card = card_of(call)
        return as_dict(card) if card else None

    def to_representation(self, call: CallRequest) -> dict[str, Any]:
        """A card that the reader may not see is not named."""
        shown: dict[str, Any] = super().to_representation(call)
        viewer = self.context.get("viewer")
        names = names_for(viewer, call) if viewer is not None else Names(is_foreign=True)
        if names.is_foreign:
            shown |= {"company": None, "contact": None}
        return shown | {"company_name": names.company, "contact_name": names.contact}


class ClickSerializer(serializers.Serializer[None]):
    """The click: a number, and optionally whose it is."""

    phone = serializers.CharField(max_length=256, trim_whitespace=True)
    company = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MAX_ID)
    contact = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MAX_ID)
    device_id = serializers.CharField(required=False, allow_blank=True, max_length=64)
    note = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    is_cold_call = serializers.BooleanField(required=False, allow_null=True, default=None)
    tab = serializers.CharField(required=False, allow_blank=True, max_length=64, help_text="вкладка браузера")


PRESENCE = inline_serializer(
    "Presence",
    {
        "state": serializers.ChoiceField(["online", "polling", "offline", "none"]),
        "text": serializers.CharField(),
        "tone": serializers.CharField(),
        "rtt_ms": serializers.IntegerField(allow_null=True),
    },
)
CLICKED = inline_serializer(
    "Clicked",
    {
        "id": serializers.UUIDField(),
        "status": serializers.ChoiceField(Status.choices),
        "phone": serializers.CharField(),
        "expires_at": serializers.DateTimeField(),
        "presence": PRESENCE,
    },
)


class CallsView(GenericAPIView[CallRequest]):
    serializer_class = CallSerializer

    @extend_schema(
        summary="Звонки: новые первыми",
        parameters=[
            OpenApiParameter("status", str, description="состояние команды"),
            OpenApiParameter("company", int),
            OpenApiParameter("user", int),
        ],
        operation_id="calls_list",
        responses=CallSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        calls = visible_calls(user_of(request))
        params = request.query_params
        if params.get("status") in Status.values:
            calls = calls.filter(status=params["status"])
        for name in ("company", "user"):
            value = params.get(name, "")
            if value:
                number = int(value) if value.isdecimal() and len(value) < 19 else 0
                calls = calls.filter(**{f"{name}_id": number})
        page = self.paginate_queryset(calls)
        shown = CallSerializer(page, many=True, context={"viewer": user_of(request)})
        return self.get_paginated_response(shown.data)

    @extend_schema(
        summary="Позвонить",
        request=ClickSerializer,
        responses={
            201: CLICKED,
            200: OpenApiResponse(CLICKED, description="Этот номер уже набирается: тот же звонок"),
            400: OpenApiResponse(description="code: bad_phone, bad_note или invalid (с полем fields)"),
            404: OpenApiResponse(description="code: not_found: компания, контакт или телефон не видны"),
            409: OpenApiResponse(description="code: call_open (open_id) или do_not_call"),
        },
        examples=[OpenApiExample("Номер", value={"phone": "+7 343 000-12-34", "note": "Уточнить объём"})],
    )
    def post(self, request: Request) -> Response:
        user = user_of(request)
        form = ClickSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        click = clicks.request_call(
            actor=user,
            phone=said["phone"],
            company=_visible(Company, user, said.get("company"), "Компания не найдена."),
            contact=_visible(Contact, user, said.get("contact"), "Контакт не найден."),
            note=said.get("note", ""),
            is_cold_call=said.get("is_cold_call"),
            device=_device(user, said.get("device_id")),
            tab=said.get("tab", ""),
            source=Source.API,
        )
        call = click.call
        body = {
            "id": str(call.pk),
            "status": call.status,
            "phone": call.phone_e164 or call.phone_raw,
            "expires_at": call.expires_at,
            "presence": presence_of([user.pk])[user.pk].as_dict(),
        }
        return Response(body, status=201 if click.created else 200)


def _visible(model: Any, user: Any, pk: int | None, words: str) -> Any:
    """The row of this number, if the person may dial it; a missing and an invisible one give the same refusal."""
    if pk is None:
        return None
    row = model.objects.allowed(user, "dial").filter(pk=pk).first()
    if row is None:
        raise clicks.NotVisible(words)
    return row


def _device(user: Any, device_id: str | None) -> PhoneDevice | None:
    if not device_id:
        return None
    device = PhoneDevice.objects.usable().filter(user=user, device_id=device_id).first()
    if device is None:
        raise clicks.NotVisible("Телефон не найден.")
    return device


class CallView(GenericAPIView[CallRequest]):
    serializer_class = CallSerializer
    queryset = CallRequest.objects.none()

    @extend_schema(
        summary="Звонок целиком",
        operation_id="calls_retrieve",
        responses={200: CallSerializer, 404: OpenApiResponse(description="Нет такого звонка или он не виден")},
    )
    def get(self, request: Request, call_id: uuid.UUID) -> Response:
        return Response(CallSerializer(get_call(request, call_id), context={"viewer": user_of(request)}).data)


class CancelView(GenericAPIView[CallRequest]):
    queryset = CallRequest.objects.none()

    @extend_schema(
        summary="Отменить",
        request=None,
        responses={
            200: inline_serializer(
                "CancelAnswer",
                {"cancelled": serializers.BooleanField(), "status": serializers.ChoiceField(Status.choices)},
            ),
            403: OpenApiResponse(description="code: not_yours: звонок заказал другой сотрудник"),
            404: OpenApiResponse(description="Нет такого звонка или он не виден"),
        },
    )
    def post(self, request: Request, call_id: uuid.UUID) -> Response:
        if request.body:
            read_object(request)
        done = clicks.cancel_call(actor=user_of(request), call=get_call(request, call_id))
        return Response({"cancelled": done.cancelled, "status": done.status})


def get_call(request: Request, call_id: uuid.UUID) -> CallRequest:
    """The call within the rights of the reader, else 404."""
    call = get_visible_call(user_of(request), call_id)
    if call is None:
        raise Http404
    return call
