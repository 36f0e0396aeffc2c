"""A POST with an `Idempotency-Key` happens once: its answer is kept in the transaction of the rows that it makes.

A repeat waits at the table's unique constraint for the first one: for its commit, or for its end without one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils.encoding import iri_to_uri
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import KeptAnswer, User
from common.clock import db_now_plus
from common.errors import DomainError

HEADER = "Idempotency-Key"
KEPT_HEADERS = ("ETag", "Location")
LOCK_TIME_OUT = "55P03"  # SQLSTATE lock_not_available
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class BadKey(DomainError):
    code = "bad_key"


class KeyReused(DomainError):
    """The key belongs to another request."""

    code = "key_reused"
    status = 422


class InProgress(DomainError):
    """The first request with this key is not over yet."""

    code = "in_progress"
    status = 409


def answer_once(request: Request, work: Callable[[], Response]) -> Response:
    """The answer of `work`, in one transaction; for a key that was answered, the kept answer and no work.

    A refusal keeps nothing: the same key may try again. Raises BadKey, KeyReused, InProgress.
    """
    key = request.headers.get(HEADER)
    with transaction.atomic():
        if key is None:
            return work()
        kept = claim(user=cast("User", request.user), path=request.path, key=key, body=request._request.body)
        if kept.status is not None:
            return Response(kept.answer, kept.status, headers={**kept.headers, "Idempotency-Replayed": "true"})
        response = work()
        kept.status, kept.answer = response.status_code, response.data
        kept.headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        kept.save(update_fields=["status", "answer", "headers"])
        return response


def claim(*, user: User, path: str, key: str, body: bytes) -> KeptAnswer:
    """The row of this key, in the caller's transaction; its `status` is None when the work is still to be done."""
    if not _KEY.fullmatch(key):
        raise BadKey("Ключ повтора — от 1 до 200 печатных знаков ASCII без пробелов.")
    whose = {"user": user, "path": iri_to_uri(path)[:200], "key": key}
    digest = hashlib.sha256(body).hexdigest()
    KeptAnswer.objects.filter(**whose, created_at__lt=db_now_plus(-settings.IDEMPOTENCY["keep"])).delete()
    with _short_wait():
        KeptAnswer.objects.bulk_create([KeptAnswer(**whose, body_hash=digest)], ignore_conflicts=True)
    kept = KeptAnswer.objects.filter(**whose).first()
    if kept is None:
        raise InProgress(BUSY)
    if kept.body_hash != digest:
        raise KeyReused("Этот ключ повтора уже был у другого запроса.")
    return kept


BUSY = "Такой же запрос ещё выполняется. Повторите через несколько секунд."


@contextmanager
def _short_wait() -> Iterator[None]:
    """What waits for another transaction inside waits at most as long as the setting says. Raises InProgress."""
    if connection.vendor != "postgresql":
        yield
        return
    wait_ms = int(settings.IDEMPOTENCY["wait"].total_seconds() * 1000)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)", [f"{wait_ms}"])
        before = cursor.fetchone()[0]
    try:
        yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != LOCK_TIME_OUT:
            raise
        raise InProgress(BUSY) from error
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])


def purge() -> int:
    """Forget answers that are older than the setting says; returns how many."""
    return KeptAnswer.objects.filter(created_at__lt=db_now_plus(-settings.IDEMPOTENCY["keep"])).delete()[0]
