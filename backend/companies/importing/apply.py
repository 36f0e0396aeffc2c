"""One chunk of rows becomes cards: matched, written in bulk, told row by row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model
from django.db.models.functions import Now

from accounts.models import User
from audit.models import AuditLog, FieldChange, Source, Verb
from companies import access, records
from companies.edits import effects
from companies.edits.values import COMPANY, Json
from companies.importer.parsed import ParsedRow
from companies.importer.problems import Level
from companies.importing import brought
from companies.importing.lookup import Lookup, key
from companies.importing.match import SOURCE, Index, Keys, Known
from companies.importing.people import Belongings
from companies.importing.unseen import correct, hide
from companies.importing.work import Work, columns, name_of, outcome, write
from companies.models import Company, CompanyNote, ExternalRef, LeadState
from companies.models.notes import NoteType
from companies.search import index
from jobs import bulk
from jobs.behind import behind
from jobs.handlers import ChangeRecorder, RowOutcome
from jobs.models import ChangeLog, Job, JobRow, Op

# a field of the file → the field of the card
TEXTS = {
    "name": "name",
    "legal_name": "legal_name",
    "kpp": "kpp",
    "ogrn": "ogrn",
    "address": "address",
    "site": "website",
    "activity": "activity_kind",
}
UNKNOWN = {"status": "unknown_status", "contract_type": "unknown_contract", "branch": "unknown_branch"}


EVENT = ("actor", "verb", "entity_type", "entity_id", "message", "meta", "source", "request_id")


class _Event:
    """A row of the trail about a new card, before it is stored: an instance of the model costs more than its row."""

    __slots__ = ("actor_id", "entity_id", "message", "meta")
    verb, entity_type, source, request_id = Verb.CREATE, "company", Source.IMPORT, ""

    def __init__(self, actor_id: int, entity_id: str, message: str, job: str) -> None:
        self.actor_id, self.entity_id, self.message, self.meta = actor_id, entity_id, message[:300], {"job": job}


class Chunk:
    """The rows of one transaction; of a trial, which must stand in nobody's way (see `trial`)."""

    def __init__(
        self,
        job: Job,
        rows: Sequence[JobRow],
        log: ChangeRecorder,
        parsed: Sequence[ParsedRow],
        *,
        is_trial: bool = False,
    ) -> None:
        assert isinstance(job.created_by, User)  # noqa: S101 (an import has an author)
        self.job, self.log, self.actor = job, log, job.created_by
        self.mode: str = job.params.get("mode", "both")
        self.only_empty = frozenset(job.params.get("only_empty", ()))
        self.lookup = Lookup(self.actor, job.params.get("people"))
        self.works = [Work(row, said) for row, said in zip(rows, parsed, strict=True)]
        self.keys = [Keys.of(said) for said in parsed]
        self.is_trial = is_trial
        self.index = Index.read(self.actor, self.keys, is_trial=is_trial)

    def run(self) -> list[RowOutcome]:
        for work, keys in zip(self.works, self.keys, strict=True):
            self._match(work, keys)
        self._read_cards()
        for work in self.works:
            if not work.refusal:
                self._decide(work)
        self._save()
        return [outcome(work) for work in self.works]

    def _read_cards(self) -> None:
        """The cards that rows mean, whole; they are locked already."""
        wanted = {work.match.pk for work in self.works if isinstance(work.match, Known)}
        self.cards: dict[int, Company] = {}
        self.spheres: dict[int, set[int]] = {}
        self.own: set[int] = set()
        self.belongings = Belongings()
        if wanted:
            self._read_known(wanted)

    def _read_known(self, wanted: set[int]) -> None:
        found = Company.objects.filter(pk__any_of=wanted).select_related("responsible", "branch").order_by("pk")
        self.cards = {card.pk: card for card in found}
        self.spheres = {pk: set() for pk in self.cards}
        links = Company.spheres.through.objects.filter(company__any_of=wanted)
        for card_id, sphere_id in links.values_list("company_id", "companysphere_id"):
            self.spheres[card_id].add(sphere_id)
        self.belongings.read(list(self.cards.values()))
        # cards that earlier rows of this file have made: another row about them adds, it does not correct
        self.own = _made_by(self.job, wanted)
        if self.is_trial:
            correct(self.job, self.cards)

    # --- deciding

    def _match(self, work: Work, keys: Keys) -> None:
        """Which card the row is about; a new one is drafted at once, so that later rows find it."""
        if work.parsed.is_refused:
            work.refusal = next(p.code for p in work.parsed.problems if p.level is Level.REFUSED)
            return
        match = self.index.find(keys)
        work.match = match.card
        if match.code:
            work.refusal = match.code
        elif match.card is None and self.mode == "update":
            work.refusal = "not_found"
        elif match.card is None:
            self._create(work, keys)

    def _decide(self, work: Work) -> None:
        if work.match is not None:
            card = self.cards[work.match.pk] if isinstance(work.match, Known) else work.match
            work.refusal = self._refuse(card)
            if work.refusal:
                return
            self._update(work, card)
        assert work.company is not None  # noqa: S101 (typing)
        said = work.parsed
        is_new, is_full = self.belongings.add(work.row.n, work.company, said.phones, said.emails, said.persons)
        work.is_touched = work.is_touched or is_new
        if is_full:
            work.warnings.append("no_room")

    def _refuse(self, card: Company) -> str:
        is_own = card.pk is None or card.pk in self.own
        if is_own:
            return ""
        if self.mode == "create":
            return "exists"
        return "" if self._may_change(card) else "not_yours"

    def _may_change(self, card: Company) -> bool:
        return self.index.is_seen(card) and access.can(self.actor, "import_row", card).ok

    def _create(self, work: Work, keys: Keys) -> None:
        said = work.parsed.company
        owner, warning = self.lookup.owner_of_new(said.responsible)
        if warning:
            work.warnings.append(warning)
        company = bulk.maker(Company)(
            created_by=self.actor,
            responsible=owner,
            branch=owner.branch if owner else None,
            lead_state=LeadState.WARM if work.parsed.lead == "warm" else LeadState.COLD,
            status=self.lookup.default_status,
            raw_fields={"import": [str(self.job.pk)], "cells": list(work.parsed.raw)},
        )
        for name, value in self._values(work).items():
            write(company, name, value)
        company.name = company.name or name_of(work.parsed)
        records.prepare_company(company)
        work.company, work.is_new = company, True
        work.note = said.note
        work.spheres = self._spheres(work)
        self.index.add(company, keys)

    def _update(self, work: Work, company: Company) -> None:
        work.company = company
        is_own = company.pk is None or company.pk in self.own
        for name, value in self._values(work).items():
            old = COMPANY[name].read(company)
            if old == value:
                continue
            if old not in (None, "") and is_own:
                work.warnings.append("differs")
                continue
            if old not in (None, "") and name in self.only_empty:
                continue
            write(company, name, value)
            if company.pk is not None:
                work.changes[name] = (old, COMPANY[name].read(company))
        if work.parsed.lead and work.parsed.lead != company.lead_state:
            self._set_lead(work, company)
        records.prepare_company(company)
        has = self.spheres.get(company.pk, set()) if company.pk is not None else set()
        work.spheres = [pk for pk in self._spheres(work) if pk not in has]
        work.note = work.parsed.company.note
        work.is_touched = bool(work.changes or work.spheres)

    def _set_lead(self, work: Work, company: Company) -> None:
        if company.pk is None:
            return
        if not access.can(self.actor, "lead_set", company).ok:
            work.warnings.append("lead_not_set")
            return
        work.changes["lead_state"] = (company.lead_state, work.parsed.lead)
        company.lead_state = LeadState(work.parsed.lead)

    def _values(self, work: Work) -> dict[str, Any]:
        """What the row says, as plain values of the card; unknown names are warnings."""
        said = work.parsed.company
        values: dict[str, Any] = {card: getattr(said, name) for name, card in TEXTS.items() if getattr(said, name)}
        if said.inn or said.inn_raw:
            values["inn"] = said.inn or said.inn_raw
        if said.contract_until:
            values["contract_until"] = said.contract_until.isoformat()
        if said.status:
            self._name(work, values, "status", self.lookup.statuses.get(key(said.status)))
        if said.contract_type:
            self._name(work, values, "contract_type", self.lookup.contracts.get(key(said.contract_type)))
        if said.branch and self.lookup.may_set_branch:
            self._name(work, values, "branch", self.lookup.branches.get(key(said.branch)))
        return values

    @staticmethod
    def _name(work: Work, values: dict[str, Any], name: str, found: Model | None) -> None:
        """A row of a dictionary that the file names, or a warning."""
        if found is not None:
            values[name] = found.pk
        else:
            work.warnings.append(UNKNOWN[name])

    def _spheres(self, work: Work) -> list[int]:
        found = [self.lookup.spheres.get(key(text)) for text in work.parsed.company.spheres]
        if None in found:
            work.warnings.append("unknown_sphere")
        return list(dict.fromkeys(sphere.pk for sphere in found if sphere is not None))

    # --- writing

    def _save(self) -> None:
        """First what is asked for answers, then COPY after COPY without a wait between them."""
        made = [work for work in self.works if work.is_new and work.company is not None]
        cards = [work.company for work in made if work.company is not None]
        bulk.number(Company, cards)
        self._write_changes()
        notes = self._notes()
        self.belongings.number()
        if self.is_trial:
            hide(cards)
            self._store(cards, made, notes)
            self._link()
            return
        with behind():
            self._store(cards, made, notes)
            self._leave_trail(cards)
            new = {card.pk for card in cards}
            index.write_new(cards, [c for _, c in self.belongings.new_contacts if c.company_id in new])
        self._link()
        touched = {work.company.pk for work in self.works if work.company is not None and work.is_touched}
        if touched - new:
            index.refresh_companies(touched - new)

    def _store(self, cards: Sequence[Company], made: Sequence[Work], notes: Sequence[tuple[int, CompanyNote]]) -> None:
        bulk.create(Company, cards)
        self.belongings.save()
        bulk.follow([note for _, note in notes], "company")
        bulk.create(CompanyNote, [note for _, note in notes])
        self._log_added(made, notes)

    def _leave_trail(self, cards: Sequence[Company]) -> None:
        job, actor = str(self.job.pk), self.actor.pk
        trail = [_Event(actor, str(card.pk), f"Компания из файла: {card.name}", job) for card in cards]
        bulk.insert(AuditLog, EVENT, trail)

    def _write_changes(self) -> None:
        """Cards that were there: one UPDATE each, one version for the chunk, a row of the trail a field."""
        by_card: dict[int, list[Work]] = {}
        for work in self.works:
            touched = work.is_touched and not work.is_new and work.company is not None and not work.refusal
            if touched and work.company is not None and work.company.pk in self.cards:
                by_card.setdefault(work.company.pk, []).append(work)
        trail: list[FieldChange] = []
        for pk, works in sorted(by_card.items()):
            company = self.cards[pk]
            changed = {name: pair for work in works for name, pair in work.changes.items()}
            changing = {column for name in changed for column in columns(name)}
            values = {column: getattr(company, column) for column in {*changing, "folded", "site_host"}}
            version = company.version + 1
            if not self.is_trial:
                Company.objects.filter(pk=pk).update(**values, version=version, updated_at=Now())
            company.version = version
            for work in works:
                for name, (old, new) in work.changes.items():
                    self.log.write(
                        row=work.row, op=Op.UPDATE, target=company, field=name, old=old, new=new, version=version
                    )
                    trail.append(self._change(company, name, old, new))
            if not self.is_trial:
                effects.poke(company)
        bulk.create(FieldChange, trail)

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
        for work in self.works:
            if work.company is None or work.refusal:
                continue
            known = self.spheres.setdefault(work.company.pk, set())
            for sphere_id in work.spheres:
                if sphere_id not in known:
                    known.add(sphere_id)
                    links.append(through(company_id=work.company.pk, companysphere_id=sphere_id))
                    if work.is_new:
                        continue
                    self.log.write(row=work.row, op=Op.ADD, target=work.company, field="spheres", new=sphere_id)
            external = work.parsed.external_id
            held = self.index.external.get(external) if external else None
            if external and (held is None or held.pk == work.company.pk):
                refs.append(ExternalRef(source=SOURCE, external_id=external, company=work.company))
        through.objects.bulk_create(links, ignore_conflicts=True)
        ExternalRef.objects.bulk_create(refs, ignore_conflicts=True)

    def _notes(self) -> list[tuple[int, CompanyNote]]:
        """A comment of the file is a note once: the same words on the same card are not written again.

        Gives the new ones, each with the number of its row.
        """
        wanted = [(work, work.note) for work in self.works if work.note and work.company is not None]
        held = CompanyNote.objects.filter(company__any_of=list(self.cards), deleted_at=None)
        known = set(held.values_list("company_id", "text")) if wanted else set()
        notes: list[tuple[int, CompanyNote]] = []
        for work, text in wanted:
            assert work.company is not None  # noqa: S101 (typing)
            # a card that is not stored yet is told by itself
            place = (work.company.pk or -id(work.company), text)
            if place in known or work.refusal:
                continue
            known.add(place)
            draft = CompanyNote(company=work.company, author=self.actor, type=NoteType.NOTE, text=text)
            notes.append((work.row.n, draft))
            work.is_touched = True
        bulk.number(CompanyNote, [note for _, note in notes])
        return notes


def _made_by(job: Job, cards: Iterable[int]) -> set[int]:
    """Which of these cards this job has created in earlier chunks."""
    made = ChangeLog.objects.filter(job=job, op=Op.CREATE, object_id__any_of=[str(pk) for pk in cards])
    return {int(pk) for pk in made.values_list("object_id", flat=True)}
