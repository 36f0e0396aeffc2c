"""What people do with a call-back besides calling: close it with a reason, or hand a caller to whose client it is."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from common.clock import db_now
from common.errors import DomainError
from companies.models import Company, Contact
from companies.selectors import candidates_of, holders_of
from phonebridge.enums import Origin
from phonebridge.models import CallBack, CallBackState, CallRequest, CloseReason
from phonebridge.services import callback_news as news
from phonebridge.services import callbacks
from phonebridge.services.callback_people import heads_of


class BadReason(DomainError):
    code = "bad_reason"


class NotForeign(DomainError):
    code = "not_foreign"
    status = 409


class NobodyToHand(DomainError):
    code = "nobody"
    status = 409


@transaction.atomic
def drop(*, actor: User, row: CallBack, reason: str, source: Source) -> CallBack:
    """Close without a call. One that is closed already stays as it is. Raises BadReason."""
    if reason not in CloseReason.values:
        raise BadReason("Выберите причину из списка.")
    callbacks.lock(row.number_key)
    row = CallBack.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if not row.is_open:
        return row
    # a phone whose clock runs ahead may have told of a miss that is still to come
    row.dropped_at, row.dropped_by, row.drop_reason = max(db_now(), row.last_missed_at), actor, reason
    row.save(update_fields=["dropped_at", "dropped_by", "drop_reason"])
    log_event(
        actor=actor,
        verb=Verb.UPDATE,
        entity_type="callback",
        entity_id=row.pk,
        message=f"Звонить не нужно: {CloseReason(reason).label}",
        source=source,
    )
    callbacks.refold(numbers=[row.number_key])
    return CallBack.objects.filter(pk=row.pk).first() or row


@transaction.atomic
def hand_over(*, actor: User, call: CallRequest, source: Source) -> CallBack:
    """Ask whoever keeps this number to call back; the actor does not learn who that is.

    A repeat while it is open changes nothing. Raises NotForeign, NobodyToHand.
    """
    if call.origin == Origin.CLICK or call.number_key is None or not call.phone_e164:
        raise NotForeign("Этот звонок передавать не нужно.")
    if not candidates_of(viewer=actor, e164=call.phone_e164).is_foreign:
        raise NotForeign("Этот звонок передавать не нужно: карточка вам видна или номера нет в базе.")
    company, contact, keeper = _keeper(call.phone_e164)
    callbacks.lock(call.number_key)
    now = db_now()
    known = CallBack.objects.open().select_for_update(of=("self",))
    row = known.filter(branch=keeper.branch, number_key=call.number_key).first()
    if row is not None and (row.assignee_id, row.handed_by_id) == (keeper.pk, actor.pk):
        return row
    formerly = row.assignee_id if row else keeper.pk
    row = row or CallBack(
        branch=keeper.branch,
        number_key=call.number_key,
        phone_raw=call.phone_raw,
        phone_e164=call.phone_e164,
        phone_ext=call.phone_ext,
        first_missed_at=now,
        last_missed_at=now,
        never_at=now,
        state=CallBackState.OPEN,
    )
    row.company, row.contact = company, contact
    row.assignee, row.handed_at, row.handed_by = keeper, now, actor
    row.save()
    log_event(
        actor=actor,
        verb=Verb.TRANSFER,
        entity_type="call_request",
        entity_id=call.pk,
        message="Звонок передан тому, кто ведёт номер",
        source=source,
    )
    callbacks.refold(numbers=[call.number_key], now=now)
    row = CallBack.objects.select_related("assignee", "branch").get(pk=row.pk)
    news.handed(row, actor, formerly)
    return row


def _keeper(e164: str) -> tuple[Company | None, Contact | None, User]:
    """The active responsible of a card with the number, the newest first; else the head of its branch."""
    holders = holders_of(e164)
    of_company = {holder.company_id: holder.contact_id for holder in holders if holder.company_id}
    companies = Company.objects.live().filter(pk__in=of_company).select_related("responsible__branch", "branch")
    lone = Contact.objects.filter(pk__in=[holder.contact_id for holder in holders if not holder.company_id])
    cards = [*companies.order_by("-updated_at"), *lone.select_related("responsible__branch", "branch")]
    for card in cards:
        chiefs = heads_of(card.branch)
        keeper = card.responsible if card.responsible and card.responsible.is_active else next(iter(chiefs), None)
        if keeper is None:
            continue
        if isinstance(card, Contact):
            return None, card, keeper
        return card, Contact.objects.filter(pk=of_company[card.pk] or 0).first(), keeper
    raise NobodyToHand("Передать некому: у карточки с этим номером нет действующего ответственного.")
