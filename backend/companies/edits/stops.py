"""«Не звонить» on a number, a person or a company: any of them stops every call (rules: docs/architecture.md)."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from audit.trail import Change
from common.errors import DomainError
from common.phones import clean_text
from companies import services
from companies.edits import effects
from companies.edits.effects import Card
from companies.edits.fields import NotAllowed, NotFound
from companies.edits.marks import LONGEST_REASON, Target, card_of, reason_of
from companies.edits.rights import verdict_on
from companies.models import DoNotCall, PhoneNumber
from companies.records import BadRecord

FIELD = "do_not_call"
SOURCE = "card"
POKED = 50
MAX_REASON = 300


class NotStopped(DomainError):
    code = "not_stopped"
    status = 409


@transaction.atomic
def stop_calls(
    *, actor: User, target: Target, reason: str = "", is_own_call: bool = False, source: Source = Source.UI
) -> bool:
    """Whoever may change the card, or has called there; False when it is stopped already: the first word stays.

    `is_own_call`: the caller has checked that it was the actor's own call on a card that they see.
    Raises NotFound, NotAllowed, BadRecord.
    """
    why = clean_text(reason)
    if len(why) > MAX_REASON:
        raise BadRecord(f"Причина длиннее {MAX_REASON} знаков.", field="reason")
    card = card_of(target)
    _see(actor, card)
    if not is_own_call:
        _allow(actor, "change", card)
    services.lock(card)
    if isinstance(target, PhoneNumber):
        if not target.e164:
            raise BadRecord("Номер не распознан: на него и так не позвонить.")
        row = DoNotCall(e164=target.e164, by=actor, reason=why, source=SOURCE)
        if DoNotCall.objects.filter(e164=target.e164).exists():
            return False
        DoNotCall.objects.bulk_create([row], ignore_conflicts=True)
    elif not type(target)._default_manager.filter(pk=target.pk, do_not_call=False).update(do_not_call=True):
        return False
    _trail(card, target, actor, source, is_stopped=True, reason=why)
    return True


@transaction.atomic
def stop_number(*, actor: User, e164: str, reason: str, source: Source = Source.UI) -> bool:
    """Stop a number that stands on no card the actor sees, after an own call; False when it is stopped already."""
    if not e164 or DoNotCall.objects.filter(e164=e164).exists():
        return False
    row = DoNotCall(e164=e164, by=actor, reason=clean_text(reason)[:MAX_REASON], source=SOURCE)
    DoNotCall.objects.bulk_create([row], ignore_conflicts=True)
    message = f"Не звонить: {e164}"
    log_event(actor=actor, verb=Verb.CREATE, entity_type="do_not_call", entity_id=e164, message=message, source=source)
    return True


@transaction.atomic
def allow_calls(*, actor: User, target: Target, reason: str, source: Source = Source.UI) -> None:
    """Those who decide take it off, with a reason. Raises NotFound, NotAllowed, NotStopped, BadRecord."""
    why = reason_of(reason)
    card = card_of(target)
    _see(actor, card)
    _allow(actor, "dnc_clear", card)
    services.lock(card)
    if isinstance(target, PhoneNumber):
        was, _ = DoNotCall.objects.filter(e164=target.e164 or "").delete()
    else:
        was = type(target)._default_manager.filter(pk=target.pk, do_not_call=True).update(do_not_call=False)
    if not was:
        raise NotStopped("Запрета уже нет.")
    _trail(card, target, actor, source, is_stopped=False, reason=why)


def _see(actor: User, card: Card) -> None:
    if not type(card)._default_manager.visible_to(actor).filter(pk=card.pk).exists():
        raise NotFound("Не найдено.")


def _allow(actor: User, verb: str, card: Card) -> None:
    verdict = verdict_on(actor, verb, card)
    if not verdict.ok:
        words = "Снять запрет может руководитель." if verb == "dnc_clear" else verdict.reason
        raise NotAllowed(words, code=verdict.code)


def _trail(card: Card, target: Target, actor: User, source: Source, *, is_stopped: bool, reason: str) -> None:
    effects.bump(card)
    field = f"{FIELD}:{target.pk}" if isinstance(target, PhoneNumber) else FIELD
    words = "Не звонить" if is_stopped else "Звонить снова можно"
    message = f"{words}: {target}. {reason[:LONGEST_REASON]}".rstrip(". ")
    change = Change(field, not is_stopped, is_stopped)
    effects.leave_trail(card, [change], actor=actor, source=source, message=message)
    if isinstance(target, PhoneNumber):
        _poke_others(target, card)


def _poke_others(number: PhoneNumber, card: Card) -> None:
    """The same number stands on other cards too; their open pages look again."""
    rows = PhoneNumber.objects.filter(e164=number.e164).exclude(pk=number.pk).select_related("company", "contact")
    for row in rows[:POKED]:
        holder = row.company or row.contact
        if holder is not None and holder != card:
            effects.poke(holder)
