"""What REST views read of a request by hand: bodies that are tolerated field by field, the client, the address."""

from __future__ import annotations

import json
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.request import Request

PROTOCOL_HEADER = "X-CRM-Protocol"


def read_json(request: Request) -> Any:
    """The body as JSON. Raises ParseError with words when it is not JSON."""
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise ParseError("Тело запроса не разобрано: ожидается JSON.") from error


def read_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object."""
    body = read_json(request)
    if not isinstance(body, dict):
        raise ParseError("Ожидается объект JSON.")
    return body


def speaks_protocol(request: Request) -> bool:
    """True for a client that knows the new protocol: it rotates tokens, sends states, knows leases (D4)."""
    return request.headers.get(PROTOCOL_HEADER, "").isdecimal()


def address_of(request: Request) -> str | None:
    """The caller's address; common/proxies.py has made it the true one."""
    return request.META.get("REMOTE_ADDR") or None
