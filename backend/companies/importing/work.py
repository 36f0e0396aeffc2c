"""One row of an import at work: what it does, how it is written down and told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from companies.edits.values import COMPANY, Json
from companies.importer.parsed import ParsedRow
from companies.importer.people import Person
from companies.importer.problems import Level
from companies.importing.words import CREATED, REFUSALS, UNCHANGED, UPDATED, WARNINGS
from companies.models import Company, Contact, EmailAddress, PhoneNumber
from jobs.handlers import RowOutcome
from jobs.models import JobRow, RowStatus


@dataclass(slots=True)
class Work:
    """What one row does: to which card, what is said about it."""

    row: JobRow
    parsed: ParsedRow
    company: Company | None = None
    is_new: bool = False
    changes: dict[str, tuple[Json, Json]] = field(default_factory=dict)
    spheres: list[int] = field(default_factory=list)
    note: str = ""
    is_touched: bool = False
    warnings: list[str] = field(default_factory=list)
    refusal: str = ""


def amounts(rows: Iterable[ParsedRow]) -> dict[type[Model], int]:
    """How many cards, people, numbers and addresses these rows make at the most."""
    found = [row for row in rows if not row.is_refused]
    people = [person for row in found for person in row.persons]
    holders: list[ParsedRow | Person] = [*found, *people]
    return {
        Company: len(found),
        Contact: len(people),
        PhoneNumber: sum(len(holder.phones) for holder in holders),
        EmailAddress: sum(len(holder.emails) for holder in holders),
    }


def outcome(work: Work) -> RowOutcome:
    """What the row is told."""
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


def write(company: Company, name: str, value: Any) -> None:
    """A value of the file; rows of dictionaries have been looked up already."""
    if COMPANY[name].model is not None:
        setattr(company, f"{name}_id", value)
    else:
        COMPANY[name].write(company, value)


def columns(name: str) -> tuple[str, ...]:
    if name == "lead_state":
        return ("lead_state",)
    return tuple(f"{column}_id" if COMPANY[name].model else column for column in COMPANY[name].columns)


def name_of(row: ParsedRow) -> str:
    """A card needs a name: of the person, the INN or the number."""
    company = row.company
    if company.inn:
        return f"ИНН {company.inn}"
    if row.persons:
        person = row.persons[0]
        return " ".join(p for p in (person.last_name, person.first_name, person.middle_name) if p)[:255]
    phones = [*row.phones, *(phone for person in row.persons for phone in person.phones)]
    return (phones[0].raw if phones else "Без названия")[:255]
