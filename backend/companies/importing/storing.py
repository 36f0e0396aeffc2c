"""What the rows of a chunk come to is written: COPY after COPY, one UPDATE for each card that was there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Now

from accounts.models import User
from audit.models import AuditLog, FieldChange, Source, Verb
from companies.edits import effects
from companies.edits.values import Json
from companies.importing import brought
from companies.importing.match import SOURCE, Index
from companies.importing.people import Belongings
from companies.importing.unseen import Unseen
from companies.importing.work import Work, columns, mark
from companies.models import Company, CompanyNote, ExternalRef
from companies.models.notes import NoteType
from companies.search import index
from jobs import bulk
from jobs.behind import behind
from jobs.handlers import ChangeRecorder
from jobs.models import Job, Op

# the field of the log that stands for an outer number given to a card
EXTERNAL = "external"
EVENT = ("actor", "verb", "entity_type", "entity_id", "message", "meta", "source", "request_id")


class _Event:
    """A row of the trail about a new card, before it is stored: an instance of the model costs more than its row."""

    __slots__ = ("actor_id", "entity_id", "message", "meta")
    verb, entity_type, source, request_id = Verb.CREATE, "company", Source.IMPORT, ""

    def __init__(self, actor_id: int, entity_id: str, message: str, job: str) -> None:
        self.actor_id, self.entity_id, self.message, self.meta = actor_id, entity_id, message[:300], {"job": job}


@dataclass(slots=True)
class Store:
    """What the rows of a chunk come to. `cards` are those that were there."""

    job: Job
    actor: User
    log: ChangeRecorder
    works: Sequence[Work]
    cards: dict[int, Company]
    index: Index
    belongings: Belongings
    unseen: Unseen | None

    def save(self) -> None:
        """First what is asked for answers, then COPY after COPY without a wait between them."""
        made = [work for work in self.works if work.is_new and work.company is not None]
        cards = [work.company for work in made if work.company is not None]
        bulk.number(Company, cards)
        self._write_changes()
        notes = self._notes()
        self.belongings.number()
        if self.unseen is not None:
            self.unseen.hide(cards)
            self.unseen.cover(self._touched())
            self._store(cards, made, notes)
            self._link()
            return
        with behind():
            self._store(cards, made, notes)
            self._leave_trail(cards)
            new = {card.pk for card in cards}
            index.write_new(cards, [c for _, c in self.belongings.new_contacts if c.company_id in new])
        self._link()
        touched = {company.pk for company in self._touched()} - new
        if touched:
            index.refresh_companies(touched)

    def _touched(self) -> list[Company]:
        """Cards that were there, and those of this chunk about which another row has said more."""
        more = (work.company for work in self.works if work.is_touched and not work.is_new)
        return [company for company in more if company is not None]

    def _store(self, cards: Sequence[Company], made: Sequence[Work], notes: Sequence[tuple[int, CompanyNote]]) -> None:
        bulk.create(Company, cards)
        self.belongings.save()
        drafts = [note for _, note in notes]
        bulk.follow(drafts, "company")
        if self.unseen is not None:
            self.unseen.hold(drafts)
        bulk.create(CompanyNote, drafts)
        self._log_added(made, notes)

    def _leave_trail(self, cards: Sequence[Company]) -> None:
        job, actor = str(self.job.pk), self.actor.pk
        trail = [_Event(actor, str(card.pk), f"Компания из файла: {card.name}", job) for card in cards]
        bulk.insert(AuditLog, EVENT, trail)

    def _write_changes(self) -> None:
        """Cards that were there: one UPDATE each, one version for the chunk, a row of the trail a field."""
        by_card: dict[int, list[Work]] = {}
        for work in self.works:
            if work.is_touched and work.company is not None and work.company.pk in self.cards:
                by_card.setdefault(work.company.pk, []).append(work)
        if self.unseen is not None:
            self.unseen.cover(self.cards[pk] for pk in by_card)
        trail = [change for pk, works in sorted(by_card.items()) for change in self._write(self.cards[pk], works)]
        bulk.create(FieldChange, trail)

    def _write(self, company: Company, works: Iterable[Work]) -> list[FieldChange]:
        changes = [(work, name, *pair) for work in works for name, pair in work.changes.items()]
        changing = {column for _, name, _, _ in changes for column in columns(name)}
        values = {column: getattr(company, column) for column in {*changing, "folded", "site_host"}}
        if self.unseen is None:
            place = company.pk
            effects.poke(company)
        else:
            place = self.unseen.place(company.pk)
        version = company.version + 1
        Company.objects.filter(pk=place).update(**values, version=version, updated_at=Now())
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

    def _log_added(self, made: Sequence[Work], notes: Iterable[tuple[int, CompanyNote]]) -> None:
        """A new card is one entry with all that its row gave it; what a row adds to a card of others, one each."""
        rows = {work.row.n: work.row for work in self.works}
        whole: dict[int, brought.Brought] = {work.row.n: {} for work in made}
        ours = self.belongings
        for n, thing in (*ours.new_contacts, *ours.new_phones, *ours.new_emails, *notes):
            if n in whole:
                brought.add(whole[n], thing)
            else:
                self.log.write(row=rows[n], op=Op.ADD, target=thing, new=str(thing))
        for work in made:
            assert work.company is not None  # noqa: S101 (typing)
            self.log.write(row=work.row, op=Op.CREATE, target=work.company, new=whole[work.row.n], version=1)

    def _link(self) -> None:
        """Spheres and external numbers."""
        through = Company.spheres.through
        links: list[Any] = []
        refs: list[ExternalRef] = []
        place = self.unseen.place if self.unseen is not None else int
        source = self.unseen.source if self.unseen is not None else SOURCE
        for work in self.works:
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

    def _known_notes(self) -> set[tuple[int, str]]:
        known, place = (self.unseen.known, self.unseen.place) if self.unseen is not None else (int, int)
        holders = {*self.cards, *map(place, self.cards)}
        held = CompanyNote.objects.filter(company__any_of=holders, deleted_at=None)
        return {(known(pk), text) for pk, text in held.values_list("company_id", "text")}

    def _notes(self) -> list[tuple[int, CompanyNote]]:
        """A comment of the file is a note once: the same words on the same card are not written again.

        Gives the new ones, each with the number of its row.
        """
        wanted = [(work, work.note) for work in self.works if work.note and work.company is not None]
        known = self._known_notes() if wanted else set()
        notes: list[tuple[int, CompanyNote]] = []
        for work, text in wanted:
            assert work.company is not None  # noqa: S101 (typing)
            place = (mark(work.company), text)
            if place in known or work.refusal:
                continue
            known.add(place)
            draft = CompanyNote(company=work.company, author=self.actor, type=NoteType.NOTE, text=text)
            notes.append((work.row.n, draft))
            work.is_touched = True
        bulk.number(CompanyNote, [note for _, note in notes])
        return notes
