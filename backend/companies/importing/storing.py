"""What the rows of a chunk come to is written: COPY after COPY, one UPDATE for each card that is there already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models.functions import Now

from accounts.models import User
from audit.models import AuditLog, FieldChange, Source, Verb
from companies.edits import effects
from companies.edits.values import Json
from companies.importing import brought
from companies.importing.match import Index
from companies.importing.people import Belongings, Given
from companies.importing.places import InPlace
from companies.importing.work import Work, columns
from companies.models import Company, CompanyNote, Contact, ExternalRef
from companies.models.notes import NoteType
from companies.search import index
from jobs import bulk
from jobs.handlers import ChangeRecorder
from jobs.models import Job, Op

# the field of the log that stands for an outer number given to a card
EXTERNAL = "external"
EVENT = ("actor", "verb", "entity_type", "entity_id", "message", "meta", "source", "request_id")


class _Event:
    """A row of the trail about a new card, before it is stored: an instance of the model costs more than its row."""

    __slots__ = ("actor_id", "entity_id", "message", "meta")
    verb, entity_type, source, request_id = Verb.CREATE, "company", Source.IMPORT, ""

    def __init__(self, actor_id: int, entity_id: str, message: str, meta: bulk.JsonText) -> None:
        self.actor_id, self.entity_id, self.message, self.meta = actor_id, entity_id, message[:300], meta


@dataclass(slots=True)
class Store:
    """What the rows of a chunk come to, part by part. `cards` are those that are there already."""

    job: Job
    actor: User
    log: ChangeRecorder
    cards: dict[int, Company]
    index: Index
    belongings: Belongings
    where: InPlace
    numbers: bulk.Numbers
    touched: set[int] = field(default_factory=set)
    # notes that cards have, by the card's place in memory; of which of them they were read
    notes: set[tuple[int, str]] = field(default_factory=set)
    with_notes: set[int] = field(default_factory=set)

    def put(self, works: Sequence[Work]) -> list[Company]:
        """What the next rows come to goes on its way; gives their new cards, which are there from now on."""
        made = [work for work in works if work.is_new and work.company is not None]
        cards = [work.company for work in made if work.company is not None]
        self._write_changes(works)
        notes = self._new_notes(works)
        self.numbers.give(Company, cards)
        fresh = set(map(id, cards))
        touched = [card for card in _touched(works) if id(card) not in fresh]
        self.where.hide(cards)
        self.where.cover(touched)
        bulk.create(Company, cards)
        new = {card.pk for card in cards}
        given = self.belongings.save(self.numbers)
        self._store_notes(notes)
        self._log_added(works, made, [*given, *notes])
        if not self.where.is_trial:
            self._leave_trail(cards)
            people = [thing for _, thing in given if isinstance(thing, Contact) and thing.company_id in new]
            index.write_new(cards, people)
            self.touched.update(card.pk for card in touched)
        self.cards.update((card.pk, card) for card in cards)
        self.with_notes |= new
        return cards

    def finish(self, works: Iterable[Work]) -> None:
        """What needs all of them."""
        self._link(works)
        if self.touched:
            index.refresh_companies(self.touched)

    def _store_notes(self, notes: Sequence[tuple[int, CompanyNote]]) -> None:
        drafts = [note for _, note in notes]
        bulk.follow(drafts, "company")
        self.where.hold(drafts)
        bulk.create(CompanyNote, drafts)

    def _leave_trail(self, cards: Sequence[Company]) -> None:
        meta, actor = bulk.JsonText(bulk.json_text({"job": str(self.job.pk)})), self.actor.pk
        trail = [_Event(actor, str(card.pk), f"Компания из файла: {card.name}", meta) for card in cards]
        bulk.insert(AuditLog, EVENT, trail)

    def _write_changes(self, works: Iterable[Work]) -> None:
        """Cards that are there: one UPDATE each, one version for the part, a row of the trail a field."""
        by_card: dict[int, list[Work]] = {}
        for work in works:
            if work.is_touched and work.company is not None and work.company.pk in self.cards:
                by_card.setdefault(work.company.pk, []).append(work)
        self.where.cover(self.cards[pk] for pk in by_card)
        trail = [change for pk, works in sorted(by_card.items()) for change in self._write(self.cards[pk], works)]
        bulk.create(FieldChange, trail)

    def _write(self, company: Company, works: Iterable[Work]) -> list[FieldChange]:
        changes = [(work, name, *pair) for work in works for name, pair in work.changes.items()]
        changing = {column for _, name, _, _ in changes for column in columns(name)}
        values = {column: getattr(company, column) for column in {*changing, "folded", "site_host"}}
        if not self.where.is_trial:
            effects.poke(company)
        version = company.version + 1
        Company.objects.filter(pk=self.where.place(company.pk)).update(**values, version=version, updated_at=Now())
        company.version = version
        for work, name, old, new in changes:
            self.log.write(row=work.row, op=Op.UPDATE, target=company, field=name, old=old, new=new, version=version)
        return [self._change(company, name, old, new) for _, name, old, new in changes]

    def _change(self, company: Company, name: str, old: Json, new: Json) -> FieldChange:
        return FieldChange(
            entity_type="company",
            entity_id=company.pk,
            version=company.version,
            field=name,
            old=old,
            new=new,
            actor=self.actor,
            source=Source.IMPORT,
            batch=self.job.pk,
        )

    def _log_added(
        self, works: Iterable[Work], made: Sequence[Work], given: Iterable[tuple[int, Given | CompanyNote]]
    ) -> None:
        """A new card is one entry with all that its row gave it; what a row adds to a card of others, one each."""
        rows = {work.row.n: work.row for work in works}
        whole: dict[int, brought.Brought] = {work.row.n: {} for work in made}
        for n, thing in given:
            if n in whole:
                brought.add(whole[n], thing)
            else:
                self.log.write(row=rows[n], op=Op.ADD, target=thing, new=str(thing))
        for work in made:
            assert work.company is not None  # noqa: S101 (typing)
            self.log.write(row=work.row, op=Op.CREATE, target=work.company, new=whole[work.row.n], version=1)

    def _link(self, works: Iterable[Work]) -> None:
        """Spheres and external numbers."""
        through = Company.spheres.through
        links: list[Any] = []
        refs: list[ExternalRef] = []
        place, source = self.where.place, self.where.source
        for work in works:
            if work.company is None or work.refusal:
                continue
            links += [through(company_id=place(work.company.pk), companysphere_id=pk) for pk in work.spheres]
            if not work.is_new:
                for pk in work.spheres:
                    self.log.write(row=work.row, op=Op.ADD, target=work.company, field="spheres", new=pk)
            external = work.parsed.external_id
            if external and external not in self.index.stored and self.index.external[external].pk == work.company.pk:
                self.index.stored.add(external)
                refs.append(ExternalRef(source=source, external_id=external, company=work.company))
                if not work.is_new:
                    self.log.write(row=work.row, op=Op.ADD, target=work.company, field=EXTERNAL, new=external)
        through.objects.bulk_create(links, ignore_conflicts=True)
        ExternalRef.objects.bulk_create(refs, ignore_conflicts=True)

    def _read_notes(self) -> None:
        """Those of the cards that are there."""
        cards = self.cards.keys() - self.with_notes
        if not cards:
            return
        holders = {*cards, *map(self.where.place, cards)}
        held = CompanyNote.objects.filter(company__any_of=holders, deleted_at=None)
        told = held.values_list("company_id", "text")
        self.notes |= {(id(self.cards[self.where.known(pk)]), text) for pk, text in told}
        self.with_notes |= cards

    def _new_notes(self, works: Iterable[Work]) -> list[tuple[int, CompanyNote]]:
        """A comment of the file is a note once: the same words on the same card are not written again.

        Gives the new ones, each with the number of its row.
        """
        wanted = [(work, work.note) for work in works if work.note and work.company is not None]
        if wanted:
            self._read_notes()
        notes: list[tuple[int, CompanyNote]] = []
        for work, text in wanted:
            assert work.company is not None  # noqa: S101 (typing)
            place = (id(work.company), text)
            if place in self.notes or work.refusal:
                continue
            self.notes.add(place)
            draft = CompanyNote(company=work.company, author=self.actor, type=NoteType.NOTE, text=text)
            notes.append((work.row.n, draft))
            work.is_touched = True
        return notes


def _touched(works: Iterable[Work]) -> list[Company]:
    """Cards about which a row that has not made them said more."""
    more = (work.company for work in works if work.is_touched and not work.is_new)
    return [company for company in more if company is not None]
