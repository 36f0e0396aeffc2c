"""Head companies and their branches: a tree of at most five levels, without cycles."""

from __future__ import annotations

from django.db import connection

from accounts.models import User
from companies.models import Company
from companies.records import BadRecord

DEEPEST = 5
LOCK = 0x7EE_C0DE


def lock_tree() -> None:
    """All writers of the tree stand in a row: a cycle needs two of them at once."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def check_head(*, actor: User, company: Company) -> None:
    """Refuse a head that the person does not see, that would close a circle or make the tree too deep.

    Raises BadRecord; call it in the transaction that writes.
    """
    head_id = company.head_company_id
    if head_id is None:
        return
    lock_tree()
    if head_id == company.pk:
        raise BadRecord("Компания не может быть головной для самой себя.", field="head_company")
    check_seen(actor=actor, head_id=head_id)
    above = ancestors(head_id)
    if company.pk in above:
        raise BadRecord("Получился бы круг: эта компания сама стоит выше.", field="head_company")
    if len(above) + 1 + _height(company.pk) > DEEPEST:
        raise BadRecord(f"Не больше {DEEPEST} уровней подчинения.", field="head_company")


def check_seen(*, actor: User, head_id: int) -> None:
    """One that the person does not see and one that is not there get the same words. Raises BadRecord."""
    if not Company.objects.visible_to(actor).filter(pk=head_id).exists():
        raise BadRecord("Не найдено.", field="head_company")


def ancestors(pk: int) -> list[int]:
    """The heads above a company, nearest first, the company itself first of all."""
    chain: list[int] = []
    above: int | None = pk
    while above is not None and above not in chain and len(chain) <= DEEPEST:
        chain.append(above)
        above = Company.objects.filter(pk=above).values_list("head_company_id", flat=True).first()
    return chain


def _height(pk: int) -> int:
    """Levels below a company, 0 for none."""
    height, level = 0, [pk]
    while level and height <= DEEPEST:
        level = list(Company.objects.filter(head_company__in=level).values_list("pk", flat=True))
        height += bool(level)
    return height


def is_too_deep(pk: int) -> bool:
    """Whether the tree that a company stands in has more levels than allowed, as it is written now."""
    return len(ancestors(pk)) + _height(pk) > DEEPEST
