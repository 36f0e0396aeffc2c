"""Reading of an import file, no database: the look at it, the rows as typed fields, and the plain readers beside.

`./crm bench import_reading [--rows 50000]`. The same table of ten columns as CSV in three encodings and as XLSX.
«Plain» is the csv module, and openpyxl in its read-only mode: cells only, nothing cleaned, understood or guarded.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from openpyxl import Workbook, load_workbook

from bench._site import machine, table

HEAD = "Название;ИНН;КПП;Телефон;E-mail;ФИО;Должность;Телефон контакта;Адрес;Комментарий".split(";")  # noqa: SIM905
ENCODINGS = ("utf-8", "cp1251", "utf-16")


def rows(count: int) -> Iterator[list[str]]:
    yield HEAD
    for n in range(count):
        yield [
            f"ООО «Фирма {n}»" if n % 3 else f'ООО "Фирма {n}"',
            "7707083893",
            "773601001",
            f"8 (343) {n % 900 + 100}-45-67; моб. +7 922 {n % 900 + 100}-11-22",
            f"mail{n}@example.ru",
            "Иванов Иван Иванович; Петров П.П.",
            "директор; бухгалтер",
            "+7 922 123-45-67; 8 343 222-33-44",
            "г. Екатеринбург, ул. Ленина, д. 5",
            "перезвонить после обеда",
        ]


def write_csv(path: Path, count: int, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows(count))


def write_book(path: Path, count: int) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Компании")
    for row in rows(count):
        sheet.append(row)
    book.save(path)


def plain_csv(path: Path, encoding: str) -> int:
    with path.open(encoding=encoding, newline="") as file:
        return sum(1 for _ in csv.reader(file, delimiter=";"))


def plain_book(path: Path) -> int:
    with path.open("rb") as file:
        book = load_workbook(file, read_only=True)
        return sum(1 for _ in book.worksheets[0].iter_rows(values_only=True))


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(name: str, path: Path, count: int, plain: Callable[[], int]) -> list[object]:
    from companies.importer.rows import inspect, read_rows

    looked_s = timed(lambda: inspect(path))
    plan = inspect(path).plan
    read_s = timed(lambda: sum(1 for _ in read_rows(path, plan)))
    plain_s = timed(plain)
    size_mb = path.stat().st_size / 1024 / 1024
    return [name, *(f"{figure:.1f}" for figure in (size_mb, looked_s, read_s, plain_s)), f"{count / read_s:.0f}"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=50_000)
    count = parser.parse_args().rows
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    import django

    django.setup()
    print(f"{machine()}\n\n{count} rows of {len(HEAD)} columns.\n")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        for encoding in ENCODINGS:
            write_csv(path, count, encoding)
            found.append(measure(f"CSV, {encoding}", path, count, lambda e=encoding: plain_csv(path, e)))  # type: ignore[misc]
        write_book(path, count)
        found.append(measure("XLSX", path, count, lambda: plain_book(path)))
    print(table(["file", "MB", "look, s", "read, s", "plain reader, s", "rows read a second"], found))


if __name__ == "__main__":
    main()
