"""GET /api/phone/calls/pull/: the lean path of dialers that poll every second or three."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models.functions import Now
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.throttles import PullThrottle
from common.bodies import address_of, speaks_protocol
from phonebridge.api.bodies import device_of, family_of, own_phone, user_of
from phonebridge.enums import Delivery
from phonebridge.lean_pull import LOOK
from phonebridge.models import CallRequest, PhoneDevice
from phonebridge.services import delivery, devices

COMMAND = inline_serializer(
    "PullCommand",
    {
        "id": serializers.UUIDField(),
        "phone": serializers.CharField(),
        "ext": serializers.CharField(required=False),
        "title": serializers.CharField(required=False),
        "contact": serializers.CharField(required=False),
        "note": serializers.CharField(required=False),
        "lease": serializers.CharField(required=False),
        "dial_within_ms": serializers.IntegerField(required=False),
    },
)


class PullCallView(APIView):
    """204 when there is nothing; 200 is claim and grant in one: the command is never given to another phone."""

    throttle_classes = [PullThrottle]
    http_method_names = ["get", "options"]  # a HEAD would claim the command and lose it

    @extend_schema(
        summary="Забрать команду на звонок",
        parameters=[
            OpenApiParameter("device_id", str, description="номер устройства"),
            OpenApiParameter("dedupe", int, description="1: ту же команду можно отдать повторно в течение 10 с"),
            OpenApiParameter("instance", str, description="установка приложения: повтор получает только она"),
        ],
        responses={
            200: COMMAND,
            204: OpenApiResponse(description="Команд нет, телефон отключён или прошлый опрос ещё не закончен"),
            400: OpenApiResponse(description="code: bad_device: нет device_id или он длиннее 64 знаков"),
            429: OpenApiResponse(description="Чаще 180 раз в минуту, см. Retry-After"),
        },
    )
    def get(self, request: Request) -> Response:
        user = user_of(request)
        device_id = devices.device_name(request.query_params.get("device_id"))
        own_phone(request, device_id)
        flight = f"pull:{user.pk}:{device_id}"
        if not cache.add(flight, 1, timeout=5):
            return Response(status=204)
        try:
            return self._serve(request, device_id)
        finally:
            cache.delete(flight)

    def _serve(self, request: Request, device_id: str) -> Response:
        user = user_of(request)
        row = _look(request, device_id)
        if row is None:
            device = device_of(user, device_id) or _appear(request, device_id)
            if device is None:
                return Response(status=204)
            row = {"pk": device.pk, "is_stale": True, "has_offer": True}
        if row["is_stale"]:
            PhoneDevice.objects.filter(pk=row["pk"]).update(last_poll_at=Now(), last_ip=address_of(request))
            if row.get("was_quiet", True):
                devices.tell_presence({user.pk: user.branch_id})
        is_new = speaks_protocol(request)
        dedupe = request.query_params.get("dedupe") == "1"
        if not row["has_offer"] and not dedupe:
            return Response(status=204)
        device = PhoneDevice.objects.select_related("user__branch").get(pk=row["pk"])
        how = Delivery.POLL if is_new else Delivery.LEGACY
        instance = devices.text(request.query_params.get("instance"), 64)
        got = delivery.pull(device=device, delivery=how, instance=instance, dedupe=dedupe)
        if got is None:
            return Response(status=204)
        call, grant = got
        return Response(_command(call, grant, with_lease=is_new))


def _look(request: Request, device_id: str) -> dict[str, Any] | None:
    """One SQL: the device, whether its poll is worth a write, whether there is an offer or a grant to repeat."""
    rows = LOOK(user_id=user_of(request).pk, device_id=device_id, family=family_of(request), **settings.CALL)
    names = ("pk", "epoch", "has_offer", "has_grant", "is_stale", "was_quiet")
    return dict(zip(names, rows[0], strict=True)) if rows else None


def _appear(request: Request, device_id: str) -> PhoneDevice | None:
    """An old dialer that polls before it registers gets its row here; one that was taken out gets nothing."""
    user = user_of(request)
    if PhoneDevice.objects.filter(user=user, device_id=device_id).exists():
        return None
    return devices.register(user=user, hello=devices.Hello(device_id=device_id), ip=address_of(request))


def _command(call: CallRequest, grant: delivery.Grant, *, with_lease: bool) -> dict[str, Any]:
    extras = {"ext": call.phone_ext, "title": call.company_name, "contact": call.contact_name, "note": call.note[:500]}
    body: dict[str, Any] = {"id": str(call.pk), "phone": grant.phone}
    body |= {key: value for key, value in extras.items() if value}
    if with_lease:
        body["lease"] = grant.lease
        body["dial_within_ms"] = round(settings.CALL["dial_within"].total_seconds() * 1000)
    return body
