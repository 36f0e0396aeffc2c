"""Who may do what to a company or contact: the rules of this domain over accounts/scope.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from accounts.scope import Columns, Verdict

if TYPE_CHECKING:
    from companies.models import Company, Contact

COMPANY = Columns(owner="responsible", branch="branch")
VIA_COMPANY = Columns(owner="company__responsible", branch="company__branch")
BIN = frozenset({"restore", "purge"})


def company_q(user: User, verb: str) -> Q:
    """Companies that `user` may touch with `verb`. The bin (restore, purge) holds the deleted ones."""
    is_bin = verb in BIN
    return Q(deleted_at__isnull=not is_bin) & scope.allowed_q(user, verb, COMPANY)


def contact_q(user: User, verb: str) -> Q:
    """Contacts: as their company; without one, by their own owner and branch."""
    with_company = Q(company__isnull=False, company__deleted_at__isnull=True) & scope.allowed_q(
        user, verb, VIA_COMPANY
    )
    without = Q(company__isnull=True) & scope.allowed_q(user, verb, COMPANY)
    return Q(deleted_at__isnull=True) & (with_company | without)


def lone_bin_q(user: User, verb: str = "contact_edit") -> Q:
    """Deleted contacts of no company that `user` may bring back."""
    gone = Q(deleted_at__isnull=False, merged_into__isnull=True, company__isnull=True)
    return gone & scope.allowed_q(user, verb, COMPANY)


def held_q(user: User, verb: str) -> Q:
    """Rows that hang on a company or on a contact (numbers, addresses), by their `company` and `contact` columns."""
    company = Columns(owner="company__responsible", branch="company__branch")
    via = Columns(owner="contact__company__responsible", branch="contact__company__branch")
    lone = Columns(owner="contact__responsible", branch="contact__branch")
    of_company = Q(company__isnull=False, company__deleted_at__isnull=True) & scope.allowed_q(user, verb, company)
    live = Q(contact__isnull=False, contact__deleted_at__isnull=True)
    in_company = Q(contact__company__isnull=False, contact__company__deleted_at__isnull=True)
    of_contact = (in_company & scope.allowed_q(user, verb, via)) | (
        Q(contact__company__isnull=True) & scope.allowed_q(user, verb, lone)
    )
    return of_company | (live & of_contact)


def held_by_company_q(user: User, verb: str) -> Q:
    """Rows that hang on a company alone (notes), by their `company` column."""
    return Q(company__deleted_at__isnull=True) & scope.allowed_q(user, verb, VIA_COMPANY)


def can(user: User, verb: str, company: Company) -> Verdict:
    """The same question about one card, with a reason that people understand."""
    is_bin = verb in BIN
    if (company.deleted_at is not None) != is_bin:
        return Verdict(False, "not_found", "Не найдено.")
    if scope.may(user, verb, owner_id=company.responsible_id, branch_id=company.branch_id):
        return Verdict(True)
    return _refusal(user, verb, company)


def seen_q(user: User, verb: str) -> Q:
    """Cards that are there for this verb at all: in sight, or for those of the bin in the bin."""
    return company_q(user, verb if verb in BIN else "view")


def may_set_branch(user: User) -> bool:
    """A card's branch follows its responsible; only these two roles set it by hand."""
    return scope.reach(user, "change") == Reach.ALL


def _refusal(user: User, verb: str, company: Company) -> Verdict:
    level = scope.reach(user, verb)
    if level == Reach.NONE:
        return Verdict(False, "not_allowed", "Ваша роль этого не позволяет.")
    if company.responsible_id is None and company.branch_id is None:
        return Verdict(False, "no_owner", "У компании нет ответственного. Попросите управляющего назначить его.")
    if level == Reach.BRANCH and company.branch is not None:
        return Verdict(False, "foreign_branch", f"Компания филиала «{company.branch}».")
    owner = company.responsible.label if company.responsible else "не назначен"
    return Verdict(False, "not_own", f"Ответственный — {owner}. Изменить может он или его руководитель.")


def can_contact(user: User, verb: str, contact: Contact) -> Verdict:
    """`can` for a contact."""
    if contact.company is not None:
        return can(user, verb, contact.company)
    if contact.deleted_at is None and scope.may(
        user, verb, owner_id=contact.responsible_id, branch_id=contact.branch_id
    ):
        return Verdict(True)
    return Verdict(False, "not_own", "Контакт ведёт другой сотрудник.")
