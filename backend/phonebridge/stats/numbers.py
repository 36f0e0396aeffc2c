"""Percents and averages: whole numbers are divided once and late, halves go up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

TENTH, WHOLE = Decimal("0.1"), Decimal(1)
EVEN = Decimal("0.05")

type Word = Literal["", "new", "even"]


@dataclass(frozen=True, slots=True)
class Change:
    """Against the period before: a whole percent, or percentage points for rates; `word` when no number says it.

    `value` is None where there is nothing to compare with.
    """

    value: Decimal | None
    word: Word = ""
    is_points: bool = False


def percent(part: int, whole: int, step: Decimal = TENTH) -> Decimal | None:
    """100·part/whole to one decimal; None when there is nothing to divide by."""
    return (Decimal(100 * part) / whole).quantize(step, ROUND_HALF_UP) if whole else None


def average(total: int, count: int) -> int | None:
    """Whole units, halves up; None when there is nothing to divide by."""
    return int((Decimal(total) / count).quantize(WHOLE, ROUND_HALF_UP)) if count else None


def change_of_count(now: int, before: int) -> Change:
    if before:
        value = (Decimal(100 * (now - before)) / before).quantize(WHOLE, ROUND_HALF_UP)
        return Change(value, "" if now != before else "even")
    return Change(None, "new") if now else Change(Decimal(0), "even")


def change_of_rate(now: tuple[int, int], before: tuple[int, int]) -> Change:
    """Both as (part, whole): the difference is taken before it is rounded."""
    if not now[1] or not before[1]:
        return Change(None, "", is_points=True)
    exact = Decimal(100 * now[0]) / now[1] - Decimal(100 * before[0]) / before[1]
    if abs(exact) < EVEN:
        return Change(Decimal("0.0"), "even", is_points=True)
    return Change(exact.quantize(TENTH, ROUND_HALF_UP), "", is_points=True)
