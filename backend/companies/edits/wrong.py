"""A number that reaches nobody of the card: said after a call, and no longer believed when somebody calls from it."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from audit.models import Source
from audit.trail import Change
from companies import services
from companies.edits import effects
from companies.edits.fields import NotFound
from companies.edits.marks import card_of
from companies.edits.rights import require
from companies.models import PhoneNumber

FIELD = "is_invalid"


@transaction.atomic
def mark_wrong(*, actor: User, number: PhoneNumber, is_own_call: bool = False, source: Source = Source.UI) -> bool:
    """Whoever may change the card, or has just called there; False when it is marked already.

    `is_own_call`: the caller has checked that it was the actor's own call. Raises NotFound, NotAllowed.
    """
    card = card_of(number)
    if not type(card)._default_manager.visible_to(actor).filter(pk=card.pk).exists():
        raise NotFound("Не найдено.")
    if not is_own_call:
        require(actor, "phone_edit", card)
    services.lock(card)
    if not PhoneNumber.objects.filter(pk=number.pk, is_invalid=False).update(is_invalid=True):
        return False
    effects.bump(card)
    change = Change(f"{FIELD}:{number.pk}", False, True)
    effects.leave_trail(card, [change], actor=actor, source=source, message=f"Неверный номер: {number}")
    return True
