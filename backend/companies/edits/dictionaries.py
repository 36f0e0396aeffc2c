"""Values of dictionaries become one: the way out of a value that cards use and nobody needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, ProtectedError
from django.db.models.functions import Now

from accounts.models import User
from audit.models import FieldChange, Source, Verb
from audit.services import log_event
from companies.edits.deletion import InUse
from companies.edits.fields import NotAllowed
from companies.models import Company, CompanySphere, CompanyStatus, ContractType
from companies.records import BadRecord

Value = CompanyStatus | CompanySphere | ContractType
FIELD: dict[type[Value], str] = {CompanyStatus: "status", CompanySphere: "spheres", ContractType: "contract_type"}
PORTION = 500


def usage(values: Sequence[Value]) -> dict[int, int]:
    """Cards that hold each value, deleted ones too."""
    return {value.pk: _cards(value).count() for value in values}


@transaction.atomic
def merge_values(*, actor: User, keep: Value, gone: Sequence[Value], source: Source = Source.UI) -> int:
    """Cards of the values `gone` hold `keep` afterwards, then those are erased; returns how many cards changed.

    Raises NotAllowed, BadRecord, InUse.
    """
    if not actor.is_admin:
        raise NotAllowed("Справочники меняет администратор.")
    others = [value for value in gone if value.pk != keep.pk]
    if not others or any(type(value) is not type(keep) for value in others):
        raise BadRecord("Выберите два значения или больше, и одно из них оставьте.", field="keep")
    changed = 0
    was_default = any(isinstance(value, CompanyStatus) and value.is_default for value in others)
    for value in others:
        changed += sum(_replace(actor, pks, value, keep, source) for pks in _portions(value))
        try:
            value.delete()
        except ProtectedError as error:
            raise InUse(f"«{value}» держат и другие записи: {len(error.protected_objects)}.") from error
    if was_default:
        CompanyStatus.objects.filter(pk=keep.pk).update(is_default=True)
    names = ", ".join(f"«{value}»" for value in others)
    log_event(
        actor=actor,
        verb=Verb.MERGE,
        entity_type=keep._meta.model_name or "",
        entity_id=keep.pk,
        message=f"{names} → «{keep}», карточек: {changed}"[:300],
        source=source,
    )
    return changed


def _cards(value: Value) -> Any:
    return Company.objects.filter(**{FIELD[type(value)]: value.pk})


def _portions(value: Value) -> Iterator[list[int]]:
    """Cards that hold the value, locked in the order of their numbers."""
    while pks := list(_cards(value).order_by("pk").values_list("pk", flat=True)[:PORTION]):
        list(Company.objects.select_for_update().filter(pk__in=pks).order_by("pk").values_list("pk"))
        yield pks


def _replace(actor: User, pks: list[int], value: Value, keep: Value, source: Source) -> int:
    field = FIELD[type(value)]
    rows = Company.objects.filter(pk__in=pks)
    if field == "spheres":
        before = _spheres(pks)
        through: Any = Company.spheres.through
        links = [through(company_id=pk, companysphere_id=keep.pk) for pk in pks]
        through.objects.bulk_create(links, ignore_conflicts=True)
        through.objects.filter(company__in=pks, companysphere_id=value.pk).delete()
        after = _spheres(pks)
        changes: dict[int, Any] = {pk: (before[pk], after[pk]) for pk in pks}
        rows.update(version=F("version") + 1, updated_at=Now())
    else:
        changes = dict.fromkeys(pks, (value.pk, keep.pk))
        rows.update(**{field: keep}, version=F("version") + 1, updated_at=Now())
    versions = dict(rows.values_list("pk", "version"))
    FieldChange.objects.bulk_create(
        FieldChange(
            entity_type="company",
            entity_id=pk,
            version=versions[pk],
            field=field,
            old=old,
            new=new,
            actor=actor,
            source=source,
        )
        for pk, (old, new) in changes.items()
    )
    return len(pks)


def _spheres(pks: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {pk: [] for pk in pks}
    through: Any = Company.spheres.through
    rows = through.objects.filter(company__in=pks).order_by("companysphere_id")
    for company_id, sphere_id in rows.values_list("company_id", "companysphere_id"):
        found[company_id].append(sphere_id)
    return found
