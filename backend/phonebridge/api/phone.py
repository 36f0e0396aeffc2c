"""REST for phones (seed §3.3.2): results, states, refusals, registration, telemetry, logs."""

from __future__ import annotations

import logging
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.throttles import HeartbeatThrottle, TelemetryThrottle
from common.bodies import address_of, read_json, read_object, speaks_protocol
from common.ids import parse_uuid
from phonebridge.api.bodies import device_of, phone_of_token, required_device, user_of
from phonebridge.enums import (
    ActionSource,
    CallStatus,
    Delivery,
    Direction,
    Phase,
    RejectReason,
    ResolveMethod,
)
from phonebridge.models import CallRequest
from phonebridge.reporting import read_moment
from phonebridge.services import delivery, devices, results

logger = logging.getLogger(__name__)

OK = inline_serializer("Accepted", {"ok": serializers.BooleanField()})
UPDATE = inline_serializer(
    "CallReport",
    {
        "call_request_id": serializers.UUIDField(required=False),
        "call_status": serializers.ChoiceField(CallStatus.choices, required=False),
        "call_started_at": serializers.DateTimeField(required=False),
        "call_duration_seconds": serializers.IntegerField(required=False, min_value=0),
        "call_ended_at": serializers.DateTimeField(required=False),
        "direction": serializers.ChoiceField(Direction.choices, required=False),
        "resolve_method": serializers.ChoiceField(ResolveMethod.choices, required=False),
        "attempts_count": serializers.IntegerField(required=False, min_value=0),
        "action_source": serializers.ChoiceField(ActionSource.choices, required=False),
        "report_id": serializers.CharField(required=False, max_length=90),
        "sent_at": serializers.DateTimeField(required=False),
        "event_id": serializers.CharField(required=False, max_length=64),
        "phone": serializers.CharField(required=False, max_length=64),
        "device_id": serializers.CharField(required=False, max_length=64),
    },
)


class UpdateCallInfoView(APIView):
    """Never a 4xx for a body that parses, never a throttle: old dialers drop a result for good on both (D5)."""

    throttle_classes: list[Any] = []

    @extend_schema(
        summary="Сообщить результат звонка",
        request=UPDATE,
        responses={200: OK, 400: OpenApiResponse(description="Тело не JSON")},
    )
    def post(self, request: Request) -> Response:
        user = user_of(request)
        body = read_json(request)
        fields = body if isinstance(body, dict) else {}
        report_id = fields.get("report_id")
        results.record_report(
            user=user,
            device=device_of(user, fields.get("device_id")),
            body={k: v for k, v in fields.items() if k not in {"report_id", "sent_at"}} if fields else body,
            transport=Delivery.POLL if speaks_protocol(request) else Delivery.LEGACY,
            report_id=report_id,
            sent_at=read_moment(fields.get("sent_at")),
        )
        return Response({"ok": True})


class StateView(APIView):
    """What a socket's `state` frame says, for a new client that polls."""

    @extend_schema(
        summary="Сообщить ход звонка",
        request=inline_serializer(
            "CallState",
            {
                "call_request_id": serializers.UUIDField(),
                "lease": serializers.CharField(required=False, max_length=64),
                "phase": serializers.ChoiceField(Phase.choices),
                "at": serializers.DateTimeField(required=False),
            },
        ),
        responses={200: inline_serializer("CallStateAnswer", {"revoked": serializers.BooleanField()})},
    )
    def post(self, request: Request) -> Response:
        user = user_of(request)
        body = read_object(request)
        call_id = parse_uuid(body.get("call_request_id"))
        lease, phase = devices.text(body.get("lease"), 64), devices.text(body.get("phase"), 20).lower()
        if call_id is None:
            return Response({"revoked": True})
        delivery.record_state(call_id=call_id, phase=phase, lease=lease, user_id=user.pk)
        call = CallRequest.objects.filter(pk=call_id, user_id=user.pk).first()
        return Response({"revoked": call is None or _is_revoked(call, lease)})


def _is_revoked(call: CallRequest, lease: str) -> bool:
    """True when the phone should not dial (or should say that it did not)."""
    if call.cancel_requested_at is not None and call.dialing_at is None:
        return True
    return (call.closed_at is not None and call.dialing_at is None) or bool(
        call.lease and lease and call.lease != lease
    )


class RejectView(APIView):
    """What a socket's `reject` frame says, for a new client that polls."""

    @extend_schema(
        summary="Отказаться от звонка",
        request=inline_serializer(
            "CallReject",
            {
                "call_request_id": serializers.UUIDField(),
                "reason": serializers.ChoiceField(RejectReason.choices),
                "device_id": serializers.CharField(required=False, max_length=64),
            },
        ),
        responses={200: OK},
    )
    def post(self, request: Request) -> Response:
        user = user_of(request)
        body = read_object(request)
        call_id = parse_uuid(body.get("call_request_id"))
        call = CallRequest.objects.select_related("device").filter(pk=call_id, user=user).first() if call_id else None
        # the token says which phone speaks, when it was given to one; only of an old log-in the call's own is meant
        named = phone_of_token(request) or body.get("device_id")
        device = device_of(user, named) if named else call.device if call else None
        changed = False
        if call is not None and device is not None:
            reason = devices.text(body.get("reason"), 40).lower()
            changed = delivery.reject(call_id=call.pk, device=device, reason=reason)
        return Response({"ok": changed})


