"""One shape of errors and pages for REST: `{"detail", "code", …}`; old dialers read `detail`."""

from __future__ import annotations

import logging
import re
from datetime import UTC
from typing import Any

from django.db import InterfaceError, OperationalError, models
from rest_framework import exceptions, serializers, status
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from common.errors import DomainError

logger = logging.getLogger(__name__)
AWAY = "База данных временно недоступна. Повторите через несколько секунд."


class UtcDateTimeField(serializers.DateTimeField):
    """Moments on the wire are UTC, whatever zone the site shows."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


class ApiSerializer[M: models.Model](serializers.ModelSerializer[M]):
    """Base of REST serializers of rows."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: UtcDateTimeField,
    }


class Pages(PageNumberPagination):
    """`?page=2&page_size=100`; at most 200 rows a page."""

    page_size_query_param = "page_size"
    max_page_size = 200


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DomainError → its status; a lost database → 503, which old dialers queue; the rest as DRF."""
    if isinstance(error, DomainError):
        return Response({"detail": error.detail, "code": error.code, **error.extra}, status=error.status)
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("The database is away: %s", error)
        return Response(
            {"detail": AWAY, "code": "database_away"},
            status=status.HTTP_503_SERVICE_UNAVAILABLE,
            headers={"Retry-After": "2"},
        )
    response = drf_handler(error, context)
    if response is not None:
        response.data = _shaped(error, response.data)
    return response


def _shaped(error: Exception, data: Any) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        fields = data if isinstance(data, dict) else {"non_field_errors": data}
        return {"detail": _first(data), "code": "invalid", "fields": _translated(fields)}
    if isinstance(data, dict) and "detail" in data:
        code = getattr(data["detail"], "code", None) or data.get("code") or "error"
        return {**data, "detail": _in_russian(data["detail"]), "code": str(code)}
    return {"detail": str(data), "code": "error"}


def _translated(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _translated(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_translated(value) for value in data]
    return _in_russian(data)


def _first(data: Any) -> str:
    if isinstance(data, dict):
        return _first(next(iter(data.values()), "Неверные данные."))
    if isinstance(data, list):
        return _first(data[0]) if data else "Неверные данные."
    return _in_russian(data)


WORDS = {
    "required": "Обязательное поле.",
    "null": "Поле не может быть пустым.",
    "invalid": "Неверное значение.",
    "parse_error": "Тело запроса не разобрано: ожидается JSON.",
    "not_found": "Не найдено.",
    "permission_denied": "Действие запрещено, или страница устарела: обновите её.",
    "surrogate_characters_not_allowed": "В тексте недопустимый знак.",
    "null_characters_not_allowed": "В тексте недопустимый знак.",
}
_ENGLISH = re.compile(r"[A-Za-z]{4,}")


def _in_russian(detail: Any) -> str:
    """The framework's sentence, or ours where it has none in Russian."""
    text = str(detail)
    code = str(getattr(detail, "code", ""))
    return WORDS.get(code, "Неверные данные.") if _ENGLISH.search(text.replace("ожидается JSON", "")) else text
