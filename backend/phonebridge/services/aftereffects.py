"""What an outcome does besides being kept: a wrong number is marked, «просил не звонить» stops every call."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import User
from audit.models import Source
from companies.edits import stops, wrong
from companies.edits.fields import NotFound
from companies.edits.marks import Target
from companies.models import Company, Contact, PhoneNumber
from phonebridge.enums import Effect
from phonebridge.models import CallRequest, Outcome

WHY = "Просил не звонить после звонка"


def apply(*, actor: User, call: CallRequest, outcome: Outcome, source: Source) -> None:
    """Harmless when repeated; raises what the services of the card refuse to somebody else than the caller."""
    is_own = call.user_id == actor.pk
    if outcome.effect == Effect.STOP:
        _stop(actor, call, is_own=is_own, source=source)
    elif outcome.effect == Effect.PHONE_INVALID:
        for number in _numbers(actor, call):
            wrong.mark_wrong(actor=actor, number=number, is_own_call=is_own, source=source)


def _stop(actor: User, call: CallRequest, *, is_own: bool, source: Source) -> None:
    """The person who was spoken to, else the number wherever it stands."""
    target: Target | None = None
    if call.contact_id is not None:
        target = Contact.objects.visible_to(actor).filter(pk=call.contact_id, deleted_at__isnull=True).first()
    target = target or next(iter(_numbers(actor, call)), None)
    try:
        if target is not None:
            stops.stop_calls(actor=actor, target=target, reason=WHY, is_own_call=is_own, source=source)
            return
    except NotFound:
        pass
    stops.stop_number(actor=actor, e164=call.phone_e164, reason=WHY, source=source)


def _numbers(actor: User, call: CallRequest) -> list[PhoneNumber]:
    """Rows of the call's number on its card and its people, as far as the actor sees the card."""
    if not call.phone_e164:
        return []
    holder = Q(contact_id=call.contact_id, contact__isnull=False)
    if call.company_id is not None:
        holder |= Q(company_id=call.company_id) | Q(contact__company_id=call.company_id)
    rows = PhoneNumber.objects.meaning(call.phone_e164).filter(holder, e164__isnull=False)
    rows = rows.filter(
        Q(company__in=Company.objects.visible_to(actor)) | Q(contact__in=Contact.objects.visible_to(actor))
    )
    return list(rows.select_related("company", "contact__company").order_by("pk"))
