"""Bearer tokens for REST."""

from __future__ import annotations

from django.db.models import Exists
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import tokens
from accounts.models import User


class PhoneJWTAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access>`; the person is read from the row, never from the token."""

    def authenticate(self, request: Request) -> tuple[User, tokens.AccessClaims] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("Вход недействителен.", code="bad_token")
        try:
            claims = tokens.decode_access(parts[1].decode("latin-1"))
        except tokens.InvalidToken as error:
            raise AuthenticationFailed("Вход недействителен или истёк.", code="bad_token") from error
        people = User.objects.select_related("branch").filter(pk=claims.user_id, is_active=True)
        user = people.exclude(Exists(tokens.ended_q(family=claims.family))).first()
        if user is None or user.auth_epoch != claims.epoch:
            raise AuthenticationFailed("Вход недействителен или истёк.", code="bad_token")
        return user, claims

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class PhoneJWTScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = PhoneJWTAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
