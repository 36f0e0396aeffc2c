"""What every change asks first: does the person see the card, and may they do this to it."""

from __future__ import annotations

from accounts.models import User
from accounts.scope import Verdict
from companies import access
from companies.edits.fields import NotAllowed, NotFound
from companies.models import Company, Contact


def verdict_on(actor: User, verb: str, card: Company | Contact) -> Verdict:
    """May `actor` do this to either kind of card?"""
    return access.can(actor, verb, card) if isinstance(card, Company) else access.can_contact(actor, verb, card)


def require(actor: User, verb: str, card: Company | Contact) -> None:
    """Raises NotAllowed with the words of the matrix."""
    verdict = verdict_on(actor, verb, card)
    if not verdict.ok:
        raise NotAllowed(verdict.reason, code=verdict.code)


def company_for(actor: User, verb: str, company_id: int, *, lock: bool = True) -> Company:
    """The card that `actor` sees (for the verbs of the bin: in the bin) and may do `verb` to; its row is locked.

    Raises NotFound, NotAllowed.
    """
    rows = Company.objects.select_related("responsible", "branch")
    if lock:
        rows = rows.select_for_update(of=("self",))
    company = rows.filter(access.seen_q(actor, verb), pk=company_id).first()
    if company is None:
        raise NotFound("Не найдено.")
    require(actor, verb, company)
    return company
