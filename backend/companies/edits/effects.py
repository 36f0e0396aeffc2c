"""What every change of a card leaves behind: a new version, the trail, and a word to whoever looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from audit.trail import Change, keep_changes
from common.realtime import publish_on_commit
from companies.edits.values import label_of
from companies.models import Company, Contact
from companies.search import index

Card = Company | Contact
# fields of the trail that the rows of the search are made of
SEARCHED = frozenset({"name", "legal_name", "website", "city", "responsible", "branch", "deleted"})
SEARCHED_OF_PEOPLE = frozenset({"last_name", "first_name", "middle_name"})


def entity_of(card: Card) -> str:
    return "company" if isinstance(card, Company) else "contact"


def write(card: Card, *, version: int, columns: dict[str, Any]) -> bool:
    """Store columns under the next version; False when somebody has written since `version`."""
    rows = type(card)._default_manager.filter(pk=card.pk, version=version)
    done = rows.update(**columns, version=F("version") + 1, updated_at=Now())
    if done:
        card.version = version + 1
    return bool(done)


def bump(card: Card) -> int:
    """The next version of a card whose numbers, addresses or marks change; its row is locked by the caller."""
    type(card)._default_manager.filter(pk=card.pk).update(version=F("version") + 1, updated_at=Now())
    card.version += 1
    return card.version


def leave_trail(
    card: Card,
    changes: Sequence[Change],
    *,
    actor: User | None,
    source: Source,
    verb: Verb = Verb.UPDATE,
    batch: UUID | None = None,
    message: str = "",
) -> None:
    """Rows of the trail for a change that is written, and the poke of the card's watchers."""
    kind = entity_of(card)
    keep_changes(
        actor=actor,
        entity_type=kind,
        entity_id=card.pk,
        version=card.version,
        changes=changes,
        source=source,
        batch=batch,
    )
    names = ", ".join(dict.fromkeys(label_of(type(card), change.field) for change in changes))
    log_event(
        actor=actor,
        verb=verb,
        entity_type=kind,
        entity_id=card.pk,
        message=message or f"Изменено: {names}",
        meta={"version": card.version, "fields": {c.field: [c.old, c.new] for c in changes}, **of_job(batch)},
        source=source,
    )
    _reindex(card, {change.field for change in changes})
    poke(card)


def of_job(batch: UUID | None) -> dict[str, object]:
    """What the trail says about the job that a change belongs to."""
    return {"job": str(batch)} if batch else {}


def _reindex(card: Card, fields: set[str]) -> None:
    """The search follows in the same transaction."""
    if isinstance(card, Company):
        if fields & SEARCHED:
            index.refresh_companies([card.pk])
    elif fields & SEARCHED_OF_PEOPLE:
        index.refresh_contacts([card.pk])


def recheck(company: Company) -> None:
    """Other people may see the card now: open sockets look at their rights before its next event."""
    publish_on_commit(f"company.{company.pk}", {"type": "recheck"})


def poke(card: Card, what: str = "card") -> None:
    """Open pages of the company look again after commit; a frame shows nothing that rights could hide."""
    company_id = card.pk if isinstance(card, Company) else card.company_id
    if company_id is not None:
        frame = {"type": "company", "id": company_id, "what": what, "at": timezone.now().isoformat()}
        publish_on_commit(f"company.{company_id}", frame)
