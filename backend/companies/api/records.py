"""What the views of companies, contacts and notes have in common: bodies, tags, pages, words of the description."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, cast

from django.db.models import Model
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.throttles import RecordThrottle
from companies.api.paging import Portion
from companies.api.preconditions import Versioned, etag, insists, is_unchanged, wanted_version
from companies.edits.whole import Sent
from companies.listing.grammar import OPS, Grammar
from companies.records import BadRecord

HEADER: Literal["header"] = "header"
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    HEADER,
    description="ETag карточки, которую видели. Под /api/v1/ без него нет ни PUT, ни DELETE (428).",
)
IF_NONE_MATCH = OpenApiParameter("If-None-Match", str, HEADER, description="ETag, который уже есть: ответ 304")
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    HEADER,
    description="До 200 знаков ASCII. Тот же ключ с тем же телом в течение суток даёт тот же ответ, строка одна.",
)
PAGING = [
    OpenApiParameter("cursor", str, description="из `next`; порядок тот же"),
    OpenApiParameter("page", int, description="страница по номеру, до строки 10 000; с ней в ответе есть count"),
    OpenApiParameter("page_size", int, description="от 1 до 200, без него 50; то же имя — size"),
]
WORDS = {
    304: "Не изменилась",
    400: "bad_record, bad_phone, bad_email, unknown_filter, bad_cursor, alias_conflict, invalid; `field` — поле",
    403: "Карточка видна, но действие не по правам: not_own, foreign_branch, no_owner, not_allowed",
    404: "Нет такой карточки, или она не видна",
    409: "taken, possible_duplicates (duplicates), merged (merged_into), in_progress, double, bad_target",
    410: "Компания объединена с другой: merged_into",
    412: "Версия устарела: version и changed — что, кем и когда изменено",
    422: "key_reused — ключ повтора был у другого запроса",
    428: "Нужен If-Match",
    429: "Чаще 600 раз в минуту",
}


class RecordView(APIView):
    throttle_classes = [RecordThrottle]
    is_list = False


class RecordsView(RecordView):
    """Its GET is described as a list."""

    is_list = True


def viewer_of(request: Request) -> User:
    return cast("User", request.user)


def body_of(request: Request, read_only: Iterable[str] = ()) -> dict[str, Any]:
    """The body as an object, without names that an answer has and nobody writes. Raises ParseError, BadRecord."""
    body = request.data
    if not isinstance(body, dict):
        raise ParseError("Ожидается объект JSON.")
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise BadRecord("В тексте недопустимый знак.") from error
    return {name: value for name, value in body.items() if name not in read_only}


def sent_of(request: Request, kind: str, pk: int, body: Mapping[str, Any], *, is_blind: bool, is_seed: bool) -> Sent:
    """What the request wants of an existing card. Raises NeedsVersion unless `is_blind` or the seed's path."""
    version = wanted_version(request, kind, pk, required=not (is_blind or is_seed))
    return Sent(viewer_of(request), body, version, may_drop=is_seed or insists(request))


def shown(request: Request, kind: str, row: Versioned, data: Any, status: int = 200) -> Response:
    """A card with its tag; 304 without it for whoever has this version."""
    tag = etag(kind, row)
    headers = {"ETag": tag}
    if request.method in {"GET", "HEAD"} and is_unchanged(request, tag):
        return Response(status=304, headers=headers)
    if status == 201:
        headers["Location"] = f"{request.path}{row.pk}/"
    return Response(data, status, headers=headers)


def listed[M: Model](page: Portion[M], write: Callable[[list[M]], Any]) -> Response:
    body = {"count": page.count, "next": page.next, "previous": page.previous, "results": write(page.rows)}
    return Response(body)


def page_of(name: str, row: type[serializers.BaseSerializer[Any]]) -> Any:
    """The description of one page."""
    return inline_serializer(
        f"{name}Page",
        {
            "count": serializers.IntegerField(allow_null=True, help_text="null: страница по курсору"),
            "next": serializers.CharField(allow_null=True),
            "previous": serializers.CharField(allow_null=True),
            "results": row(many=True),
        },
    )


def answers(good: Mapping[int, Any], *refusals: int) -> dict[int, Any]:
    """The described answers of an operation; the refusals have one text each."""
    return {**good, **{status: OpenApiResponse(description=WORDS[status]) for status in (*refusals, 429)}}


def filters(grammar: Grammar, sorts: Iterable[str]) -> list[OpenApiParameter]:
    """The parameters of a list."""
    found = [OpenApiParameter("q", str, description="поиск, как в строке поиска; то же имя — search")] * bool(
        grammar.subject != "note"
    )
    keys = ", ".join(sorts)
    found.append(OpenApiParameter("sort", str, description=f"{keys}; с минусом — с конца; то же имя — ordering"))
    for field in grammar.fields.values():
        ops = ", ".join(sorted(OPS[field.kind] - {""}))
        name = field.name if "" in OPS[field.kind] else f"{field.name}.has"
        words = f"{field.label}; ещё через точку: {ops}" if ops else field.label
        found.append(OpenApiParameter(name, str, description=words))
    return [*found, *PAGING]
