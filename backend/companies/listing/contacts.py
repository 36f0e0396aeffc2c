"""What the filters of the list of contacts mean: the company's columns, or the contact's own without one."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from accounts import scope
from companies.listing.companies import inactive
from companies.listing.conditions import Asker, Reader, among, ids, moments, present, texts
from companies.listing.fields import INACTIVE, ME, NONE
from companies.models import DoNotCall, EmailAddress, PhoneNumber


def _owned(column: str, values: list[int]) -> Q:
    """A contact of a company has no owner and no branch of its own, so either column says it."""
    return Q(**{f"{column}__in": values}) | Q(**{f"company__{column}__in": values})


def _nobodys(column: str) -> Q:
    return Q(**{f"{column}__isnull": True, f"company__{column}__isnull": True})


def _numbers() -> Exists:
    return Exists(PhoneNumber.objects.filter(contact=OuterRef("pk")))


def _is_cold(_: Asker) -> Q:
    marked = PhoneNumber.objects.filter(contact=OuterRef("pk"), cold_marked_at__isnull=False)
    return Q(cold_marked_at__isnull=False) | Q(Exists(marked))


def _is_not_called(_: Asker) -> Q:
    stopped = PhoneNumber.objects.filter(contact=OuterRef("pk"), e164__in=DoNotCall.objects.values("e164"))
    return Q(do_not_call=True) | Q(company__do_not_call=True) | Q(Exists(stopped))


def _place(column: str) -> Reader:
    def nowhere(_: Asker) -> Q:
        return Q(company__isnull=True) | Q(**{f"company__{column}": ""})

    return among(lambda values: Q(**{f"company__{column}__in": values}), {NONE: nowhere})


CONTACT_READERS: dict[str, Reader] = {
    "id": ids("pk", {}),
    "company": ids("company", {}),
    "responsible": among(
        lambda values: _owned("responsible", [int(value) for value in values]),
        {
            ME: lambda asker: _owned("responsible", scope.owners(asker.user)),
            NONE: lambda _: _nobodys("responsible"),
            INACTIVE: lambda _: inactive("responsible") | inactive("company__responsible"),
        },
    ),
    "branch": among(
        lambda values: _owned("branch", [int(value) for value in values]),
        {
            ME: lambda asker: _owned("branch", [asker.user.branch_id or 0]),
            NONE: lambda _: _nobodys("branch"),
        },
    ),
    "lead_state": _place("lead_state"),
    "city": _place("city"),
    "region": _place("region"),
    "status": texts("status"),
    "position": texts("position"),
    "decision_role": texts("decision_role"),
    "primary": present(lambda _: Q(is_primary=True)),
    "phone": present(lambda _: Q(_numbers())),
    "email": present(lambda _: Q(Exists(EmailAddress.objects.filter(contact=OuterRef("pk"))))),
    "cold": present(_is_cold),
    "do_not_call": present(_is_not_called),
    "created": moments("created_at"),
    "updated": moments("updated_at"),
}
