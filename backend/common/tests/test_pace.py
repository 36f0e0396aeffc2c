"""The pace that a process counts by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from common.pace import Pace, PaceBook


def test_the_limit_passes_and_the_next_one_waits_for_the_window() -> None:
    pace = Pace(180, 60)
    assert all(pace.allows(1000 + n / 10) for n in range(180))
    assert not pace.allows(1018.0)
    assert pace.wait_s(1018.0) == 42.0
    assert pace.allows(1061.0)


def test_what_came_before_fades_instead_of_being_forgotten() -> None:
    pace = Pace(200, 10)
    assert all(pace.allows(1005.0) for _ in range(200))
    assert sum(pace.allows(1015.1) for _ in range(10)) <= 3
    assert pace.allows(1024.9)
    assert pace.allows(1100.0)


@given(st.lists(st.floats(min_value=0, max_value=5), min_size=1, max_size=300))
def test_no_window_holds_more_than_twice_the_limit(steps: list[float]) -> None:
    pace, moment = Pace(20, 10), 0.0
    passed: list[float] = []
    for step in steps:
        moment += step
        if pace.allows(moment):
            passed.append(moment)
    assert all(sum(start <= at < start + 10 for at in passed) <= 40 for start in passed)


def test_the_book_counts_keys_apart_and_forgets_the_longest_unused() -> None:
    book = PaceBook(limit=1, window_s=60, most=2)
    assert book.count("a") == 0.0
    assert 1.0 <= book.count("a") <= 60.0
    assert book.count("b") == 0.0
    assert book.count("c") == 0.0
    assert book.count("a") == 0.0
