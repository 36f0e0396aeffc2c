"""The list finds what people type, and only what they may see."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from accounts.models import User
from accounts.roles import DataScope
from companies.listing import COMPANIES, parse
from companies.models import Company, LeadState
from companies.selectors import search_companies
from companies.services import add_contact, add_phone, create_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(anna: User) -> Company:
    """A card of Anna's with a number of its own and one of its director."""
    company = create_company(
        actor=anna, name="ООО «Ёлки и Палки-66»", inn="6671000003", responsible=anna, lead_state=LeadState.WARM
    )
    add_phone(holder=company, raw="8 (343) 012-45-67 доб. 12")
    person = add_contact(company=company, last_name="Дёмин")
    add_phone(holder=person, raw="+7 (861) 000-77-31")
    return company


@pytest.fixture
def other(dan: User) -> Company:
    other = create_company(actor=dan, name="АО «Мегатрейд»", inn="2300000017", responsible=dan)
    add_phone(holder=other, raw="+7 (861) 055-66-77")
    return other


def found(user: User, **params: str) -> list[str]:
    asked = parse(urlencode({key.replace("__", "."): value for key, value in params.items()}), COMPANIES)
    return [row.company.name for row in search_companies(user, asked, size=25).rows]


@pytest.mark.parametrize(
    "q",
    [
        "ёлки",
        "ЕЛКИ",
        "ооо елки",
        "палки елк",
        "66 палки",
        "6671",
        "6671000003",
        "+7 (343) 012-45-67",
        "83430124567",
        "8 343 012 45 67",
        "3430124567",
        "343012",
        "8343012",
        "7343012",
        "4567",
        "012-45-67",
        "+7 343 012-45-67 доб. 12",
        "7731",
        "8(861)000-77-31",
        "ёлки 4567",
    ],
)
def test_every_form_finds_the_card(anna: User, company: Company, other: Company, q: str) -> None:
    assert found(anna, q=q) == [company.name]


@pytest.mark.parametrize("q", ["елочка", "9999", "мегатрейд 4567", "палки 9999", "а", "!!!", "😀", "9" * 40])
def test_what_is_not_there_is_not_found(anna: User, company: Company, other: Company, q: str) -> None:
    assert found(anna, q=q) == []


@pytest.mark.parametrize(("q", "count"), [("", 2), ("  ", 2), ("\u202e", 2), ("ООО", 0), ("ооо  ао", 0)])
def test_no_text_asks_for_everything_and_a_legal_form_for_nothing(
    anna: User, company: Company, other: Company, q: str, count: int
) -> None:
    assert len(found(anna, q=q)) == count


@pytest.mark.parametrize(
    "q", ["' & | ! : * \\ %", "\x00", "я" * 10_000, "1" * 10_000, "%", "_", "\\", "a@", "!u1", "ﷺ" * 90]
)
def test_strange_text_gives_an_answer(anna: User, company: Company, q: str) -> None:
    assert found(anna, q=q) in ([], [company.name])


@pytest.mark.parametrize("name", ["status", "sphere", "responsible", "branch"])
@pytest.mark.parametrize("value", ["0", "-1", str(2**63), "9" * 5000, "слово", "1.5", "٣", "\x00"])
def test_an_id_that_cannot_be_finds_nothing(anna: User, company: Company, name: str, value: str) -> None:
    assert found(anna, **{name: value}) == []


def test_filters_cut_the_list(anna: User, dan: User, company: Company, other: Company) -> None:
    bare = create_company(actor=anna, name="Без всего")
    assert found(anna, responsible="me") == [company.name]
    assert found(anna, responsible=str(dan.pk)) == [other.name]
    assert found(anna, responsible="none") == [bare.name]
    assert found(anna, branch="none") == [bare.name]
    assert found(anna, branch=str(dan.branch_id)) == [other.name]
    assert found(anna, lead_state="warm") == [company.name]
    assert found(anna, lead_state="tepid") == []
    assert found(anna, phone__has="0") == [bare.name]
    assert set(found(anna, phone__has="1")) == {company.name, other.name}
    assert found(anna, sort="name", phone__has="1") == [company.name, other.name]
    assert found(anna, sort="-name", phone__has="1") == [other.name, company.name]


def test_scope_cuts_every_search(
    anna: User, boris: User, clara: User, dan: User, gleb: User, ada: User, company: Company, other: Company
) -> None:
    for user in (anna, boris, clara, dan, gleb):
        user.data_scope = DataScope.BRANCH
    boris.data_scope = DataScope.SELF
    seen = {user.username: set(found(user)) for user in (anna, boris, clara, dan, gleb, ada)}
    both = {company.name, other.name}
    assert seen == {
        "anna": {company.name},
        "boris": set(),
        "clara": {company.name},
        "dan": {other.name},
        "gleb": set(),
        "ada": both,
    }
    for q in ("4567", "елки", "6671", "+73430124567"):
        assert found(dan, q=q) == []
        assert found(boris, q=q) == []
        assert found(ada, q=q) == [company.name]


def test_deleted_card_is_nowhere(ada: User, company: Company) -> None:
    Company.objects.filter(pk=company.pk).update(deleted_at="2026-01-01T00:00Z")
    assert found(ada, q="елки") == []


def test_number_of_queries_does_not_grow(anna: User, django_assert_max_num_queries: object) -> None:
    for number in range(30):
        company = create_company(actor=anna, name=f"Компания {number}", responsible=anna)
        add_phone(holder=company, raw=f"+7 343 000-00-{number:02}")
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        assert len(found(anna, q="компания")) == 25
