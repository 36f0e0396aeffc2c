"""Seeded random files and rows: nothing is lost, twice is the same, memory does not grow with rows."""

from __future__ import annotations

import json
import random
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, fields
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.conf import settings as django_settings

from common.phones import normalise
from companies.importer import reader, stored
from companies.importer.cells import clean
from companies.importer.errors import BadFile
from companies.importer.limits import Limits, limits_of
from companies.importer.parsed import ParsedRow
from companies.importer.people import parse_people
from companies.importer.record import read_row
from companies.importer.rows import inspect, read_rows
from companies.importer.synonyms import FIELDS
from companies.importer.tests import books
from companies.importer.values import split_values

RND = random.Random(37)  # noqa: S311 (a seed, not a secret)
_PIECES = """Иванов Иван Иванович|И.П.|Петрова Анна|оглы|ООО «Ромашка»|7707083893|274062111|7,7E+09|8 (343) 123-45-67
|+7 922 1234567|доб. 5|тел.|моб.|a@b.ru|почта@|нет|—|31.12.2026|46387|холодный|да|/|,|(директор)|🚀|شركة|ё|#Н/Д
|773601001|1027700132195|&amp;|x|12|101|ЕКБ:|№5|г. Омск"""
PIECES = [*_PIECES.replace("\n", "").split("|"), ";", "\n", " ", "  "]
LETTERS = "абвгдеёжзИКЛМН"


@pytest.fixture(autouse=True)
def same_dice() -> None:
    """Each test throws the same dice whichever tests run beside it."""
    RND.seed(37)


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from texts_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts_in(part)
    elif value is not None:
        yield str(value)


def held(row: ParsedRow) -> str:
    """Every text of the row's fields and problems, without the raw cells."""
    kept = {field.name: getattr(row, field.name) for field in fields(row) if field.name not in {"raw", "problems"}}
    found = [
        asdict(kept["company"]),
        *(asdict(part) for name in ("phones", "emails", "persons") for part in kept[name]),
    ]
    told = [problem.value for problem in row.problems]
    return "\n".join([*texts_in(found), row.lead, row.external_id, *told])


def characters(text: str) -> Counter[str]:
    """Letters and digits; what separates values may go."""
    return Counter(c for c in text.casefold() if c.isalnum())


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_no_letter_or_digit_of_a_cell_is_lost(field: str) -> None:
    for _ in range(300):
        text = " ".join(RND.choices(PIECES, k=RND.randrange(1, 7)))
        row = read_row([text], {0: field})
        assert row.raw == (text,)
        for phone in row.phones:
            again = normalise(phone.raw)  # as whoever stores it will
            assert (again.raw, again.e164, again.ext) == (phone.raw, phone.e164, phone.ext)
        kept = held(row)
        if field == "contract_until" and row.company.contract_until:
            continue
        if field in {"lead", "is_cold", "is_warm"} and row.lead:
            continue
        missing = characters(clean(text)).keys() - characters(kept).keys()
        assert not missing, (text, kept)
        if field in {"phones", "emails", "contact_phones", "contact_emails", "spheres"}:
            continue  # a value written twice is kept once
        lost = characters(clean(text)) - characters(kept)
        assert not lost, (text, kept)


def test_a_row_waits_in_the_job_and_comes_back_the_same() -> None:
    """As text in JSON; a row of an older version, which left nothing out, is read too."""
    names = sorted(FIELDS)
    for number in range(1, 600):
        columns = RND.sample(names, RND.randrange(1, len(names)))
        cells = [" ".join(RND.choices(PIECES, k=RND.randrange(6))) for _ in columns]
        row = read_row(cells, dict(enumerate(columns)), faults=RND.choice([(), ("mixed_encoding",)]))
        text = stored.text_of(number, row)
        assert "\n" not in text
        assert text.isascii()
        assert stored.load(json.loads(text)) == (number, row)
        until = row.company.contract_until
        whole = asdict(row) | {"number": number}
        whole["company"]["contract_until"] = until.isoformat() if until else None
        assert stored.load(json.loads(json.dumps(whole))) == (number, row)


def test_names_keep_every_letter() -> None:
    for _ in range(2_000):
        words = ["".join(RND.choices(LETTERS, k=RND.randrange(1, 9))) for _ in range(RND.randrange(1, 6))]
        words = [word + RND.choice(["", "", "вич", "вна", ".", "-Ли", " оглы"]) for word in words]
        text = RND.choice([" ", " ", ", ", "; ", "\n"]).join(words)
        found = parse_people(text, ())
        kept = "".join(person.last_name + person.first_name + person.middle_name for person in found)
        assert characters(kept) == characters(text), text


def test_split_and_joined_values_are_the_same() -> None:
    for _ in range(500):
        parts = ["".join(RND.choices("абв 12.-@", k=RND.randrange(1, 9))).strip() for _ in range(RND.randrange(1, 6))]
        parts = [part for part in parts if part]
        for separator in ("; ", "\n", " / ", ", "):
            assert split_values(separator.join(parts)) == parts


def test_cleaning_what_is_clean_changes_nothing() -> None:
    for _ in range(2_000):
        once = clean("".join(RND.choices(" \t\nаБ1«»🚀\u202e\u00a0é", k=RND.randrange(20))))
        assert clean(once) == once


