"""What a person makes of a call that nobody clicked: whose it is, whose it should be, or that it was private."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from common import phones
from common.clock import db_now
from common.errors import DomainError
from companies import access
from companies.models import Company, Contact
from companies.selectors import Holder, holders_of
from phonebridge import events, matching
from phonebridge.enums import Origin
from phonebridge.models import CallReport, CallRequest
from phonebridge.services import after, callbacks
from phonebridge.services.counting import number_key

DAY = timedelta(days=1)


class NotPrivate(DomainError):
    code = "not_private"
    status = 409


class TooLate(DomainError):
    code = "too_late"
    status = 409


class NoMatch(DomainError):
    """The card does not have the number of the call, or is not for these eyes."""

    code = "no_match"
    status = 409


@transaction.atomic
def pick_card(
    *, actor: User, call: CallRequest, company: Company | None, contact: Contact | None = None, source: Source
) -> CallRequest:
    """The person says whose call it was. The same again changes nothing. Raises NoMatch."""
    call = _locked(call)
    holder = _holder(call, company, contact)
    if company is not None and not access.can(actor, "view", company).ok:
        raise NoMatch("Компания не найдена.")
    if company is None and contact is not None and not access.can_contact(actor, "view", contact).ok:
        raise NoMatch("Контакт не найден.")
    if (call.company_id, call.contact_id) == (holder.company_id, holder.contact_id):
        return call
    fresh = _change(call, **matching.card_columns(holder))
    said: dict[str, object] = {
        "company": [call.company_id, holder.company_id],
        "contact": [call.contact_id, holder.contact_id],
    }
    _log(actor, call, "Выбрано, чей это звонок", source, meta=said)
    _moved(call, fresh)
    return fresh


def _holder(call: CallRequest, company: Company | None, contact: Contact | None) -> Holder:
    if call.origin == Origin.CLICK or not call.phone_e164:
        raise NoMatch("У этого звонка карточку выбирать не нужно.")
    for holder in holders_of(call.phone_e164):
        if company is not None and holder.company_id == company.pk:
            return holder
        if company is None and contact is not None and (holder.company_id, holder.contact_id) == (None, contact.pk):
            return holder
    raise NoMatch("У этой карточки нет такого номера.")


@transaction.atomic
def mark_private(*, actor: User, call: CallRequest, source: Source) -> CallRequest:
    """Mask the number and take the call out of everything; its owner may undo that for a day.

    Raises NotPrivate, TooLate. A repeat changes nothing.
    """
    call = _locked(call)
    if call.is_private:
        return call
    if call.origin == Origin.CLICK or call.repeats_id or call.company_id or call.contact_id:
        raise NotPrivate("Личным можно отметить только звонок с номера, которого нет в базе.")
    if holders_of(call.phone_e164):
        raise NotPrivate("Этот номер есть в базе: звонок не личный.")
    if db_now() - (call.counted_at or call.created_at) > DAY:
        raise TooLate("Отметить звонок личным можно в течение 24 часов.")
    number = call.number_key
    fresh = _change(
        call, is_private=True, private_at=Now(), phone_raw="", phone_e164="", phone_ext="", number_key=None
    )
    after.skip_cards(call_ids=[call.pk], reason=after.BY_OWNER)
    _log(actor, call, "Звонок отмечен личным", source)
    events.call_changed(fresh)
    callbacks.refold(numbers=[number])
    return fresh


@transaction.atomic
def unmark_private(*, actor: User, call: CallRequest, source: Source) -> CallRequest:
    """Take the mark back within a day: the number comes from the report. Raises TooLate. A repeat changes nothing."""
    call = _locked(call)
    if not call.is_private:
        return call
    now = db_now()
    if call.private_at is None or now - call.private_at > DAY:
        raise TooLate("Вернуть звонок можно в течение 24 часов.")
    told = CallReport.objects.filter(call=call, body__has_key="phone").order_by("pk").first()
    raw = phones.clean_text(str(told.body["phone"] or "") if told else "")[: phones.MAX_RAW]
    number = phones.normalise(raw, area_code=actor.area_code)
    key = number_key(number.e164, raw)
    holder = matching.match(user=actor, e164=number.e164, number_key=key, now=now)
    fresh = _change(
        call,
        is_private=False,
        private_at=None,
        phone_raw=raw,
        phone_e164=number.e164,
        phone_ext=number.ext,
        number_key=key,
        **matching.card_columns(holder),
    )
    after.revive_card(call_id=call.pk)
    _log(actor, call, "Пометка «личный» снята", source)
    _moved(call, fresh)
    return fresh


def forget_private_numbers(limit: int = 500) -> int:
    """After a day nobody can undo the mark, so the number goes from the reports as well."""
    told = CallReport.objects.filter(
        Q(body__has_key="phone") & ~Q(body__phone=""), call__is_private=True, call__private_at__lte=db_now() - DAY
    )
    reports = list(told.order_by("pk")[:limit])
    for report in reports:
        report.body["phone"] = ""
    CallReport.objects.bulk_update(reports, ["body"])
    return len(reports)


def _locked(call: CallRequest) -> CallRequest:
    return CallRequest.objects.select_for_update(of=("self",)).get(pk=call.pk)


def _change(call: CallRequest, **columns: object) -> CallRequest:
    fresh = CallRequest.objects.move(pk=call.pk, where=Q(), **columns)
    assert fresh is not None  # noqa: S101 (typing: the row is locked)
    return fresh


def _moved(before: CallRequest, after: CallRequest) -> None:
    events.call_changed(after)
    callbacks.refold(numbers=[before.number_key, after.number_key])


def _log(actor: User, call: CallRequest, message: str, source: Source, meta: dict[str, object] | None = None) -> None:
    log_event(
        actor=actor,
        verb=Verb.UPDATE,
        entity_type="call_request",
        entity_id=call.pk,
        message=message,
        meta=meta,
        source=source,
    )


def is_fresh(started_at: datetime | None, duration_s: int | None, received_at: datetime) -> bool:
    """Did the call end a moment ago? An old one told late never touches the card «звонит…»."""
    if started_at is None:
        return True
    return received_at - started_at - timedelta(seconds=duration_s or 0) < timedelta(minutes=2)
