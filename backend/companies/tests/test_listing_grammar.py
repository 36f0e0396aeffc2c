"""The address of a list: one form for one meaning, and nothing that is not understood is left out."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from companies.listing import COMPANIES, CONTACTS, Filter, parse
from companies.listing.grammar import beyond, over

WORDS = [
    "1",
    "2",
    "17",
    "007",
    "me",
    "none",
    "today",
    "-30d",
    "14d",
    "2026-01-31",
    "0",
    "1",
    "cold",
    "Пермь",
    "a\\,b",
    "",
    "\x00",
]
KEYS = [*COMPANIES.fields, "q", "sort", "cols", "size", "view", "foo", "page"]
OPS = ["", ".not", ".gte", ".lte", ".empty", ".has", ".near", "."]


def read(query: str) -> Filter:
    return parse(query, COMPANIES)


addresses = st.lists(
    st.tuples(
        st.builds(str.__add__, st.sampled_from(KEYS), st.sampled_from(OPS)) | st.text(max_size=8),
        st.lists(st.sampled_from(WORDS), max_size=3).map(",".join) | st.text(max_size=12),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(addresses)
def test_canonical_form_is_its_own_canonical_form(pairs: list[tuple[str, str]]) -> None:
    params = QueryDict(mutable=True)
    for key, value in pairs:
        params.appendlist(key, value)
    first = parse(params, COMPANIES)
    again = read(first.canonical())
    assert again.canonical() == first.canonical()
    assert again.conditions == first.conditions
    assert bool(again.problems) == bool(first.problems)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("status=3,1,3&responsible=me", "responsible=me&status=1,3"),
        ("status=1&status=2&page=4", "status=1,2"),
        ("phone.has=0", "phone.empty=1"),
        ("status=&q=&sort=-updated&size=7&cols=", ""),
        ("cols=name,phone,nonsense,phone", "cols=name,phone"),
        ("created.gte=-030d&contract_until.lte=0d", "contract_until.lte=today&created.gte=-30d"),
        ("last_call.lte=-30d,none", "last_call.lte=-30d,none"),
        ("city=%D0%90\\,%D0%91", "city=%D0%90%5C,%D0%91"),
        ("?q=+%D1%91%D0%BB%D0%BA%D0%B0++", "q=%D1%91%D0%BB%D0%BA%D0%B0"),
        ("contract_amount.gte=1000.50", "contract_amount.gte=1000.5"),
        ("view=7&status=&sort=-updated", "sort=-updated&status=&view=7"),
    ],
)
def test_one_meaning_has_one_form(typed: str, written: str) -> None:
    found = read(typed)
    assert not found.problems
    assert found.canonical() == written


@pytest.mark.parametrize(
    "typed",
    [
        "foo=1",
        "foo=",
        "status.near=1",
        "status.=1",
        "status.gte=1",
        "phone=1",
        "phone.has=yes",
        "lead_state=tepid",
        "created.gte=-1d,-2d",
        "created=31.01.2026",
        "created=0001-01-01",
        "created=-99999d",
        "sort=folded",
        "sort=--name",
        "view=x",
        "city=%00",
        "contract_amount.gte=1e9",
        "job=1",
        "has_phone=yes",
        *(f"status={value}" for value in ("0", "-1", str(2**63), "9" * 5000, "слово", "1.5", "٣", "1;2", "me")),
        "id=" + ",".join(map(str, range(1, 300))),
    ],
)
def test_what_is_not_understood_is_a_problem(typed: str) -> None:
    assert read(typed).problems


def test_lists_have_fields_of_their_own() -> None:
    assert parse("company.empty=1", CONTACTS).problems == ()
    assert parse("company.empty=1", COMPANIES).problems
    assert parse("cursor=x", COMPANIES, ignore={"cursor"}).problems == ()


def test_conditions_are_put_and_taken_one_by_one() -> None:
    found = read("status=1&lead_state=warm&q=лес")
    assert found.having("status", "2", "5").meaning() == read("status=2,5&lead_state=warm&q=лес").canonical()
    assert found.without("lead_state").without("q").canonical() == "status=1"


def test_an_address_overrides_its_view_by_fields() -> None:
    base = read("status=1&lead_state=warm&sort=name&q=лес")
    own = read("view=7&status=2&lead_state=warm&q=")
    whole = over(base, own)
    assert whole.meaning() == "lead_state=warm&status=2"
    assert whole.order == "name"
    assert beyond(base, own).canonical() == "q=&status=2&view=7"
    assert over(base, beyond(base, own)).meaning() == whole.meaning()
    assert beyond(base, read("view=7&status=1&city=")).canonical() == "view=7"
