"""The trail of fields: what stood there, what stands there now, since which version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from audit.models import FieldChange, Source

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


@dataclass(frozen=True, slots=True)
class Change:
    """One field, both values as plain JSON."""

    field: str
    old: Any
    new: Any


def keep_changes(
    *,
    actor: AbstractUser | None,
    entity_type: str,
    entity_id: int,
    version: int,
    changes: Iterable[Change],
    source: Source,
    batch: UUID | None = None,
) -> None:
    """Append one row a field, all under the row's new `version`."""
    FieldChange.objects.bulk_create(
        FieldChange(
            entity_type=entity_type,
            entity_id=entity_id,
            version=version,
            field=change.field,
            old=change.old,
            new=change.new,
            actor=actor,  # type: ignore[misc]  # audit names the user model by settings only
            source=source,
            batch=batch,
        )
        for change in changes
    )


def changes_since(entity_type: str, entity_id: int, version: int) -> list[FieldChange]:
    """What was changed after `version`, oldest first."""
    rows = FieldChange.objects.filter(entity_type=entity_type, entity_id=entity_id, version__gt=version)
    return list(rows.select_related("actor").order_by("version", "pk"))
