"""A person asks for a call, or takes the request back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, Q
from django.db.models.functions import Now

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from common import phones
from common.clock import DEFAULT_ZONE
from common.errors import DomainError
from common.phones import clean_text
from common.statements import Insert, Param, Select, in_param
from common.text import has_nul
from companies import access
from companies.models import Company, Contact, DoNotCall, LeadState, PhoneNumber
from companies.models.notes import MAX_NOTE
from companies.selectors.stops import Stop, has_stopped_holder, stop_of, stop_of_number
from phonebridge import events
from phonebridge.enums import Reason, Status
from phonebridge.models import CallRequest, PhoneDevice
from phonebridge.services import upkeep
from phonebridge.services.counting import number_key

MAX_TAB = 64


class BadPhone(DomainError):
    code = "bad_phone"


class BadNote(DomainError):
    code = "bad_note"


class DoNotDial(DomainError):
    code = "do_not_call"
    status = 409


class NotVisible(DomainError):
    code = "not_found"
    status = 404


class CallOpen(DomainError):
    """Another number is being called; `open_id` names that call."""

    code = "call_open"
    status = 409


class NotYours(DomainError):
    code = "not_yours"
    status = 403


@dataclass(frozen=True, slots=True)
class Click:
    """What became of a click: the call, and whether this click made it."""

    call: CallRequest
    created: bool


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The truth about who won: `cancelled` is False once a phone holds the grant."""

    cancelled: bool
    status: str


def request_call(
    *,
    actor: User,
    phone: str,
    company: Company | None = None,
    contact: Contact | None = None,
    note: str = "",
    is_cold_call: bool | None = None,
    device: PhoneDevice | None = None,
    tab: str = "",
    source: Source = Source.UI,
) -> Click:
    """Store a command for the actor's own phones and wake them after commit.

    `tab` names the tab of the browser that asks. The same number while a call is open gives that call again.
    Raises BadPhone, BadNote, DoNotDial, NotVisible, CallOpen.
    """
    if contact is not None and company is None:
        company = contact.company
    number = _dialable(actor, phone, company)
    _check_target(actor, company, contact, number)
    _check_note(note)
    draft = CallRequest(
        user=actor,
        created_by=actor,
        branch=actor.branch,
        zone=actor.branch.zone if actor.branch else DEFAULT_ZONE,
        company=company,
        contact=contact,
        company_name=company.name if company else "",
        contact_name=contact.full_name[:255] if contact else "",
        phone_raw=number.raw,
        phone_e164=number.e164,
        phone_ext=number.ext,
        number_key=number_key(number.e164),
        note=note.strip(),
        is_cold_call=_is_cold(number, company, contact) if is_cold_call is None else is_cold_call,
        target=device,
        tab=clean_text(tab)[:MAX_TAB],
    )
    for _attempt in range(3):
        click = _insert(actor, draft, source)
        if click is not None:
            return click
    raise CallOpen("Другой звонок ещё не завершён. Повторите через секунду.")


_STORE = Insert(CallRequest, lambda: {"expires_at": in_param("expires_in")})


def _store(draft: CallRequest) -> CallRequest | None:
    """The new row, or None when the person has an open call."""
    call = _STORE(draft, expires_in=settings.CALL["expires"])
    if call is not None:
        # the people and things that the draft was made of need not be read again
        call._state.fields_cache = draft._state.fields_cache
    return call


@transaction.atomic
def _insert(actor: User, draft: CallRequest, source: Source) -> Click | None:
    """Insert, or find the open call; None when that one closed in between."""
    call = _store(draft)
    if call is None and upkeep.close_overdue(user_id=actor.pk):
        call = _store(draft)
    if call is not None:
        log_event(
            actor=actor,
            verb=Verb.CREATE,
            entity_type="call_request",
            entity_id=call.pk,
            message=f"Звонок: {call.company_name or 'без компании'}",
            source=source,
        )
        events.call_changed(call, events.offer(call, round(settings.CALL["expires"].total_seconds() * 1000)))
        return Click(call, created=True)
    existing = CallRequest.objects.open().select_related("device").filter(user=actor).first()
    if existing is None:
        return None
    if (existing.phone_e164, existing.phone_ext) == (draft.phone_e164, draft.phone_ext):
        return Click(existing, created=False)
    where = f" ({existing.company_name})" if existing.company_name else ""
    raise CallOpen(
        f"Сначала завершите или отмените звонок на {phones.national(existing.phone_e164)}{where}.",
        open_id=str(existing.pk),
    )


