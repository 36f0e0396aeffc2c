"""A parsed row as it waits in the job, and back. What a row does not say is left out: most of a card is empty."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from companies.importer.parsed import ParsedCompany, ParsedRow
from companies.importer.people import Person
from companies.importer.problems import Problem
from companies.importer.reachable import WORK, ParsedEmail, ParsedPhone

_COMPANY = tuple(ParsedCompany.__dataclass_fields__)
_NAMES = ("last_name", "first_name", "middle_name", "position", "is_unclear")


def dump(number: int, row: ParsedRow) -> dict[str, Any]:
    """Plain JSON; `number` is the row as Excel numbers it and stands first."""
    company = {name: value for name in _COMPANY if (value := getattr(row.company, name))}
    if row.company.contract_until:
        company["contract_until"] = row.company.contract_until.isoformat()
    found: dict[str, Any] = {"number": number, "company": company}
    parts: dict[str, Any] = {
        "phones": _phones(row.phones),
        "emails": _emails(row.emails),
        "persons": [_person(person) for person in row.persons],
        "external_id": row.external_id,
        "lead": row.lead,
        "problems": [_problem(problem) for problem in row.problems],
        "raw": row.raw,
    }
    return found | {name: value for name, value in parts.items() if value}


def _person(person: Person) -> dict[str, Any]:
    said = {name: value for name in _NAMES if (value := getattr(person, name))}
    if person.phones:
        said["phones"] = _phones(person.phones)
    if person.emails:
        said["emails"] = _emails(person.emails)
    return said


def _phones(phones: Iterable[ParsedPhone]) -> list[dict[str, str]]:
    return [_phone(phone) for phone in phones]


def _phone(phone: ParsedPhone) -> dict[str, str]:
    said = {"raw": phone.raw}
    if phone.e164:
        said["e164"] = phone.e164
    if phone.ext:
        said["ext"] = phone.ext
    if phone.type != WORK:
        said["type"] = phone.type
    if phone.comment:
        said["comment"] = phone.comment
    return said


def _emails(emails: Iterable[ParsedEmail]) -> list[dict[str, str]]:
    return [{"raw": e.raw, "norm": e.norm} | ({"comment": e.comment} if e.comment else {}) for e in emails]


def _problem(problem: Problem) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in ("code", "column", "value", "sentence", "advice")}


def text_of(number: int, row: ParsedRow) -> str:
    """The same as JSON text in one line."""
    return json.dumps(dump(number, row), ensure_ascii=True, separators=(",", ":"))


def load(said: Mapping[str, Any]) -> tuple[int, ParsedRow]:
    """The row's number and what it means."""
    company = said["company"]
    if "spheres" in company or "contract_until" in company:
        until = company.get("contract_until")
        company = {
            **company,
            "spheres": tuple(company.get("spheres", ())),
            "contract_until": date.fromisoformat(until) if until else None,
        }
    row = ParsedRow(
        company=ParsedCompany(**company),
        phones=_load_phones(said),
        emails=_load_emails(said),
        persons=tuple([_load_person(person) for person in said.get("persons", ())]),
        external_id=said.get("external_id", ""),
        lead=said.get("lead", ""),
        problems=tuple([Problem(**problem) for problem in said.get("problems", ())]),
        raw=tuple(said.get("raw", ())),
    )
    return int(said["number"]), row


def _load_person(said: Mapping[str, Any]) -> Person:
    return Person(**{**said, "phones": _load_phones(said), "emails": _load_emails(said)})


def _load_phones(said: Mapping[str, Any]) -> tuple[ParsedPhone, ...]:
    return tuple([ParsedPhone(**phone) for phone in said.get("phones", ())])


def _load_emails(said: Mapping[str, Any]) -> tuple[ParsedEmail, ...]:
    return tuple([ParsedEmail(**email) for email in said.get("emails", ())])
