"""What the filters of the list of companies mean."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts import scope
from accounts.models import User
from companies.listing.conditions import Asker, Reader, bounds_of, dates, days, ids, moments, numbers, present, texts
from companies.listing.conditions import among as among_values
from companies.listing.fields import INACTIVE, ME
from companies.listing.grammar import Condition
from companies.models import Company, Contact, DoNotCall, EmailAddress, PhoneNumber
from jobs.models import JobRow

LIVE = Q(deleted_at__isnull=True)


def of_company(model: type[PhoneNumber] | type[EmailAddress], **columns: Any) -> Q:
    """Numbers or addresses of the company or of its live people; two questions, so that each has its index."""
    rows = model.objects.filter(**columns)
    people = rows.filter(contact__company=OuterRef("pk"), contact__deleted_at__isnull=True)
    return Q(Exists(rows.filter(company=OuterRef("pk")))) | Q(Exists(people))


def _people(**columns: Any) -> Exists:
    return Exists(Contact.objects.filter(LIVE, company=OuterRef("pk"), **columns))


def _has_phone(_: Asker) -> Q:
    return of_company(PhoneNumber)


def _is_cold(_: Asker) -> Q:
    """The mark of its own, of a person or of any number: the roll-up of the rules."""
    marked = {"cold_marked_at__isnull": False}
    return Q(**marked) | Q(_people(**marked)) | of_company(PhoneNumber, **marked)


def _is_not_called(_: Asker) -> Q:
    stopped = of_company(PhoneNumber, e164__in=DoNotCall.objects.values("e164"))
    return Q(do_not_call=True) | Q(_people(do_not_call=True)) | stopped


def _with_spheres(values: list[str]) -> Q:
    through = Company.spheres.through.objects
    return Q(Exists(through.filter(company=OuterRef("pk"), companysphere__in=[int(value) for value in values])))


def _without_sphere(_: Asker) -> Q:
    return ~Q(Exists(Company.spheres.through.objects.filter(company=OuterRef("pk"))))


def _calls(**columns: Any) -> Exists:
    """By relation names: calls live in a room above."""
    shown = {"calls__deleted_at__isnull": True, "calls__is_private": False}
    return Exists(Company.objects.filter(pk=OuterRef("pk"), **shown, **columns))


def _last_call(first: date | None, last: date | None, asker: Asker) -> Q:
    start, end = bounds_of(first, last, asker)
    since = {"calls__created_at__gte": start} if start else {}
    found = Q(_calls(**since))
    return found & ~Q(_calls(calls__created_at__gte=end)) if end else found


def _of_job(one: Condition, asker: Asker) -> Q:
    """Cards of a job's rows; others' jobs are the administrator's alone."""
    found = Q()
    for value in one.values:
        job, _, code = value.partition(":")
        rows = JobRow.objects.filter(job_id=job, target_id__isnull=False)
        if not asker.user.is_admin:
            rows = rows.filter(job__created_by=asker.user)
        if code:
            rows = rows.filter(Q(status=code) | Q(code=code))
        found |= Q(pk__in=rows.values("target_id"))
    return found


def inactive(column: str) -> Q:
    return Q(**{f"{column}__in": User.objects.filter(is_active=False).values("pk")})


COMPANY_READERS: dict[str, Reader] = {
    "id": ids("pk", {}),
    "status": ids("status", {}),
    "sphere": among_values(_with_spheres, {"none": _without_sphere}),
    "responsible": ids(
        "responsible",
        {
            ME: lambda asker: Q(responsible__in=scope.owners(asker.user)),
            INACTIVE: lambda _: inactive("responsible"),
        },
    ),
    "branch": ids("branch", {ME: lambda asker: Q(branch=asker.user.branch_id or 0)}),
    "created_by": ids("created_by", {ME: lambda asker: Q(created_by=asker.user)}),
    "lead_state": texts("lead_state"),
    "city": texts("city"),
    "region": texts("region"),
    "activity": texts("activity_kind"),
    "inn": texts("inn", empty=None),
    "contract_type": ids("contract_type", {}),
    "contract_until": dates("contract_until"),
    "contract_amount": numbers("contract_amount"),
    "head_company": ids("head_company", {}),
    "created": moments("created_at"),
    "updated": moments("updated_at"),
    "last_call": days(_last_call, lambda: ~Q(_calls())),
    "phone": present(_has_phone),
    "email": present(lambda _: of_company(EmailAddress)),
    "website": present(lambda _: ~Q(website="")),
    "contact": present(lambda _: Q(_people())),
    "cold": present(_is_cold),
    "do_not_call": present(_is_not_called),
    "job": _of_job,
}
