"""Log-in by QR, log-out, who am I."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import tokens
from accounts.throttles import QrCreateThrottle
from common.bodies import address_of, read_object, speaks_protocol
from common.errors import DomainError
from phonebridge import events
from phonebridge.api.bodies import device_of, family_of, phone_of_token, user_of
from phonebridge.api.phone import OK
from phonebridge.services import devices, pairing


class NotInBrowser(DomainError):
    """A phone's own log-in makes no other one, which would outlive it."""

    code = "not_in_browser"
    status = 403


class QrTokenCreateView(APIView):
    throttle_classes = [QrCreateThrottle]

    @extend_schema(
        summary="Создать одноразовый код входа (5 минут)",
        request=None,
        responses={
            200: inline_serializer(
                "QrToken",
                {
                    "token": serializers.CharField(),
                    "expires_at": serializers.DateTimeField(),
                    "server": serializers.URLField(),
                },
            ),
            403: OpenApiResponse(description="Вход выдан телефону: код создаётся в браузере"),
            429: OpenApiResponse(description="Чаще одного кода за 10 секунд"),
        },
    )
    def post(self, request: Request) -> Response:
        if phone_of_token(request):
            raise NotInBrowser("Код входа создаётся в браузере, на странице «Мой телефон».")
        made = pairing.create_qr(user=user_of(request))
        answer = {"token": made.token, "expires_at": made.expires_at, "server": settings.PUBLIC_BASE_URL}
        return Response(answer, headers={"Cache-Control": "no-store"})


class QrTokenExchangeView(APIView):
    """Public, throttled by address before log-in (accounts.middleware)."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(
        summary="Войти по одноразовому коду",
        request=inline_serializer(
            "QrExchange",
            {
                "token": serializers.CharField(),
                "device_id": serializers.CharField(required=False, max_length=64),
            },
        ),
        responses={
            200: inline_serializer(
                "QrTokens",
                {
                    "access": serializers.CharField(),
                    "refresh": serializers.CharField(),
                    "username": serializers.CharField(),
                    "is_admin": serializers.BooleanField(),
                },
            ),
            400: OpenApiResponse(description="Код неверен, использован или истёк"),
        },
    )
    def post(self, request: Request) -> Response:
        body = read_object(request)
        user = pairing.exchange_qr(token=devices.text(body.get("token"), 200), ip=address_of(request))
        device_id = devices.text(body.get("device_id"), 64)
        pair = tokens.issue_pair(user, device_id=device_id, rotating=speaks_protocol(request))
        answer = {
            "access": pair.access,
            "refresh": pair.refresh,
            "username": user.username,
            "is_admin": user.is_admin,
        }
        return Response(answer, headers={"Cache-Control": "no-store"})


class LogoutView(APIView):
    @extend_schema(
        summary="Выйти на этом телефоне",
        request=inline_serializer("Logout", {"refresh": serializers.CharField(required=False)}),
        responses={200: OK},
    )
    def post(self, request: Request) -> Response:
        user = user_of(request)
        body = read_object(request) if request.body else {}
        refresh = body.get("refresh")
        if isinstance(refresh, str) and refresh:
            tokens.revoke_refresh(refresh, user=user)
        else:
            tokens.end_family(family_of(request), user=user)
        device = device_of(user, phone_of_token(request) or body.get("device_id"))
        if device is not None:
            events.device_logged_out(user.pk, device.pk)
        return Response({"ok": True})


class LogoutAllView(APIView):
    @extend_schema(summary="Выйти на всех телефонах", request=None, responses={200: OK})
    def post(self, request: Request) -> Response:
        pairing.log_out_everywhere(user=user_of(request))
        return Response({"ok": True})


class UserInfoView(APIView):
    @extend_schema(
        summary="Кто вошёл",
        responses={
            200: inline_serializer(
                "UserInfo",
                {
                    "username": serializers.CharField(),
                    "is_admin": serializers.BooleanField(),
                    "name": serializers.CharField(),
                    "branch": serializers.CharField(allow_null=True),
                },
            )
        },
    )
    def get(self, request: Request) -> Response:
        user = user_of(request)
        branch = user.branch.name if user.branch else None
        return Response({"username": user.username, "is_admin": user.is_admin, "name": user.label, "branch": branch})
