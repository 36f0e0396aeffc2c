"""One row of a file as typed fields, with everything that could not be understood told as problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from companies.importer import people, values
from companies.importer.cells import clean, one_line, plain
from companies.importer.parsed import (
    LONGEST,
    LONGEST_INN_RAW,
    LONGEST_NAME,
    LONGEST_POSITION,
    LONGEST_SPHERE,
    ParsedCompany,
    ParsedRow,
    Rules,
)
from companies.importer.people import Person
from companies.importer.problems import WHOLE_ROW, Problems
from companies.importer.reachable import (
    ParsedEmail,
    ParsedPhone,
    at_most,
    parse_emails,
    parse_phones,
    unique_emails,
    unique_phones,
)
from companies.importer.wire import ERROR_TEXTS, Cell, CellFault

NOTHING: tuple[int, Cell] = (WHOLE_ROW, "")


class _Row:
    """The mapped cells of a row that hold something, by field."""

    def __init__(self, cells: Sequence[Cell], mapping: Mapping[int, str], rules: Rules) -> None:
        self.rules = rules
        self.problems = Problems()
        self.by_field: dict[str, list[tuple[int, Cell]]] = {}
        for column in sorted(mapping):
            cell = cells[column] if column < len(cells) else ""
            if cell != "" and self._is_readable(column, cell):
                self.by_field.setdefault(mapping[column], []).append((column, cell))

    def _is_readable(self, column: int, cell: Cell) -> bool:
        if isinstance(cell, CellFault):
            self.problems.tell(cell.code, column, cell.text)
            return False
        if not isinstance(cell, str):
            return clean(plain(cell)) != ""
        if cell.strip() in ERROR_TEXTS:
            self.problems.tell("cell_error", column, cell)
            return False
        if len(cell) > self.rules.cell_chars:
            self.problems.tell("cell_too_long", column, cell)
            return False
        return clean(cell) != ""

    def cells(self, field: str) -> list[tuple[int, Cell]]:
        return self.by_field.get(field, [])

    def first(self, field: str) -> tuple[int, Cell]:
        found = self.by_field.get(field)
        return found[0] if found else NOTHING

    def line(self, field: str) -> str:
        """The text of a field in one line; '' and a problem when the card cannot hold it."""
        found = self.by_field.get(field)
        if not found:
            return ""
        column, cell = found[0]
        return self.fitting(one_line(plain(cell)), column, LONGEST[field])

    def fitting(self, text: str, column: int, longest: int) -> str:
        if len(text) <= longest:
            return text
        self.problems.tell("too_long", column, text)
        return ""


def read_row(
    cells: Sequence[Cell],
    mapping: Mapping[int, str],
    *,
    faults: Sequence[str] = (),
    rules: Rules | None = None,
) -> ParsedRow:
    """What the cells mean under `mapping` (column from zero → field of synonyms.FIELDS).

    `faults` are codes of what was wrong with the row before it had cells.
    """
    rules = rules or Rules()
    raw = tuple(plain(cell) for cell in cells)
    row = _Row(cells, mapping, rules)
    for code in faults:
        row.problems.tell(code, WHOLE_ROW, " ".join(raw))
    company = _company(row)
    phones, emails, persons = _reachable(row)
    external_id, lead = row.line("external_id"), _lead(row)
    if not (company.name or company.inn or phones or any(person.phones for person in persons)):
        row.problems.tell("empty", WHOLE_ROW, " ".join(text for text in raw if text))
    return ParsedRow(company, phones, emails, persons, external_id, lead, tuple(row.problems), raw)


def _company(row: _Row) -> ParsedCompany:
    problems = row.problems
    inn_column, inn_cell = row.first("inn")
    inn = values.parse_inn(inn_cell, inn_column, problems)
    kpp_column, kpp_cell = row.first("kpp")
    kpp_text = one_line(plain(kpp_cell))
    kpp_column, kpp_text = (kpp_column, kpp_text) if kpp_text else (inn_column, inn.kpp)
    ogrn_column, ogrn_cell = row.first("ogrn")
    until_column, until_cell = row.first("contract_until")
    legal_name = row.line("legal_name")
    return ParsedCompany(
        name=row.line("name") or _as_name(row, legal_name),
        legal_name=legal_name,
        inn=inn.number,
        inn_raw=row.fitting(inn.raw, inn_column, LONGEST_INN_RAW),
        kpp=values.parse_kpp(kpp_text, inn.number, kpp_column, problems),
        ogrn=values.parse_ogrn(ogrn_cell, ogrn_column, problems),
        address=row.line("address"),
        site=row.line("site"),
        activity=row.line("activity"),
        responsible=row.line("responsible"),
        branch=row.line("branch"),
        status=row.line("status"),
        spheres=_spheres(row),
        contract_type=row.line("contract_type"),
        contract_until=values.parse_date(until_cell, until_column, problems),
        note=_note(row),
    )


def _as_name(row: _Row, legal_name: str) -> str:
    """A file with full names only still names its companies."""
    return legal_name if not row.cells("name") and len(legal_name) <= LONGEST["name"] else ""


def _spheres(row: _Row) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for column, cell in row.cells("spheres"):
        for value in values.split_values(clean(plain(cell))):
            found |= dict.fromkeys([row.fitting(value, column, LONGEST_SPHERE)])
    return tuple(value for value in found if value)


def _note(row: _Row) -> str:
    """A note keeps its lines; several columns of notes follow one another."""
    found = row.cells("note")
    if not found:
        return ""
    text = "\n".join(clean(plain(cell)) for _, cell in found)
    return row.fitting(text, found[0][0], LONGEST["note"])


def _lead(row: _Row) -> str:
    for field in ("lead", "is_cold", "is_warm"):
        column, cell = row.first(field)
        found = values.parse_lead(field, one_line(plain(cell)), column, row.problems)
        if found:
            return found
    return ""


def _phones(row: _Row, field: str) -> list[ParsedPhone]:
    found: list[ParsedPhone] = []
    for column, cell in row.cells(field):
        found += parse_phones(cell, column, row.problems, area_code=row.rules.area_code)
    return _fitting_phones(row, found, field)


def _fitting_phones(row: _Row, found: list[ParsedPhone], field: str) -> list[ParsedPhone]:
    phones = unique_phones(found)
    return at_most(phones, "too_many_phones", row.first(field)[0], row.problems, [phone.raw for phone in phones])


def _emails(row: _Row, field: str) -> list[ParsedEmail]:
    found: list[ParsedEmail] = []
    for column, cell in row.cells(field):
        found += parse_emails(cell, column, row.problems)
    return _fitting_emails(row, found, field)


def _fitting_emails(row: _Row, found: list[ParsedEmail], field: str) -> list[ParsedEmail]:
    emails = unique_emails(found)
    return at_most(emails, "too_many_emails", row.first(field)[0], row.problems, [email.raw for email in emails])


type Reachable = tuple[tuple[ParsedPhone, ...], tuple[ParsedEmail, ...], tuple[Person, ...]]


def _reachable(row: _Row) -> Reachable:
    """Phones and e-mails of the company, and its people with theirs. Without people theirs are the company's."""
    phones, emails = _phones(row, "phones"), _emails(row, "emails")
    own_phones, own_emails = _phones(row, "contact_phones"), _emails(row, "contact_emails")
    persons = _persons(row)
    positions = _positions(row, len(persons))
    column = row.first("contact_phones")[0] if own_phones else row.first("contact_emails")[0]
    if persons:
        paired = people.pair(persons, own_phones, own_emails, positions)
        if paired.is_uneven:
            row.problems.tell("not_paired", WHOLE_ROW, "; ".join(person.last_name for person in persons))
        return tuple(phones), tuple(emails), paired.people
    if own_phones or own_emails:
        row.problems.tell("no_person", column, "; ".join([*(p.raw for p in own_phones), *(e.raw for e in own_emails)]))
    if positions:
        row.problems.tell("position_without_person", row.first("position")[0], "; ".join(positions))
    together = _fitting_phones(row, [*phones, *own_phones], "contact_phones")
    return tuple(together), tuple(_fitting_emails(row, [*emails, *own_emails], "contact_emails")), ()


