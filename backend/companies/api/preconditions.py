"""`ETag`, `If-Match`, `If-None-Match` of cards: the version of the row and nothing else."""

from __future__ import annotations

import re
from typing import Protocol

from rest_framework.request import Request

from companies.edits.rows import NeedsVersion

_TAG = re.compile(r'"([a-z]+)-(\d{1,19})-(\d{1,10})"', re.ASCII)
NEVER = 0  # no row has this version


class Versioned(Protocol):
    pk: int
    version: int


def etag(kind: str, row: Versioned) -> str:
    return f'"{kind}-{row.pk}-{row.version}"'


def insists(request: Request) -> bool:
    return bool(request.headers.get("If-Match", "").strip())


def wanted_version(request: Request, kind: str, pk: int, *, required: bool) -> int | None:
    """The version that the caller insists on, None for any; a weak tag or one of another row is a version of no row.

    Raises NeedsVersion where nothing may be written blindly.
    """
    if not insists(request):
        if required:
            raise NeedsVersion("Пришлите If-Match с ETag карточки, которую видели.")
        return None
    tags = [tag.strip() for tag in request.headers["If-Match"].split(",")]
    if "*" in tags:
        return None
    found = [match for match in map(_TAG.fullmatch, tags) if match and match[1] == kind and int(match[2]) == pk]
    return max((int(match[3]) for match in found), default=NEVER)


def is_unchanged(request: Request, tag: str) -> bool:
    """True when the caller has this very version already."""
    said = [one.strip() for one in request.headers.get("If-None-Match", "").split(",")]
    return "*" in said or tag in [one.removeprefix("W/") for one in said]
