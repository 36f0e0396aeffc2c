"""Cards as the file needs them."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.db.models import Prefetch, QuerySet

from accounts.models import User
from accounts.roles import Role
from common.garbage import collection_paused
from companies.models import Company, CompanyQuerySet, Contact
from companies.selectors.last_call import last_call
from notifications.models import Kind
from notifications.services import create_notification

CHUNK = 1_000
TELL_ABOVE = 1_000


def full(rows: CompanyQuerySet, needs: frozenset[str]) -> CompanyQuerySet:
    """Cards with what the columns need (columns.NEEDS): a fixed number of queries for any number of rows."""
    beside = [_listed(name) for name in sorted(needs & {"phones", "emails", "spheres"})]
    if "people" in needs:
        people = _first_people().prefetch_related(_listed("phones"), _listed("emails"))
        beside.append(Prefetch("contacts", people, to_attr="live_contacts"))
    # few values stand beside many cards: by a join each card would make its own instances of them
    found = rows.prefetch_related("status", "contract_type", "responsible", "branch", *beside)
    found = found.defer("raw_fields", "bank_details", "folded")
    return found.annotate(last_call_at=last_call("created_at")) if "calls" in needs else found


def _first_people() -> QuerySet[Contact]:
    """Of each card the person who is written into the file."""
    live = Contact.objects.filter(deleted_at__isnull=True)
    if connection.vendor == "postgresql":
        return live.order_by("company_id", "-is_primary", "pk").distinct("company_id")
    return live.order_by("-is_primary", "pk")


def _listed(name: str) -> Prefetch[str]:
    """Related rows as a plain list `all_…`: a manager and a queryset for every card would cost more than the rows."""
    return Prefetch(name, to_attr=f"all_{name}")


def write_pages(rows: CompanyQuerySet, needs: frozenset[str], write: Callable[[list[Company]], None]) -> int:
    """Give `write` the cards by number, a thousand at a time; returns how many.

    A card that changes hands meanwhile is asked about anew. Nothing of a page outlives its turn.
    """
    count = last = 0
    while True:
        with collection_paused():
            written, last = _write_page(full(rows, needs).filter(pk__gt=last), write)
        if not written:
            return count
        count += written


def _write_page(rows: CompanyQuerySet, write: Callable[[list[Company]], None]) -> tuple[int, int]:
    """How many cards there were, and the number of the last one."""
    page = list(rows.order_by("pk")[:CHUNK])
    if not page:
        return 0, 0
    write(page)
    return len(page), page[-1].pk


def tell_heads(actor: User, count: int) -> None:
    """A large export is told to those who answer for the branch."""
    if count <= TELL_ABOVE or actor.branch_id is None:
        return
    heads = User.objects.filter(
        is_active=True, branch=actor.branch_id, role__in=(Role.SALES_HEAD, Role.BRANCH_DIRECTOR)
    )
    for head in heads:
        create_notification(
            user=head, actor=actor, title="Выгрузка компаний", body=f"{actor.label}: {count} строк", kind=Kind.SYSTEM
        )