def _persons(row: _Row) -> list[Person]:
    found: list[Person] = []
    for column, cell in row.cells("fio"):
        for person in people.parse_people(clean(plain(cell)), row.rules.name_prefixes):
            found += _kept(row, person, column)
    parts = {field: row.first(field) for field in ("last_name", "first_name", "middle_name")}
    if any(part is not NOTHING for part in parts.values()):
        names = {field: one_line(plain(cell)) for field, (_, cell) in parts.items()}
        column = next(column for column, _ in parts.values() if column != WHOLE_ROW)
        names["last_name"] = people.strip_prefix(names["last_name"], row.rules.name_prefixes)
        found += _kept(row, Person(names["last_name"], names["first_name"], names["middle_name"]), column)
    return found


def _kept(row: _Row, person: Person, column: int) -> list[Person]:
    names = (person.last_name, person.first_name, person.middle_name)
    whole = " ".join(name for name in names if name)
    if any(len(name) > LONGEST_NAME for name in names):
        row.problems.tell("too_long", column, whole)
        return []
    if person.is_unclear:
        row.problems.tell("fio_unclear", column, whole)
    return [person] if whole else []


def _positions(row: _Row, people_count: int) -> list[str]:
    """Positions by `;`, newline and ` / `; by comma too when that gives one for each person."""
    found: list[str] = []
    for column, cell in row.cells("position"):
        text = clean(plain(cell))
        parts = values.hard_split(text)
        if people_count > 1 and len(parts) != people_count and len(values.split_values(text)) == people_count:
            parts = values.split_values(text)
        found += [kept for part in parts if (kept := row.fitting(part, column, LONGEST_POSITION))]
    if people_count != len(found) and len(", ".join(found)) > LONGEST_POSITION:
        row.problems.tell("too_long", row.first("position")[0], "; ".join(found))
        return []
    return found
