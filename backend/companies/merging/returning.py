"""The log of a merge read backwards: each step is taken back where nobody has touched it since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction

from accounts.models import User
from audit.models import FieldChange, Source
from audit.trail import Change
from companies.edits import effects
from companies.edits.effects import Card
from companies.merging.numbers import COLD, RESULT
from companies.merging.policies import relations
from companies.merging.rows import dangling, dump, insert, load
from companies.models import Company, CompanySphere, Contact, EmailAddress, Merge, MergeEntry, MergeOp, PhoneNumber

TOGETHER = (frozenset(COLD), frozenset(RESULT))
HOLDERS = frozenset({"company_id", "contact_id"})


class Return:
    """Steps of the children; `kept` counts by words what stays where it is now."""

    def __init__(self, merge: Merge, winner: Card, loser: Card, *, actor: User, source: Source) -> None:
        self.merge, self.winner, self.loser = merge, winner, loser
        self.actor, self.source = actor, source
        self.kept: Counter[str] = Counter()
        self.primary: dict[type[models.Model], Any] = {}
        self._relations = {(rel.label, rel.field): rel for rel in relations(type(winner))}

    def run(self, entries: Iterable[MergeEntry]) -> None:
        """`entries` come newest first, without those of the winner's own columns."""
        acts = {
            MergeOp.MOVED: self._moved,
            MergeOp.CHANGED: self._changed,
            MergeOp.DROPPED: self._dropped,
            MergeOp.ADDED: self._added,
        }
        for entry in entries:
            acts[MergeOp(entry.op)](entry, apps.get_model(entry.model))
        for card in (self.loser, self.winner):
            self._mend_numbers(card)
            if isinstance(card, Company):
                self._mend_people(card)

    def _moved(self, entry: MergeEntry, model: type[models.Model]) -> None:
        relation = self._relations[entry.model, entry.field]
        alive = model._base_manager.filter(pk__in=entry.pks)
        here = alive.filter(**{entry.field: self.winner.pk})
        count = self._heads(here) if entry.field == "head_company" else 0
        if entry.field != "head_company":
            count = here.update(**{entry.field: self.loser.pk}, **relation.touch)
        there = alive.count() - count
        words = relation.words or model._meta.verbose_name_plural
        self._keep(f"{words}: перенесены дальше", there)
        self._keep(f"{words}: стёрты", len(entry.pks) - count - there)

    def _heads(self, rows: Any) -> int:
        count = 0
        for company in rows.select_for_update(of=("self",)).order_by("pk"):
            effects.write(company, version=company.version, columns={"head_company_id": self.loser.pk})
            change = Change("head_company", self.winner.pk, self.loser.pk)
            batch = self.merge.batch
            effects.leave_trail(company, [change], actor=self.actor, source=self.source, batch=batch)
            count += 1
        return count

    def _changed(self, entry: MergeEntry, model: type[models.Model]) -> None:
        row = model._base_manager.filter(pk=entry.pks[0]).first()
        if row is None:
            self._keep(f"{model._meta.verbose_name_plural}: стёрты", 1)
            return
        old, new = dict(entry.old or {}), dict(entry.new or {})
        holder = next(iter(HOLDERS & old.keys()), "")
        if holder and getattr(row, holder) != self.winner.pk:
            self._keep(f"{model._meta.verbose_name_plural}: перенесены дальше", 1)
            return
        back = {} if holder else self._untouched(row, old, new)
        if holder:
            back = {holder: old[holder], "is_primary": False, **self._untouched(row, {"order": old["order"]}, new)}
            if old["is_primary"]:
                self.primary[model] = row.pk
        if isinstance(row, Contact) and back.get("is_primary") and not self._has_room(row):
            back = {}
        if back:
            model._base_manager.filter(pk=row.pk).update(**load(model, back))

    def _has_room(self, contact: Contact) -> bool:
        """Whether a person may be the first of the loser again."""
        others = Contact.objects.filter(company=self.loser.pk, is_primary=True, deleted_at__isnull=True)
        return contact.company_id == self.loser.pk and not others.exclude(pk=contact.pk).exists()

    def _untouched(self, row: models.Model, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        """Old values of columns that still hold what the merge wrote; a mark goes as a whole."""
        now = dump(row, old)
        edited = {name for name in old if now[name] != new[name]}
        for group in TOGETHER:
            if group & edited:
                edited |= group
        self._keep(f"{type(row)._meta.verbose_name_plural}: изменены с тех пор", bool(edited & old.keys()))
        return {name: value for name, value in old.items() if name not in edited}

    def _dropped(self, entry: MergeEntry, model: type[models.Model]) -> None:
        whole: dict[str, Any] = dict(entry.old or {})
        if model in {PhoneNumber, EmailAddress} and whole["is_primary"]:
            whole["is_primary"] = False
            self.primary[model] = entry.pks[0]
        if dangling(model, whole):
            return
        try:
            with transaction.atomic():
                insert(model, whole)
        except IntegrityError:
            self._keep(f"{model._meta.verbose_name_plural}: уже есть", 1)

    def _added(self, entry: MergeEntry, model: type[models.Model]) -> None:
        if entry.field == "spheres":
            self._spheres(entry.pks)
            return
        model._base_manager.filter(pk__in=entry.pks).delete()

    def _spheres(self, pks: list[int]) -> None:
        """A sphere that somebody has put in or taken out since stays as it is."""
        assert isinstance(self.winner, Company)  # noqa: S101 (typing)
        later = later_changes(self.merge).filter(field="spheres")
        touched = {pk for change in later for pk in set(change.old or ()) ^ set(change.new or ())}
        self.winner.spheres.remove(*CompanySphere.objects.filter(pk__in=set(pks) - touched))
        self._keep("Сферы: изменены с тех пор", len(set(pks) & touched))

    def _mend_numbers(self, card: Card) -> None:
        """Exactly one primary row wherever there are rows."""
        name = "company" if isinstance(card, Company) else "contact"
        for model in (PhoneNumber, EmailAddress):
            rows = model._base_manager.filter(**{name: card.pk})
            if rows.filter(is_primary=True).exists():
                continue
            wanted = rows.filter(pk=self.primary.get(model, 0)).first()
            first = wanted or rows.order_by("order", "pk").first()
            if first is not None:
                model._base_manager.filter(pk=first.pk).update(is_primary=True)

    @staticmethod
    def _mend_people(company: Company) -> None:
        people = Contact.objects.filter(company=company, deleted_at__isnull=True)
        if people.filter(is_primary=True).exists():
            return
        first = people.order_by("last_name", "pk").first()
        if first is not None:
            Contact.objects.filter(pk=first.pk).update(is_primary=True)

    def _keep(self, words: str, count: int) -> None:
        if count:
            self.kept[words[:1].upper() + words[1:]] += count


def later_changes(merge: Merge) -> models.QuerySet[FieldChange]:
    """What was changed of the winner after the merge, without merges that were taken back since."""
    rows = FieldChange.objects.filter(
        entity_type=merge.kind, entity_id=merge.winner_id, version__gt=merge.winner_version
    )
    undone = Merge.objects.filter(kind=merge.kind, winner_id=merge.winner_id, undone_at__isnull=False)
    taken_back = list(undone.values_list("batch", flat=True))
    return rows.exclude(batch__in=taken_back) if taken_back else rows
