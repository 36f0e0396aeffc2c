"""Whose call a number without a click is: the truth of the base; rights apply when somebody reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from companies import access
from companies.models import Company, Contact
from companies.selectors import Holder, holders_of
from phonebridge.enums import Origin
from phonebridge.models import CallRequest

REMEMBERED = timedelta(days=90)
MAX_NAME = 255
FOREIGN = "Номер ведёт другой сотрудник"
NOBODY = "Без компании"


@dataclass(frozen=True, slots=True)
class Names:
    """What `viewer` may read of whose call it was. `is_foreign`: somebody's, but not for these eyes."""

    company: str = ""
    contact: str = ""
    is_foreign: bool = False

    @property
    def company_words(self) -> str:
        """What stands in the place of the company's name."""
        return FOREIGN if self.is_foreign else self.company or NOBODY


def match(*, user: User, e164: str, number_key: int | None, now: datetime) -> Holder | None:
    """The one card of this number for a call of `user`; None when nobody or several remain."""
    found = holders_of(e164)
    own = [holder for holder in found if holder.responsible_id == user.pk]
    left = own or found
    if len(left) > 1:
        last = _last_with(user, number_key, now)
        left = (
            [holder for holder in left if (holder.company_id or 0, holder.contact_id or 0) in last]
            or [holder for holder in left if holder.company_id and (holder.company_id, 0) in last]
            or left
        )
    if len(left) > 1:
        left = [holder for holder in left if holder.company_id]
    return left[0] if len(left) == 1 else None


def _last_with(user: User, number_key: int | None, now: datetime) -> set[tuple[int, int]]:
    """The card of the person's last call with this number: with its person, and alone."""
    calls = CallRequest.objects.filter(
        is_counted=True, number_key=number_key, user=user, counted_on__gte=(now - REMEMBERED).date()
    )
    last = calls.order_by("-counted_at", "-pk").values_list("company_id", "contact_id").first()
    if last is None:
        return set()
    company, contact = last[0] or 0, last[1] or 0
    return {(company, contact), (company, 0)} - {(0, 0)}


def card_columns(holder: Holder | None) -> dict[str, object]:
    """The columns of a call that say whose it is."""
    company = Company.objects.filter(pk=holder.company_id).first() if holder and holder.company_id else None
    contact = Contact.objects.filter(pk=holder.contact_id).first() if holder and holder.contact_id else None
    return {
        "company": company,
        "contact": contact,
        "company_name": company.name[:MAX_NAME] if company else "",
        "contact_name": contact.full_name[:MAX_NAME] if contact else "",
    }


def names_for(viewer: User, call: CallRequest) -> Names:
    """The caller chose the card of a click, so its names are told as they were; others go by the rights of now."""
    if call.origin == Origin.CLICK:
        return Names(call.company_name, call.contact_name)
    if call.company is not None:
        is_seen = access.can(viewer, "view", call.company).ok
    elif call.contact is not None:
        is_seen = access.can_contact(viewer, "view", call.contact).ok
    elif scope.visibility(viewer) == Reach.ALL:
        is_seen = True
    else:
        return Names()  # the card is erased, and nobody can tell any more who might have seen it
    return Names(call.company_name, call.contact_name) if is_seen else Names(is_foreign=True)