def test_random_files_read_twice_are_the_same_and_lose_no_row(tmp_path: Path) -> None:
    titles = ["Название", "ИНН", "Телефон", "ФИО", "E-mail", "Должность"]
    for encoding in ("utf-8", "utf-16", "cp1251"):
        cells = [[" ".join(RND.choices(PIECES[:30], k=2)) for _ in titles] for _ in range(40)]
        text = "".join(
            ";".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n" for row in [titles, *cells]
        )
        path = books.raw_file(tmp_path, text.encode(encoding, "xmlcharrefreplace"))
        plan = inspect(path).plan
        first, second = list(read_rows(path, plan)), list(read_rows(path, plan))
        assert first == second
        assert len(first) == len(cells)


def test_csv_and_xlsx_of_the_same_table_read_the_same(tmp_path: Path) -> None:
    rows = [books.HEAD, *([" ".join(RND.choices(PIECES[:25], k=2)).strip() for _ in books.HEAD] for _ in range(50))]
    table = [[cell if cell.strip() not in {"#Н/Д", "=", ""} else "x" for cell in row] for row in rows]
    path = books.csv_file(tmp_path, [['"' + cell + '"' for cell in row] for row in table])
    from_text = [row for _, row in read_rows(path, inspect(path).plan)]
    path = books.book(tmp_path, table)
    assert [row for _, row in read_rows(path, inspect(path).plan)] == from_text


def big_csv(folder: Path, rows: int) -> Path:
    path = folder / "big"
    with path.open("w", encoding="utf-8") as file:
        file.write("Название;ИНН;Комментарий\r\n")
        for number in range(rows):
            file.write(f'"ООО ""Фирма {number}""";7707083893;{"слово " * 15}\r\n')
    return path


def test_two_hundred_thousand_rows_take_no_more_memory_than_two_thousand(
    tmp_path: Path, settings: LazySettings
) -> None:
    """The child is held by the system to what a small file needs; this process is measured."""
    settings.IMPORT = settings.IMPORT | {"memory_mb": 100}
    assert inspect(big_csv(tmp_path, 2_000)).rows_count == 2_000
    path = big_csv(tmp_path, 200_000)
    found = inspect(path)
    assert found.rows_count == 200_000
    assert path.stat().st_size > 35 * 1024 * 1024
    rows = read_rows(path, found.plan)
    next(rows)
    tracemalloc.start()
    count = sum(1 for _ in islice(rows, 4_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 4_000
    assert peak < 8 * 1024 * 1024


def test_limits_are_the_settings_and_the_template_shows_them() -> None:
    assert limits_of(django_settings.IMPORT) == Limits()
    template = (Path(django_settings.BASE_DIR).parent / "env.template").read_text(encoding="utf-8")
    for name, number in asdict(Limits()).items():
        assert f"# CRM_IMPORT_{name.upper()}={number}\n" in template
    assert f"# CRM_IMPORT_NAME_PREFIXES={','.join(django_settings.IMPORT_NAME_PREFIXES)}\n" in template


@pytest.mark.parametrize("readers", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 25, 26, 50, 333])
def test_several_readers_say_what_one_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readers: int, count: int
) -> None:
    """Blocks come in turn, whether the file ends with a whole block or amid one."""
    monkeypatch.setattr(reader, "READERS", readers)
    monkeypatch.setattr(reader, "LONG_BYTES", 0)
    monkeypatch.setattr("os.process_cpu_count", lambda: 4)
    path = tmp_path / "some.csv"
    lines = [f"Компания {n};8 343 200-{n // 100:02}-{n % 100:02}" for n in range(count)]
    path.write_text(
        "\n".join(["Название;Телефон", *lines[:10], "Название;Телефон", "", *lines[10:]]), encoding="utf-8"
    )
    plan = inspect(path).plan
    assert plan.encoding
    found = list(read_rows(path, plan))
    assert [row.company.name for _, row in found] == [f"Компания {n}" for n in range(count)]
    assert [number for number, _ in found] == sorted({number for number, _ in found})


def test_whoever_stops_listening_leaves_no_reader_behind(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_text("Название\n" + "\n".join(f"Компания номер {n}" for n in range(20_000)), encoding="utf-8")
    before = children_now()
    rows = read_rows(path, inspect(path).plan)
    next(rows)
    assert children_now() > before
    rows.close()  # type: ignore[attr-defined]
    assert children_now() == before


def children_now() -> int:
    mine = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text()
    return len(mine.split())


@pytest.mark.parametrize("readers", [1, 2])
def test_too_many_rows_are_told_by_any_number_of_readers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: LazySettings, readers: int
) -> None:
    path = tmp_path / "big.csv"
    path.write_text("Название\n" + "\n".join(f"Компания {n}" for n in range(120)), encoding="utf-8")
    plan = inspect(path).plan
    monkeypatch.setattr(reader, "READERS", readers)
    monkeypatch.setattr(reader, "LONG_BYTES", 0)
    settings.IMPORT = {**settings.IMPORT, "rows": 100}
    with pytest.raises(BadFile) as refusal:
        list(read_rows(path, plan))
    assert refusal.value.code == "too_many_rows"
