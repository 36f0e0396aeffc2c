"""Writing the trail: the only door to AuditLog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.models import AuditLog, Source, Verb
from common.statements import Insert

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

_APPEND = Insert(AuditLog)


def log_event(
    *,
    actor: AbstractUser | None,
    verb: Verb,
    entity_type: str,
    entity_id: object = "",
    message: str = "",
    meta: dict[str, object] | None = None,
    source: Source = Source.SYSTEM,
    ip: str | None = None,
) -> AuditLog:
    """Append one row; it commits or falls with the caller's transaction."""
    row = _APPEND(
        AuditLog(
            actor=actor,  # type: ignore[misc]  # audit names the user model by settings only
            verb=verb,
            entity_type=entity_type,
            entity_id=str(entity_id),
            message=message[:300],
            meta=meta or {},
            source=source,
            ip=ip,
        )
    )
    assert row is not None  # noqa: S101 (typing: the trail has no constraint that could refuse)
    return row
