"""A parsed row as it waits in the job, and back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from companies.importer.parsed import ParsedCompany, ParsedRow
from companies.importer.people import Person
from companies.importer.problems import Problem
from companies.importer.reachable import ParsedEmail, ParsedPhone


def dump(number: int, row: ParsedRow) -> dict[str, Any]:
    """Plain JSON; `number` is the row as Excel numbers it."""
    found = asdict(row)
    until = row.company.contract_until
    found["company"]["contract_until"] = until.isoformat() if until else None
    return {"number": number, **found}


def load(stored: dict[str, Any]) -> tuple[int, ParsedRow]:
    company = dict(stored["company"])
    until = company["contract_until"]
    company["contract_until"] = date.fromisoformat(until) if until else None
    company["spheres"] = tuple(company["spheres"])
    row = ParsedRow(
        company=ParsedCompany(**company),
        phones=_phones(stored["phones"]),
        emails=_emails(stored["emails"]),
        persons=tuple(
            Person(**{**p, "phones": _phones(p["phones"]), "emails": _emails(p["emails"])}) for p in stored["persons"]
        ),
        external_id=stored["external_id"],
        lead=stored["lead"],
        problems=tuple(Problem(**problem) for problem in stored["problems"]),
        raw=tuple(stored["raw"]),
    )
    return int(stored["number"]), row


def _phones(stored: list[dict[str, Any]]) -> tuple[ParsedPhone, ...]:
    return tuple(ParsedPhone(**phone) for phone in stored)


def _emails(stored: list[dict[str, Any]]) -> tuple[ParsedEmail, ...]:
    return tuple(ParsedEmail(**email) for email in stored)
