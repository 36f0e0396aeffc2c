"""Addresses: the quick way says what the careful one says."""

from __future__ import annotations

import random

import pytest

from common import emails

PARTS = ("info", "i.petrov", "a_b+c-d", "..", ".a", "x", "9", "Info", "почта", "a--b", "-a", "a-", "xn--e1afmkfd")
DOMAINS = (
    "example.com",
    "mail",
    "a.b.c.example",
    "-x.ru",
    "x-.ru",
    "пример.рф",
    "xn--e1afmkfd.xn--p1ai",
    "a..ru",
    "x.r",
)


def said(read: object, raw: str) -> object:
    assert callable(read)
    try:
        return read(raw)
    except emails.BadAddress as refusal:
        return refusal.sentence


def test_both_ways_agree() -> None:
    dice = random.Random(7)  # noqa: S311
    seen: set[bool] = set()
    letters = "abz09._+-@ЯA "
    for _ in range(5000):
        raw = f"{dice.choice(PARTS)}@{dice.choice(DOMAINS)}"
        place = dice.randrange(len(raw))
        raw = dice.choice((raw, raw[:place] + dice.choice(letters) + raw[place + dice.randrange(2) :]))
        quick = emails._PLAIN.fullmatch(raw) is not None and "--" not in raw
        seen.add(quick)
        assert said(emails.read, raw) == said(emails.read_carefully, raw), raw
    assert seen == {True, False}


@pytest.mark.parametrize("length", [63, 64, 200, 253, 254, 255, 300])
def test_long_parts_are_told_the_same_by_both_ways(length: int) -> None:
    for raw in (f"{'a' * length}@example.com", f"a@{'b' * length}.ru", f"a@{'b.' * (length // 2)}ru"):
        assert said(emails.read, raw) == said(emails.read_carefully, raw), raw


def test_what_people_paste_is_read() -> None:
    assert emails.read(" mailto:<Info@Пример.РФ> ") == ("Info@Пример.РФ", "info@xn--e1afmkfd.xn--p1ai")
    with pytest.raises(emails.BadAddress):
        emails.read("info@")
