"""What a row of a file says, as the rest of the import receives it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from companies.importer.people import Person
from companies.importer.problems import Level, Problem
from companies.importer.reachable import ParsedEmail, ParsedPhone

# As long as the columns of the card; a test compares.
LONGEST = {
    "name": 255,
    "legal_name": 500,
    "address": 500,
    "site": 255,
    "activity": 255,
    "external_id": 120,
    "note": 10_000,
    "responsible": 255,
    "branch": 255,
    "status": 255,
    "contract_type": 255,
}
LONGEST_SPHERE = 120
LONGEST_NAME = 120
LONGEST_POSITION = 200
LONGEST_INN_RAW = 255


@dataclass(slots=True)  # frozen ones take five times as long to make
class ParsedCompany:
    """'' and None: the file says nothing. Names of people and dictionaries are as written."""

    name: str = ""
    legal_name: str = ""
    inn: str = ""
    inn_raw: str = ""
    kpp: str = ""
    ogrn: str = ""
    address: str = ""
    site: str = ""
    activity: str = ""
    responsible: str = ""
    branch: str = ""
    status: str = ""
    spheres: tuple[str, ...] = ()
    contract_type: str = ""
    contract_until: date | None = None
    note: str = ""


@dataclass(slots=True)  # frozen ones take five times as long to make
class ParsedRow:
    """`lead` is «cold», «warm» or ''; `raw` holds every cell of the row as text, mapped or not."""

    company: ParsedCompany
    phones: tuple[ParsedPhone, ...] = ()
    emails: tuple[ParsedEmail, ...] = ()
    persons: tuple[Person, ...] = ()
    external_id: str = ""
    lead: str = ""
    problems: tuple[Problem, ...] = ()
    raw: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        return any(problem.level is Level.REFUSED for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Rules:
    """What reading depends on besides the file."""

    name_prefixes: tuple[str, ...] = ()
    area_code: str = ""
    cell_chars: int = 32_767
