"""One chunk of rows becomes cards: each row is matched and decided in turn, then all is written in bulk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import batched
from typing import Any

from django.db.models import Model

from accounts.models import User
from companies import access, records
from companies.edits.values import COMPANY
from companies.importer.parsed import ParsedRow
from companies.importer.problems import Level
from companies.importing.lookup import Lookup, key
from companies.importing.match import Card, Index, Keys, Known
from companies.importing.people import Belongings
from companies.importing.places import InPlace
from companies.importing.storing import Store
from companies.importing.work import Work, amounts, name_of, outcome, write
from companies.models import Company, LeadState
from jobs import bulk
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

CARD = Company._meta.label_lower
# rows that are decided while those before them are being stored
PART = 250
INN_OF_PERSON = 12
REQUISITES = frozenset(["inn", "kpp"])


class Chunk:
    """The rows of one transaction; `where` says how cards are read and written."""

    def __init__(
        self,
        job: Job,
        rows: Sequence[JobRow],
        log: ChangeRecorder,
        parsed: Sequence[ParsedRow],
        where: InPlace,
    ) -> None:
        assert isinstance(job.created_by, User)  # noqa: S101 (an import has an author)
        self.job, self.log, self.actor = job, log, job.created_by
        self.mode: str = job.params.get("mode", "both")
        self.only_empty = frozenset(job.params.get("only_empty", ()))
        self.lookup = Lookup(self.actor, job.params.get("people"))
        self.works = [Work(row, said) for row, said in zip(rows, parsed, strict=True)]
        self.keys = [Keys.of(said) for said in parsed]
        self.where = where
        where.begin()
        self.index = Index.read(self.actor, self.keys, made=self._made, where=where)
        self.cards: dict[int, Company] = {}
        # by the card's place in memory
        self.spheres: dict[int, set[int]] = {}
        self.own: set[int] = set()
        self.belongings = Belongings(where)

    def run(self) -> list[RowOutcome]:
        """Row after row: each finds what those before it have made and given."""
        means = [self.index.find(keys).card for keys in self.keys] if self.index.cards else [None] * len(self.keys)
        self._read_cards({card.pk for card in means if isinstance(card, Known)})
        store = self._store(means)
        if self.where.is_trial:
            self._do_all(store, max(len(self.works), 1))
        else:
            bulk.compare_on_the_way()
            self._do_all(store, PART)
        self.where.keep()
        return [outcome(work) for work in self.works]

    def _do_all(self, store: Store, part: int) -> None:
        """What is decided is being stored while the next part is decided."""
        for some in batched(zip(self.works, self.keys, strict=True), part, strict=False):
            for work, keys in some:
                self._do(work, keys)
            for card in store.put([work for work, _ in some]):
                self.own.add(card.pk)
                self.index.seen.add(card.pk)
        store.finish(self.works)

    def _store(self, means: Sequence[Card | None]) -> Store:
        """`means`: the cards that rows mean, as far as that is known before the first is decided."""
        new = [work.parsed for work, card in zip(self.works, means, strict=True) if card is None]
        return Store(
            job=self.job,
            actor=self.actor,
            log=self.log,
            cards=self.cards,
            index=self.index,
            belongings=self.belongings,
            where=self.where,
            numbers=bulk.Numbers(amounts(new)),
        )

    def _read_cards(self, wanted: set[int]) -> None:
        """Cards that rows mean, whole; they are locked already."""
        if not wanted:
            return
        place = self.where.place
        stored = Company.objects.filter(pk__any_of={place(pk) for pk in wanted})
        found = stored.select_related("responsible", "branch").order_by("pk")
        cards = {card.pk: card for card in self.where.stand_for(found)}
        self.cards |= cards
        self.spheres |= {id(card): set() for card in cards.values()}
        links = Company.spheres.through.objects.filter(company__any_of={*cards, *map(place, cards)})
        for card_id, sphere_id in links.values_list("company_id", "companysphere_id"):
            self.spheres[id(cards[self.where.known(card_id)])].add(sphere_id)
        self.belongings.read(list(cards.values()))
        # cards that earlier rows of this file have made: another row about them adds, it does not correct
        self.own |= self._made(wanted)

    def _made(self, cards: Iterable[int]) -> set[int]:
        """Which of these cards this file has made, in earlier chunks or in this one, where it goes row by row."""
        wanted = set(cards)
        keys = [str(pk) for pk in wanted]
        stored = ChangeLog.objects.filter(job=self.job, op=Op.CREATE, model=CARD, object_id__any_of=keys)
        here = {int(e.object_id) for e in self.log.entries if e.op == Op.CREATE and e.model == CARD}
        return {int(pk) for pk in stored.values_list("object_id", flat=True)} | (here & wanted)

    def _card(self, card: Card) -> Company:
        if not isinstance(card, Known):
            return card
        if card.pk not in self.cards:
            self._read_cards({card.pk})
        return self.cards[card.pk]

    # --- deciding

    def _do(self, work: Work, keys: Keys) -> None:
        """Which card the row is about, and what it does to it."""
        if work.parsed.is_refused:
            work.refusal = next(p.code for p in work.parsed.problems if p.level is Level.REFUSED)
            return
        match = self.index.find(keys)
        if match.code:
            work.refusal = match.code
        elif match.card is not None:
            self._update(work, self._card(match.card), match.card)
        elif self.mode == "update":
            work.refusal = "not_found"
        else:
            self._create(work)
        if not work.refusal:
            self._give(work, keys, match.card)

    def _give(self, work: Work, keys: Keys, card: Card | None) -> None:
        """Numbers, addresses and people of the row, for its card."""
        assert work.company is not None  # noqa: S101 (typing)
        said, ours = work.parsed, self.belongings
        phones, emails = len(ours.new_phones), len(ours.new_emails)
        is_new, is_full = ours.add(work.row.n, work.company, said.phones, said.emails, said.persons)
        work.is_touched = work.is_touched or is_new
        if is_full:
            work.warnings.append("no_room")
        given = [(phone.e164, phone.ext) for _, phone in ours.new_phones[phones:] if phone.e164]
        written = [email.norm for _, email in ours.new_emails[emails:]]
        self.index.learn(card or work.company, work.company, keys, given, written)

    def _refuse(self, card: Company) -> str:
        is_own = card.pk is None or card.pk in self.own
        if is_own:
            return ""
        if self.mode == "create":
            return "exists"
        return "" if self._may_change(card) else "not_yours"

    def _may_change(self, card: Company) -> bool:
        return self.index.is_seen(card) and access.can(self.actor, "import_row", card).ok

    def _create(self, work: Work) -> None:
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
        work.spheres = self._spheres(work, company)

    def _update(self, work: Work, company: Company, card: Card) -> None:
        values = self._values(work)
        if company.inn and not work.parsed.company.inn:
            values.pop("inn", None)  # what is no number does not take the place of one
        is_own = company.pk is None or company.pk in self.own
        kept = REQUISITES if is_own else self.only_empty
        after = _requisites_after(company, work.parsed.company.inn, values.get("kpp", ""), kept)
        work.refusal = self._refuse(company) or self._against_requisites(company, card, *after)
        if work.refusal:
            return
        work.company = company
        for name, value in values.items():
            old = COMPANY[name].read(company)
            if old == value:
                continue
            if old not in (None, "") and is_own:
                work.warnings.append("differs")
                continue
            if old not in (None, "") and name in self.only_empty:
                continue
            write(company, name, value)
            work.changes[name] = (old, COMPANY[name].read(company))
        if work.parsed.lead and work.parsed.lead != company.lead_state:
            self._set_lead(work, company, is_own=is_own)
        records.prepare_company(company)
        work.spheres = self._spheres(work, company)
        work.note = work.parsed.company.note
        work.is_touched = bool(work.changes or work.spheres)

    def _against_requisites(self, company: Company, card: Card, inn: str, kpp: str) -> str:
        """An entrepreneur has no КПП, and no two cards have the same INN and КПП."""
        if kpp and len(inn) == INN_OF_PERSON:
            return "kpp_against_inn"
        is_changed = (inn, kpp) != (company.inn or "", company.kpp)
        if not (inn and is_changed and company.head_company_id is None):
            return ""
        other = self.index.other_with(card, inn, kpp)
        if other is None:
            return ""
        return "taken" if self.index.is_seen(other) else "not_yours"

    def _set_lead(self, work: Work, company: Company, *, is_own: bool) -> None:
        """A card of this file may become warm by any of its rows; of others, it is for those who may set it."""
        if is_own and work.parsed.lead == LeadState.COLD:
            work.warnings.append("differs")
        elif is_own or access.can(self.actor, "lead_set", company).ok:
            work.changes["lead_state"] = (company.lead_state, work.parsed.lead)
            company.lead_state = LeadState(work.parsed.lead)
        else:
            work.warnings.append("lead_not_set")

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

    def _spheres(self, work: Work, company: Company) -> list[int]:
        """Those of the row that the card has not yet."""
        found = [self.lookup.spheres.get(key(text)) for text in work.parsed.company.spheres]
        if None in found:
            work.warnings.append("unknown_sphere")
        has = self.spheres.setdefault(id(company), set())
        new = [pk for pk in dict.fromkeys(sphere.pk for sphere in found if sphere is not None) if pk not in has]
        has.update(new)
        return new


def _requisites_after(company: Company, inn: str, kpp: str, kept: Collection[str]) -> tuple[str, str]:
    """INN ('' where it is no number) and КПП with those of a row; `kept` are fields that stay when they are filled."""
    held_inn, held_kpp = company.inn or "", company.kpp
    keeps_inn = "inn" in kept and COMPANY["inn"].read(company)
    keeps_kpp = "kpp" in kept and held_kpp
    return (inn if inn and not keeps_inn else held_inn), (kpp if kpp and not keeps_kpp else held_kpp)