DEVICE = inline_serializer(
    "DeviceHello",
    {
        "device_id": serializers.CharField(max_length=64),
        "device_name": serializers.CharField(required=False, max_length=120),
        "app_version": serializers.CharField(required=False, max_length=40),
        "platform": serializers.CharField(required=False, max_length=40),
        "encryption_enabled": serializers.BooleanField(required=False),
    },
)


class RegisterDeviceView(APIView):
    @extend_schema(
        summary="Зарегистрировать телефон",
        request=DEVICE,
        responses={
            200: inline_serializer(
                "DeviceRegistered", {"ok": serializers.BooleanField(), "device_id": serializers.CharField()}
            ),
            400: OpenApiResponse(description="code: bad_device: нет device_id или он длиннее 64 знаков"),
            403: OpenApiResponse(description="code: device_revoked: телефон отключён администратором"),
            409: OpenApiResponse(description="code: too_many_devices: телефонов больше десяти"),
        },
    )
    def post(self, request: Request) -> Response:
        body = read_object(request)
        encryption = body.get("encryption_enabled")
        hello = devices.Hello(
            device_id=devices.text(body.get("device_id"), 65),
            device_name=devices.text(body.get("device_name"), 120),
            app_version=devices.text(body.get("app_version"), 40),
            platform=devices.text(body.get("platform"), 40),
            encryption_enabled=encryption if isinstance(encryption, bool) else None,
        )
        device = devices.register(user=user_of(request), hello=hello, ip=address_of(request))
        return Response({"ok": True, "device_id": device.device_id})


class DeviceHeartbeatView(APIView):
    throttle_classes = [HeartbeatThrottle]

    @extend_schema(
        summary="Сообщить, что телефон жив",
        request=inline_serializer(
            "Heartbeat",
            {
                "device_id": serializers.CharField(max_length=64),
                "device_name": serializers.CharField(required=False),
                "app_version": serializers.CharField(required=False),
                "last_poll_code": serializers.IntegerField(required=False),
                "last_poll_at": serializers.DateTimeField(required=False),
                "encryption_enabled": serializers.BooleanField(required=False),
                "queue_stuck": serializers.BooleanField(required=False),
                "stuck_count": serializers.IntegerField(required=False),
                "oldest_stuck_age_sec": serializers.IntegerField(required=False),
                "stuck_by_type": serializers.DictField(required=False),
                "battery": serializers.IntegerField(required=False),
                "network": serializers.CharField(required=False),
                "permissions": serializers.DictField(required=False),
                "sims": serializers.ListField(required=False),
            },
        ),
        responses={200: OK, 429: OpenApiResponse(description="Чаще 30 раз в минуту")},
    )
    def post(self, request: Request) -> Response:
        user = user_of(request)
        body = read_object(request)
        device = device_of(user, body.get("device_id"))
        if device is None:
            hello = devices.Hello(device_id=devices.text(body.get("device_id"), 65))
            device = devices.register(user=user, hello=hello, ip=address_of(request))
        devices.heartbeat(device=device, body=body)
        return Response({"ok": True})


class PhoneTelemetryView(APIView):
    throttle_classes = [TelemetryThrottle]

    @extend_schema(
        summary="Телеметрия (до 100 записей)",
        request=inline_serializer(
            "Telemetry",
            {
                "device_id": serializers.CharField(max_length=64),
                "items": serializers.ListField(child=serializers.DictField(), allow_empty=True, required=False),
            },
        ),
        responses={
            200: inline_serializer(
                "TelemetryAnswer", {"ok": serializers.BooleanField(), "stored": serializers.IntegerField()}
            ),
            404: OpenApiResponse(description="code: unknown_device: телефон не зарегистрирован"),
            429: OpenApiResponse(description="Чаще 20 раз в минуту"),
        },
    )
    def post(self, request: Request) -> Response:
        body = read_object(request)
        items = body.get("items")
        device = required_device(user_of(request), body.get("device_id"))
        stored = devices.record_telemetry(device=device, items=items if isinstance(items, list) else [])
        return Response({"ok": True, "stored": stored})


class PhoneLogUploadView(APIView):
    throttle_classes = [TelemetryThrottle]

    @extend_schema(
        summary="Журнал приложения (до 50 КБ, лишнее обрезается)",
        request=inline_serializer(
            "LogBundle",
            {
                "device_id": serializers.CharField(max_length=64),
                "ts": serializers.CharField(required=False),
                "level_summary": serializers.CharField(required=False),
                "source": serializers.CharField(required=False),
                "payload": serializers.CharField(required=False),
            },
        ),
        responses={200: OK, 400: OpenApiResponse(description="Тело не JSON")},
    )
    def post(self, request: Request) -> Response:
        user = user_of(request)
        body = read_object(request)
        devices.record_logs(user=user, device=device_of(user, body.get("device_id")), body=body)
        return Response({"ok": True})
