"""Numbers: what is understood, what is kept, what is never dialled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import phones
from common.requisites import complete_inn, is_inn, is_kpp, is_ogrn
from common.text import fold, plural

# The dialer reads the same file.
VECTORS = Path(__file__).resolve().parents[3] / "docs/protocol/vectors/phones.json"


@pytest.mark.parametrize(("typed", "e164", "ext"), json.loads(VECTORS.read_text())["numbers"])
def test_spellings(typed: str, e164: str, ext: str) -> None:
    found = phones.normalise(typed)
    assert (found.e164, found.ext) == (e164, ext)


def test_local_number_is_completed_by_the_branchs_code() -> None:
    assert phones.normalise("370-12-34", area_code="343").e164 == "+73433701234"
    assert phones.normalise("37-12-34", area_code="343").e164 == ""
    assert phones.normalise("370-12-34").e164 == ""


@pytest.mark.parametrize(
    ("typed", "area"),
    [
        ("+7861112", "343"),
        ("8 343 112", "343"),
        ("8 343 112", "861"),
        ("8(343)112", "343"),
        ("+7 3452 112", "3452"),
        ("+73452101", "343"),
        ("84951120000000", ""),
        ("88001234567890", ""),
        ("+7 343 12", "343"),
    ],
)
def test_cut_and_overlong_numbers_never_become_somebody_elses(typed: str, area: str) -> None:
    assert phones.normalise(typed, area_code=area).e164 == ""
    assert phones.why_not_dialled(typed, area_code=area)


@given(st.from_regex(r"(\+?7|8)[ (.\-]{0,2}[3489]([ ().\-]{0,2}[0-9]){9}", fullmatch=True))
def test_the_short_way_says_what_the_library_says(typed: str) -> None:
    assert phones._PLAIN.fullmatch(typed)
    assert phones.normalise(typed).e164 == phones._e164_by_library(typed, "")


@given(st.text(max_size=200))
def test_normalising_is_idempotent_and_never_breaks(text: str) -> None:
    once = phones.normalise(text)
    again = phones.normalise(once.raw)
    assert again == once
    assert len(once.raw) <= phones.MAX_RAW
    if once.e164:
        assert phones.normalise(once.e164).e164 == once.e164
        assert phones.national(once.e164, once.ext)
    assert isinstance(phones.why_not_dialled(text), str)


@pytest.mark.parametrize("number", ["101", "102", "103", "104", "112", "01", "02", "03", "04", "+112", "1-1-2"])
def test_emergency_numbers_are_never_dialled(number: str) -> None:
    assert "экстренные" in phones.why_not_dialled(number) or "короткий" in phones.why_not_dialled(number)


def test_shown_as_people_write_it() -> None:
    assert phones.national("+79220001246", "12") == "+7 (922) 000-12-46, доб. 12"
    assert phones.national("+4930901820") == "+49 30 901820"
    assert phones.search_digits("8 (922) 000-12-46") == "79220001246"


@pytest.mark.parametrize(
    ("inn", "good"),
    [
        ("7707083893", True),
        ("7707083894", False),
        ("7736050003", True),
        ("500100732259", True),
        ("500100732258", False),
        ("0000000000", False),
        ("000000000000", False),
        ("1111111111", False),
        ("77070838931", False),
    ],
)
def test_inn(inn: str, good: bool) -> None:
    assert is_inn(inn) is good


def test_kpp_and_ogrn() -> None:
    assert is_kpp("773601001")
    assert is_kpp("77360A001")
    assert not is_kpp("7736010011")
    assert not is_kpp("77360А001")
    assert is_ogrn("1027700132195")
    assert not is_ogrn("1027700132194")


@given(st.integers(10_000_000, 999_999_999))
def test_completed_inn_is_valid(number: int) -> None:
    nine = f"{number:09}"
    made = complete_inn(nine)
    assert len(made) == 10
    assert is_inn(made) or nine.startswith("00") or len(set(made)) == 1


def test_folding_forgets_legal_form_quotes_and_yo() -> None:
    assert fold("ООО «Ёлка-Профиль»") == fold("елка профиль, ооо") == "елка профиль"
    assert fold("«»") == ""
    assert [plural(n, "звонок", "звонка", "звонков") for n in (1, 2, 5, 11, 21, 112)] == [
        "звонок",
        "звонка",
        "звонков",
        "звонков",
        "звонок",
        "звонков",
    ]
