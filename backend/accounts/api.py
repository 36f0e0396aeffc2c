"""POST /api/token/ and /api/token/refresh/ (frozen paths; errors are read from `detail`)."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import security, tokens
from accounts.throttles import RefreshThrottle
from audit.models import Source
from common.bodies import address_of, read_object, speaks_protocol
from common.errors import DomainError

NO_STORE = {"Cache-Control": "no-store"}
MAX_PASSWORD = 1024
# what JSON can say and no database column can hold
NO_TEXT = re.compile("[\x00\ud800-\udfff]")


class Expired(DomainError):
    code = "bad_token"
    status = 401


def _word(body: dict[str, Any], key: str, limit: int) -> str:
    value = body.get(key)
    return value if isinstance(value, str) and len(value) <= limit and not NO_TEXT.search(value) else ""


class Public(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]


class SecureTokenObtainPairView(Public):
    @extend_schema(
        summary="Войти по логину и паролю",
        request=inline_serializer(
            "TokenRequest",
            {
                "username": serializers.CharField(max_length=150),
                "password": serializers.CharField(max_length=MAX_PASSWORD),
                "device_id": serializers.CharField(required=False, max_length=64),
            },
        ),
        responses={
            200: inline_serializer(
                "TokenAnswer",
                {
                    "access": serializers.CharField(),
                    "refresh": serializers.CharField(),
                    "is_admin": serializers.BooleanField(),
                },
            ),
            401: OpenApiResponse(description="Неверный логин или пароль"),
            429: OpenApiResponse(description="Слишком много попыток с адреса"),
        },
    )
    def post(self, request: Request) -> Response:
        body = read_object(request)
        try:
            user = security.sign_in(
                username=_word(body, "username", 150),
                password=_word(body, "password", MAX_PASSWORD),
                ip=address_of(request),
                source=Source.MOBILE,
            )
        except security.AddressFlood as flood:
            return Response(
                {"detail": flood.detail, "code": flood.code},
                status=flood.status,
                headers={**NO_STORE, "Retry-After": str(security.WINDOW.seconds)},
            )
        pair = tokens.issue_pair(user, device_id=_word(body, "device_id", 64), rotating=speaks_protocol(request))
        answer = {"access": pair.access, "refresh": pair.refresh, "is_admin": user.is_admin}
        return Response(answer, headers=NO_STORE)


class TokenRefreshView(Public):
    throttle_classes = [RefreshThrottle]

    @extend_schema(
        summary="Обновить access",
        request=inline_serializer(
            "RefreshRequest",
            {"refresh": serializers.CharField(), "device_id": serializers.CharField(required=False, max_length=64)},
        ),
        responses={
            200: inline_serializer(
                "RefreshAnswer", {"access": serializers.CharField(), "refresh": serializers.CharField(required=False)}
            ),
            401: OpenApiResponse(description="Вход недействителен"),
            429: OpenApiResponse(description="Слишком часто"),
        },
    )
    def post(self, request: Request) -> Response:
        body = read_object(request)
        try:
            pair = tokens.refresh_pair(
                _word(body, "refresh", 4096), device_id=_word(body, "device_id", 64), ip=address_of(request)
            )
        except tokens.InvalidToken as error:
            raise Expired("Вход недействителен или истёк. Войдите снова.") from error
        answer = {"access": pair.access}
        if pair.refresh:
            answer["refresh"] = pair.refresh
        return Response(answer, headers=NO_STORE)
