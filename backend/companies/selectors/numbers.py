"""Numbers as a page shows them: what is dialled, whose it is, and why it must not be dialled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from common import phones
from companies.models import Company, Contact, DoNotCall, PhoneNumber


@dataclass(frozen=True, slots=True)
class PhoneLine:
    """One number. `dial` is what the call command takes; `refusal` says why there is no call button.

    `is_stopped`: this very number is on the list of those that are not called.
    """

    id: int
    shown: str
    dial: str
    e164: str
    type_label: str
    comment: str
    person: str
    contact_id: int | None
    refusal: str
    is_primary: bool
    is_cold: bool
    is_stopped: bool = False
    is_invalid: bool = False


def stopped_numbers(numbers: Iterable[PhoneNumber]) -> dict[str, DoNotCall]:
    """Those of the numbers whose owners asked not to be called, by E.164; one query."""
    e164s = {number.e164 for number in numbers if number.e164}
    rows = DoNotCall.objects.filter(e164__in=e164s).select_related("by") if e164s else ()
    return {row.e164: row for row in rows}


def phone_line(
    number: PhoneNumber, *, company: Company | None, contact: Contact | None, stopped: dict[str, DoNotCall]
) -> PhoneLine:
    return PhoneLine(
        id=number.pk,
        shown=number.shown,
        dial=phones.national(number.e164 or "", number.ext) or number.raw,
        e164=number.e164 or "",
        type_label=str(number.get_type_display()),
        comment=number.comment,
        person=contact.full_name if contact else "",
        contact_id=contact.pk if contact else None,
        refusal=_refusal(number, company, contact, stopped),
        is_primary=number.is_primary,
        is_cold=number.is_cold_call,
        is_stopped=(number.e164 or "") in stopped,
        is_invalid=number.is_invalid,
    )


def _refusal(
    number: PhoneNumber, company: Company | None, contact: Contact | None, stopped: dict[str, DoNotCall]
) -> str:
    if number.refusal:
        return number.refusal
    row = stopped.get(number.e164 or "")
    if row is not None:
        by = f", {row.by.label}" if row.by else ""
        return f"просили не звонить: {row.since:%d.%m.%Y}{by}"
    if (company is not None and company.do_not_call) or (contact is not None and contact.do_not_call):
        return "просили не звонить"
    return ""
