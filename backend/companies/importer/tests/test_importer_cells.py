"""One cell: what cleaning takes off, and what it leaves."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from companies.importer.cells import clean, one_line, plain
from companies.importer.wire import Cell, CellFault, Scalar, pack, unpack


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("  ООО   «Ромашка»  ", "ООО «Ромашка»"),
        ("ООО &quot;Рога &amp; копыта&quot;", 'ООО "Рога & копыта"'),
        ("A &amp;amp; B", "A &amp; B"),
        ("a&nbsp;b\u00a0c", "a b c"),
        ("И\u0306од", "Йод"),
        ("\u200eООО\u202e Ромашка\u202c\ufeff", "ООО Ромашка"),
        ("до\x07 \x1bпосле\u00ad", "до после"),
        ("'+7 922 1234567", "+7 922 1234567"),
        ("'=1+1", "=1+1"),
        ("''=x", "''=x"),
        ("'Мечта'", "'Мечта'"),
        ('="0277123456"', "0277123456"),
        ('= "0277"', "0277"),
        ("=СУММ(A1)", "=СУММ(A1)"),
        ("один\r\n\r\n два\rтри\u2028четыре", "один\nдва\nтри\nчетыре"),
        ("a\tb", "a b"),
        ("🚀 Ракета 👨\u200d👩\u200d👧", "🚀 Ракета 👨\u200d👩\u200d👧"),
        ("شركة", "شركة"),
        ("", ""),
        ("\u200b \t", ""),
    ],
)
def test_cleaning(written: str, meant: str) -> None:
    assert clean(written) == meant
    assert one_line(written) == meant.replace("\n", " ")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (7707083893, "7707083893"),
        (1.5, "1.5"),
        (1e20, "100000000000000000000"),
        (True, "да"),
        (False, "нет"),
        (date(2026, 3, 1), "01.03.2026"),
        (datetime(2026, 3, 1, 9, 5), "01.03.2026 09:05:00"),  # noqa: DTZ001 (cells have no zone)
        (time(9, 5), "09:05:00"),
        (CellFault("cell_error", "#REF!"), "#REF!"),
        (" x ", " x "),
    ],
)
def test_cell_as_people_read_it(cell: Cell, text: str) -> None:
    assert plain(cell) == text


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        (7707083893.0, 7707083893),
        (-3.0, -3),
        (1.5, 1.5),
        (1e20, 1e20),
        (float("inf"), "inf"),
        (True, True),
        ("x", "x"),
        (date(2026, 3, 1), date(2026, 3, 1)),
        (datetime(2026, 3, 1), date(2026, 3, 1)),  # noqa: DTZ001
        (datetime(2026, 3, 1, 9), datetime(2026, 3, 1, 9)),  # noqa: DTZ001
        (time(9, 5), time(9, 5)),
    ],
)
def test_cell_survives_the_way_from_the_child(cell: Scalar, meant: Cell) -> None:
    assert unpack(pack(cell)) == meant
    assert type(unpack(pack(cell))) is type(meant)
