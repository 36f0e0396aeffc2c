"""Taking back what nobody has touched since: whole cards of a batch, with everything on them, many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import Model, Q

from accounts.models import User
from audit.models import AuditLog, FieldChange, Source, Verb
from companies.importing.brought import things
from companies.models import Company, CompanyNote, Contact, DoNotCall, EmailAddress, PhoneNumber
from jobs.models import ChangeLog, Job, Op

# what no batch makes, and an erased card would take along or let go
FOREIGN = ("calls", "callbacks", "lead_state_requests", "deletion_requests", "branches", "merged_from")
# numbers and addresses of a person are looked at with those of the card
FOREIGN_OF_PERSON = ("calls", "callbacks", "notes")


def erase_untouched(job: Job, actor: User, entries: Sequence[ChangeLog]) -> set[int]:
    """Erase the cards that these entries have made and that are still as they were made.

    Returns the keys of all entries that are settled by it; the others have to be asked one by one.
    """
    made = {int(entry.object_id) for entry in entries if _is_company(entry) and entry.op == Op.CREATE}
    cards = _Cards(job, actor, made, entries)
    if not cards.ids:
        return set()
    names = dict(Company.objects.filter(pk__in=cards.ids).values_list("pk", "name"))
    AuditLog.objects.bulk_create(
        AuditLog(
            actor=actor,
            verb=Verb.DELETE,
            entity_type="company",
            entity_id=str(pk),
            message=f"Загрузка отменена: {name}"[:300],
            meta={"job": str(job.pk)},
            source=Source.IMPORT,
        )
        for pk, name in sorted(names.items())
    )
    Company.objects.filter(pk__in=cards.ids).delete()
    return {entry.pk for entry in entries if cards.holds(entry)}


def _is_company(entry: ChangeLog) -> bool:
    return entry.model == Company._meta.label_lower


class _Cards:
    """Cards to erase, and the keys of everything that goes with them, by model."""

    def __init__(self, job: Job, actor: User, made: Collection[int], entries: Iterable[ChangeLog]) -> None:
        # label → key → the thing in words, as the batch wrote it
        self.written: dict[str, dict[str, str]] = defaultdict(dict)
        for entry in entries:
            for label, key, words in things(entry):
                self.written[label][key] = words
        self.gone: dict[str, set[str]] = defaultdict(set)
        live = Company.objects.allowed(actor, "import_row").filter(pk__in=made, merged_into=None)
        locked = Company.objects.select_for_update(of=("self",)).filter(pk__in=live.values("pk")).order_by("pk")
        self.ids = set(locked.values_list("pk", flat=True))
        if self.ids:
            self._drop_edited(job)
            self._drop_used()

    def holds(self, entry: ChangeLog) -> bool:
        if _is_company(entry):
            return int(entry.object_id) in self.ids
        return entry.object_id in self.gone[entry.model]

    def _drop_edited(self, job: Job) -> None:
        edited = FieldChange.objects.filter(entity_type="company", entity_id__in=self.ids).exclude(batch=job.pk)
        self.ids -= set(edited.values_list("entity_id", flat=True))

    def _drop_used(self) -> None:
        """Leave only cards whose people, numbers, addresses and notes are the batch's own, as it wrote them."""
        people = {c.pk: c for c in Contact.objects.filter(company__in=self.ids)}
        owner = {pk: person.company_id or 0 for pk, person in people.items()}
        used = _linked(Company, FOREIGN, self.ids)
        used |= {owner[pk] for pk in _linked(Contact, FOREIGN_OF_PERSON, set(people))}
        things: list[tuple[Model, int]] = [(person, owner[pk]) for pk, person in people.items()]
        held = Q(company__in=self.ids) | Q(contact__in=people)
        phones = list(PhoneNumber.objects.filter(held))
        silenced = set(DoNotCall.objects.filter(e164__in=[p.e164 for p in phones]).values_list("e164", flat=True))
        numbers: list[PhoneNumber | EmailAddress] = [*phones, *EmailAddress.objects.filter(held)]
        things += [(row, row.company_id or owner[row.contact_id or 0]) for row in numbers]
        notes = CompanyNote.objects.filter(company__in=self.ids)
        with_files = set(notes.exclude(attachments=None).values_list("pk", flat=True))
        things += [(note, note.company_id or 0) for note in notes]
        used |= {
            card
            for thing, card in things
            if not self._is_as_written(thing)
            or (isinstance(thing, PhoneNumber) and thing.e164 in silenced)
            or (isinstance(thing, CompanyNote) and thing.pk in with_files)
        }
        self.ids -= used
        for thing, card in things:
            if card in self.ids:
                self.gone[thing._meta.label_lower].add(str(thing.pk))

    def _is_as_written(self, thing: Model) -> bool:
        words = self.written[thing._meta.label_lower].get(str(thing.pk))
        if words is None:
            return False
        if isinstance(thing, Contact):
            return thing.version == 1
        if isinstance(thing, CompanyNote):
            return thing.edited_at is None and not thing.is_pinned
        if isinstance(thing, PhoneNumber) and (thing.cold_marked_at is not None or thing.last_result_at is not None):
            return False
        return str(thing) == words


def _linked(model: type[Model], names: Iterable[str], ids: set[int]) -> set[int]:
    """Which of these rows something of another kind points to."""
    found: set[int] = set()
    for name in names:
        relation: Any = model._meta.get_field(name)
        rows = relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": ids})
        found |= set(rows.values_list(relation.field.attname, flat=True))
    return found
