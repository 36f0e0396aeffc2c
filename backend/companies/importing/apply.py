"""One chunk of rows becomes cards: matched, written in bulk, told row by row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models.functions import Now

from accounts.models import User
from audit.models import AuditLog, FieldChange, Source, Verb
from companies import access, records
from companies.edits import effects
from companies.edits.values import COMPANY, Json
from companies.importer.parsed import ParsedRow
from companies.importer.problems import Level
from companies.importing.lookup import Lookup, key
from companies.importing.match import SOURCE, Card, Index, Keys, Known
from companies.importing.people import Belongings
from companies.importing.words import CREATED, REFUSALS, UNCHANGED, UPDATED, WARNINGS
from companies.models import Company, CompanyNote, ExternalRef, LeadState
from companies.models.notes import NoteType
from companies.search import index
from jobs import bulk
from jobs.handlers import ChangeRecorder, RowOutcome
from jobs.models import ChangeLog, Job, JobRow, Op, RowStatus

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


@dataclass(slots=True)
class Work:
    """What one row does: to which card, what is said about it."""

    row: JobRow
    parsed: ParsedRow
    company: Company | None = None
    match: Card | None = None
    is_new: bool = False
    changes: dict[str, tuple[Json, Json]] = field(default_factory=dict)
    spheres: list[int] = field(default_factory=list)
    note: str = ""
    is_touched: bool = False
    warnings: list[str] = field(default_factory=list)
    refusal: str = ""


EVENT = ("actor", "verb", "entity_type", "entity_id", "message", "meta", "source", "request_id")


class _Event:
    """A row of the trail about a new card, before it is stored: an instance of the model costs more than its row."""

    __slots__ = ("actor_id", "entity_id", "message", "meta")
    verb, entity_type, source, request_id = Verb.CREATE, "company", Source.IMPORT, ""

    def __init__(self, actor_id: int, entity_id: str, message: str, job: str) -> None:
        self.actor_id, self.entity_id, self.message, self.meta = actor_id, entity_id, message[:300], {"job": job}


class Chunk:
    """The rows of one transaction."""

    def __init__(self, job: Job, rows: Sequence[JobRow], log: ChangeRecorder, parsed: Sequence[ParsedRow]) -> None:
        assert isinstance(job.created_by, User)  # noqa: S101 (an import has an author)
        self.job, self.log, self.actor = job, log, job.created_by
        self.mode: str = job.params.get("mode", "both")
        self.only_empty = frozenset(job.params.get("only_empty", ()))
        self.lookup = Lookup(self.actor, job.params.get("people"))
        self.works = [Work(row, said) for row, said in zip(rows, parsed, strict=True)]
        self.keys = [Keys.of(said) for said in parsed]
        self.index = Index.read(self.actor, self.keys)

    def run(self) -> list[RowOutcome]:
        for work, keys in zip(self.works, self.keys, strict=True):
            self._match(work, keys)
        self._read_cards()
        for work in self.works:
            if not work.refusal:
                self._decide(work)
        self._save()
        return [self._outcome(work) for work in self.works]

    def _read_cards(self) -> None:
        """The cards that rows mean, whole; they are locked already."""
        wanted = {work.match.pk for work in self.works if isinstance(work.match, Known)}
        found = Company.objects.filter(pk__in=wanted).select_related("responsible", "branch").order_by("pk")
        self.cards = {card.pk: card for card in found}
        self.spheres: dict[int, set[int]] = {pk: set() for pk in self.cards}
        links = Company.spheres.through.objects.filter(company__in=wanted)
        for card_id, sphere_id in links.values_list("company_id", "companysphere_id"):
            self.spheres[card_id].add(sphere_id)
        self.belongings = Belongings(list(self.cards.values()))
        # cards that earlier rows of this file have made: another row about them adds, it does not correct
        self.own = _made_by(self.job, wanted)

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
            COMPANY[name].write(company, value)
        company.name = company.name or _name_of(work.parsed)
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
            COMPANY[name].write(company, value)
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
        for name, table, code in (
            ("status", self.lookup.statuses, "unknown_status"),
            ("contract_type", self.lookup.contracts, "unknown_contract"),
        ):
            text = getattr(said, name)
            found = table.get(key(text)) if text else None
            if found is not None:
                values[name] = found.pk
            elif text:
                work.warnings.append(code)
        if said.branch and self.lookup.may_set_branch:
            branch = self.lookup.branches.get(key(said.branch))
            if branch is not None:
                values["branch"] = branch.pk
            else:
                work.warnings.append("unknown_branch")
        return values

    def _spheres(self, work: Work) -> list[int]:
        found = [self.lookup.spheres.get(key(text)) for text in work.parsed.company.spheres]
        if None in found:
            work.warnings.append("unknown_sphere")
        return list(dict.fromkeys(sphere.pk for sphere in found if sphere is not None))

    # --- writing

    def _save(self) -> None:
        made = [work for work in self.works if work.is_new and work.company is not None]
        bulk.create(Company, [work.company for work in made if work.company is not None])
        self._log_created(made)
        self._write_changes()
        self.belongings.save()
        self._log_belongings()
        self._link()
        self._notes()
        touched = {work.company.pk for work in self.works if work.company is not None and work.is_touched}
        people = [contact.pk for _, contact in self.belongings.new_contacts]
        index.refresh_bulk(companies={*touched, *(w.company.pk for w in made if w.company)}, contacts=people)

    def _log_created(self, made: Sequence[Work]) -> None:
        for work in made:
            assert work.company is not None  # noqa: S101 (typing)
            self.log.write(row=work.row, op=Op.CREATE, target=work.company, version=1)
        cards = [work.company for work in made if work.company is not None]
        trail = [
            _Event(self.actor.pk, str(card.pk), f"Компания из файла: {card.name}", str(self.job.pk)) for card in cards
        ]
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
            columns = {column for name in changed for column in _columns(name)}
            values = {column: getattr(company, column) for column in {*columns, "folded", "site_host"}}
            version = company.version + 1
            Company.objects.filter(pk=pk).update(**values, version=version, updated_at=Now())
            company.version = version
            for work in works:
                for name, (old, new) in work.changes.items():
                    self.log.write(
                        row=work.row, op=Op.UPDATE, target=company, field=name, old=old, new=new, version=version
                    )
                    trail.append(self._change(company, name, old, new))
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

    def _log_belongings(self) -> None:
        rows = {work.row.n: work.row for work in self.works}
        added = (*self.belongings.new_contacts, *self.belongings.new_phones, *self.belongings.new_emails)
        for n, thing in added:
            self.log.write(row=rows[n], op=Op.ADD, target=thing, new=str(thing))

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
                    self.log.write(row=work.row, op=Op.ADD, target=work.company, field="spheres", new=sphere_id)
            external = work.parsed.external_id
            held = self.index.external.get(external) if external else None
            if external and (held is None or held.pk == work.company.pk):
                refs.append(ExternalRef(source=SOURCE, external_id=external, company=work.company))
        through.objects.bulk_create(links, ignore_conflicts=True)
        ExternalRef.objects.bulk_create(refs, ignore_conflicts=True)

    def _notes(self) -> None:
        """A comment of the file is a note once: the same words on the same card are not written again."""
        wanted = [(work, work.note) for work in self.works if work.note and work.company is not None]
        cards = [work.company for work, _ in wanted if work.company is not None]
        known = set(CompanyNote.objects.filter(company__in=cards, deleted_at=None).values_list("company_id", "text"))
        notes: list[tuple[Work, CompanyNote]] = []
        for work, text in wanted:
            assert work.company is not None  # noqa: S101 (typing)
            if (work.company.pk, text) in known or work.refusal:
                continue
            known.add((work.company.pk, text))
            draft = CompanyNote(company=work.company, author=self.actor, type=NoteType.NOTE, text=text)
            notes.append((work, draft))
            work.is_touched = True
        bulk.create(CompanyNote, [note for _, note in notes])
        for work, note in notes:
            self.log.write(row=work.row, op=Op.ADD, target=note, new=note.text[:200])

    # --- telling

    def _outcome(self, work: Work) -> RowOutcome:
        problems = [
            {"code": p.code, "column": p.column, "value": p.value[:200], "words": p.sentence, "advice": p.advice}
            for p in work.parsed.problems
            if p.level is not Level.NOTE
        ]
        if work.refusal:
            reason = REFUSALS.get(work.refusal) or next(
                (p.sentence for p in work.parsed.problems if p.code == work.refusal), ""
            )
            return RowOutcome(RowStatus.REFUSED, work.refusal, reason, {"problems": problems})
        problems += [
            {"code": code, "column": -1, "value": "", "words": WARNINGS[code], "advice": ""}
            for code in dict.fromkeys(work.warnings)
        ]
        code = CREATED if work.is_new else UPDATED if work.is_touched else UNCHANGED
        status = RowStatus.WARNED if problems else RowStatus.UNCHANGED if code == UNCHANGED else RowStatus.DONE
        words = str(problems[0]["words"]) if problems else ""
        assert work.company is not None  # noqa: S101 (typing)
        return RowOutcome(status, code, words, {"company": work.company.pk, "problems": problems})


def _columns(name: str) -> tuple[str, ...]:
    if name == "lead_state":
        return ("lead_state",)
    return tuple(f"{column}_id" if COMPANY[name].model else column for column in COMPANY[name].columns)


def _made_by(job: Job, cards: Iterable[int]) -> set[int]:
    """Which of these cards this job has created in earlier chunks."""
    made = ChangeLog.objects.filter(job=job, op=Op.CREATE, object_id__in=[str(pk) for pk in cards])
    return {int(pk) for pk in made.values_list("object_id", flat=True)}


def _name_of(row: ParsedRow) -> str:
    """A card needs a name: of the person, the INN or the number."""
    company = row.company
    if company.inn:
        return f"ИНН {company.inn}"
    if row.persons:
        person = row.persons[0]
        return " ".join(p for p in (person.last_name, person.first_name, person.middle_name) if p)[:255]
    phones = [*row.phones, *(phone for person in row.persons for phone in person.phones)]
    return (phones[0].raw if phones else "Без названия")[:255]