def _dialable(actor: User, phone: str, company: Company | None) -> phones.Phone:
    branch = (company.branch if company else None) or actor.branch
    area = branch.area_code if branch else ""
    if len(phone) > phones.MAX_RAW * 4:
        raise BadPhone("Номер слишком длинный.")
    refusal = phones.why_not_dialled(phone, area_code=area)
    if refusal:
        raise BadPhone(refusal)
    return phones.normalise(phone, area_code=area)


_STOPPED = Select(lambda: DoNotCall.objects.filter(e164=Param("e164", CharField())).values_list("pk"))


def _check_target(actor: User, company: Company | None, contact: Contact | None, number: phones.Phone) -> None:
    if company is not None and not access.can(actor, "dial", company).ok:
        raise NotVisible("Компания не найдена.")
    if contact is not None and not access.can_contact(actor, "dial", contact).ok:
        raise NotVisible("Контакт не найден.")
    if contact is not None and company is not None and contact.company_id != company.pk:
        raise NotVisible("Контакт не найден.")
    if number.e164 and _STOPPED(e164=number.e164):
        raise _do_not_dial(stop_of_number(number.e164))
    for card in (company, contact):
        if card is not None and card.do_not_call:
            raise _do_not_dial(stop_of(card))
    if contact is None and number.e164 and has_stopped_holder(number.e164, company):
        raise _do_not_dial(None)


def _do_not_dial(stop: Stop | None) -> DoNotDial:
    return DoNotDial(f"{(stop or Stop()).words}.")


def _check_note(note: str) -> None:
    if has_nul(note):
        raise BadNote("В заметке недопустимый знак.")
    if len(note) > MAX_NOTE:
        raise BadNote(f"Заметка длиннее {MAX_NOTE} знаков.")


def _is_cold(number: phones.Phone, company: Company | None, contact: Contact | None) -> bool:
    """From the mark on the number or contact, else from the company's state (K-1)."""
    marked = PhoneNumber.objects.filter(e164=number.e164, ext=number.ext, cold_marked_at__isnull=False)
    holder = Q(company=company) if company else Q(contact=contact) if contact else Q(pk__in=[])
    if contact is not None:
        holder |= Q(contact=contact)
    if marked.filter(holder).exists() or (contact is not None and contact.is_cold_call):
        return True
    return company is not None and company.lead_state == LeadState.COLD


@transaction.atomic
def cancel_call(*, actor: User, call: CallRequest) -> Cancelled:
    """Stop a request before a phone claims it; afterwards ask the holder, who may have dialled already.

    Raises NotYours when `actor` did not ask for the call. A repeat is harmless.
    """
    if call.user_id != actor.pk:
        raise NotYours("Звонок заказал другой сотрудник.")
    pending = Q(status=Status.PENDING, closed_at__isnull=True)
    stopped = CallRequest.objects.move(
        pk=call.pk,
        where=pending,
        status=Status.CANCELLED,
        reason=Reason.USER,
        closed_at=Now(),
        cancel_requested_at=Now(),
    )
    if stopped is not None:
        events.call_changed(stopped, events.revoke(stopped, "cancelled"))
        _log_cancel(actor, call.pk)
        return Cancelled(True, stopped.status)
    granted = Q(closed_at__isnull=True, cancel_requested_at__isnull=True)
    asked = CallRequest.objects.move(pk=call.pk, where=granted, cancel_requested_at=Now())
    if asked is not None:
        events.call_changed(asked, events.revoke(asked, "cancelled", holder=asked.device_id))
        _log_cancel(actor, call.pk)
        return Cancelled(False, asked.status)
    fresh = CallRequest.objects.get(pk=call.pk)
    was_ours = fresh.status == Status.CANCELLED and fresh.reason == Reason.USER
    return Cancelled(was_ours, fresh.status)


def _log_cancel(actor: User, call_id: uuid.UUID) -> None:
    log_event(actor=actor, verb=Verb.UPDATE, entity_type="call_request", entity_id=call_id, message="Отмена звонка")
