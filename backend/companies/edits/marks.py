"""The mark «холодный звонок» on a number, a person or a company, and the state of a company: two different things."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from audit.models import Source, Verb
from audit.trail import Change
from common.errors import DomainError
from common.phones import clean_text
from companies import access, services
from companies.edits import effects
from companies.edits.effects import Card
from companies.edits.fields import NotAllowed, NotFound
from companies.models import Company, Contact, PhoneNumber
from companies.models.shared import ColdMark
from companies.records import BadRecord

Target = Company | Contact | PhoneNumber
OWN_RESET = timedelta(hours=24)
SHORTEST_REASON = 5
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Cold:
    """What is cold on a card, computed upward: `own` mark, marked people, marked numbers."""

    own: bool
    people: int
    numbers: int

    @property
    def is_cold(self) -> bool:
        return self.own or bool(self.people or self.numbers)


class NotMarked(DomainError):
    code = "not_marked"
    status = 409


def reason_of(text: str) -> str:
    """A reason of at least five letters. Raises BadRecord."""
    kept = clean_text(text)
    if sum(c.isalpha() for c in kept) < SHORTEST_REASON:
        raise BadRecord("Напишите причину: не меньше пяти букв.", field="reason")
    if len(kept) > LONGEST_REASON:
        raise BadRecord(f"Причина длиннее {LONGEST_REASON} знаков.", field="reason")
    return kept


@transaction.atomic
def mark_cold(
    *,
    actor: User,
    target: Target,
    call_id: UUID | None = None,
    is_own_call: bool = False,
    source: Source = Source.UI,
    batch: UUID | None = None,
) -> bool:
    """Mark; False when it is marked already: the first {at, by, call} stays.

    `is_own_call`: the caller has checked that it was the actor's own call to this number on a card they see.
    """
    card = card_of(target)
    _see(actor, card)
    if not is_own_call:
        _allow(actor, "mark_cold", card)
    marked = type(target)._default_manager.filter(pk=target.pk, cold_marked_at__isnull=True)
    services.lock(card)
    if not marked.update(cold_marked_at=Now(), cold_marked_by=actor, cold_marked_call=call_id):
        return False
    new = {"by": actor.pk, "call": str(call_id) if call_id else None}
    _trail(card, target, actor, source, None, new, batch=batch)
    return True


@transaction.atomic
def reset_cold(
    *, actor: User, target: Target, reason: str, source: Source = Source.UI, batch: UUID | None = None
) -> Cold:
    """Take the mark off; what is still marked below comes back, because nothing rolls down.

    Whoever set it may within a day, then those who decide. Raises NotAllowed, NotMarked, BadRecord.
    """
    why = reason_of(reason)
    card = card_of(target)
    _see(actor, card)
    services.lock(card)
    mark: ColdMark = type(target)._default_manager.get(pk=target.pk)
    if mark.cold_marked_at is None:
        raise NotMarked("Отметки уже нет.")
    check_reset(actor, mark, card)
    was = {"by": mark.cold_marked_by_id, "call": str(mark.cold_marked_call) if mark.cold_marked_call else None}
    empty = {"cold_marked_at": None, "cold_marked_by": None, "cold_marked_call": None}
    type(target)._default_manager.filter(pk=target.pk).update(**empty)
    _trail(card, target, actor, source, was, None, why, batch=batch)
    return cold_of(card)


@transaction.atomic
def set_again(
    *, actor: User, company: Company, at: datetime | None, by_id: int | None, call_id: str | None, batch: UUID
) -> None:
    """Undo of a job's reset: the mark as it was. Raises NotAllowed."""
    _allow(actor, "mark_cold", company)
    rows = Company.objects.filter(pk=company.pk, cold_marked_at__isnull=True)
    if rows.update(cold_marked_at=at or Now(), cold_marked_by=by_id, cold_marked_call=call_id):
        _trail(company, company, actor, Source.UI, None, {"by": by_id, "call": call_id}, batch=batch)


def check_reset(actor: User, mark: ColdMark, card: Card) -> None:
    """Whoever set the mark may take it off within a day, then those who decide. Raises NotAllowed."""
    at = mark.cold_marked_at
    is_fresh_own = at is not None and mark.cold_marked_by_id == actor.pk and timezone.now() - at < OWN_RESET
    if not is_fresh_own:
        _allow(actor, "reset_cold", card)


def cold_of(card: Card) -> Cold:
    """The marks of a card and of all below it."""
    if isinstance(card, Contact):
        numbers = PhoneNumber.objects.filter(contact=card, cold_marked_at__isnull=False).count()
        return Cold(card.is_cold_call, 0, numbers)
    people = Contact.objects.filter(company=card, deleted_at__isnull=True)
    own = PhoneNumber.objects.filter(company=card) | PhoneNumber.objects.filter(contact__in=people)
    return Cold(
        Company.objects.filter(pk=card.pk, cold_marked_at__isnull=False).exists(),
        people.filter(cold_marked_at__isnull=False).count(),
        own.filter(cold_marked_at__isnull=False).count(),
    )


def card_of(target: Target) -> Card:
    """The card whose rights decide."""
    if isinstance(target, PhoneNumber):
        holder = target.company or target.contact
        assert holder is not None  # noqa: S101 (a constraint of the table)
        return holder
    return target


def _see(actor: User, card: Card) -> None:
    if not type(card)._default_manager.visible_to(actor).filter(pk=card.pk).exists():
        raise NotFound("Не найдено.")


def _allow(actor: User, verb: str, card: Card) -> None:
    can = access.can(actor, verb, card) if isinstance(card, Company) else access.can_contact(actor, verb, card)
    if can.ok:
        return
    if verb == "reset_cold" and scope.reach(actor, verb) == Reach.NONE:
        raise NotAllowed("Снять отметку может тот, кто её поставил, в течение суток, а потом руководитель.")
    raise NotAllowed(can.reason, code=can.code)


def _trail(
    card: Card,
    target: Target,
    actor: User,
    source: Source,
    old: object,
    new: object,
    reason: str = "",
    *,
    batch: UUID | None = None,
) -> None:
    effects.bump(card)
    field = "cold" if target is card or target == card else f"cold:{target.pk}"
    words = "Снята отметка «холодный звонок»" if new is None else "Отмечено: холодный звонок"
    effects.leave_trail(
        card,
        [Change(field, old, new)],
        actor=actor,
        source=source,
        verb=Verb.UPDATE,
        batch=batch,
        message=f"{words}: {target}. {reason}".rstrip(". ") if reason else f"{words}: {target}",
    )
