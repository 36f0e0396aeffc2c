"""Words, layouts and typed texts, without a database."""

from __future__ import annotations

import pytest

from companies.search.layout import swap
from companies.search.parse import Asked, parse
from companies.search.typos import allowed_slips
from companies.search.words import look, look_words, readable, trigram_pairs, trigrams


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("ООО «Ёлки-Палки»", "елки палки"),
        ("OOO CTAЛЬ", "сталь"),
        ("Topline", "торlinе"),
        ("АО", ""),
        ("㎉", "ксаl"),
    ],
)
def test_stored_form(text: str, stored: str) -> None:
    assert look(text) == stored


def test_beginnings_stay_beginnings_in_both_alphabets() -> None:
    for name in ("Hotel Kompas", "Сок Maxima", "TOP", "MAХ"):
        for length in range(1, len(name)):
            assert look(name).startswith(look(name[:length])) or name[:length].endswith(" ")


def test_stored_form_is_shown_in_its_own_alphabet() -> None:
    assert [readable(look(word)) for word in ("hotel", "сталь", "ромашка")] == ["hotel", "сталь", "ромашка"]


def test_words_come_once_and_are_cut() -> None:
    assert look_words("Лес лес ЛЕС", "лесной") == ["лес", "лесной"]
    assert [len(word) for word in look_words("я" * 300)] == [100]


def test_trigrams_have_edges() -> None:
    assert trigrams("лес") == ["^^л", "^ле", "лес", "ес$", "с$$"]
    assert trigram_pairs("ж") == [["^^ж", "^ж$"], ["^ж$", "ж$$"]]


@pytest.mark.parametrize("right", ["ромашка", "сталь", "мегатрейд"])
def test_a_word_with_one_slip_shares_a_pair(right: str) -> None:
    stored = {tuple(pair) for pair in trigram_pairs(right)}
    for place in range(len(right)):
        for wrong in (right[:place] + "ъ" + right[place + 1 :], right[:place] + right[place + 1 :]):
            assert stored & {tuple(pair) for pair in trigram_pairs(wrong)}, wrong


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("hjvfirf", "ромашка"), ("ромашка", "hjvfirf"), (",.hj", "бюро"), ("Ghbdtn", "Привет"), ("4567", "4567")],
)
def test_layout(typed: str, meant: str) -> None:
    assert swap(typed) == meant


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("Ёлки", Asked("Ёлки", "елки", ("елки",))),
        ("елки 4567", Asked("елки 4567", "елки 4567", ("елки",), "4567", ("4567",))),
        ("елки 45", Asked("елки 45", "елки 45", ("елки", "45"))),
        ("a@", Asked("a@", "а", ("а",), email="a@")),
        ("8 343 012 45 67 доб. 3", Asked("8 343 012 45 67 доб. 3", digits="73430124567", e164="73430124567")),
        ("", Asked()),
    ],
)
def test_what_is_asked(typed: str, asked: Asked) -> None:
    assert parse(typed) == asked


def test_a_text_is_cut_to_a_hundred_signs_and_six_words() -> None:
    asked = parse(" ".join(f"слово{n}" for n in range(50)))
    assert len(asked.text) <= 100
    assert len(asked.words) == 6


@pytest.mark.parametrize(("word", "slips"), [("лес", 0), ("снег", 1), ("ромашка", 1), ("ромашков", 2), ("4567а", 0)])
def test_slips_grow_with_the_word(word: str, slips: int) -> None:
    assert allowed_slips(word) == slips
