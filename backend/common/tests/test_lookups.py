"""`any_of` finds what `in` finds, with one parameter."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.models import Company, Contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def cards() -> list[Company]:
    return [Company.objects.create(name=f"К{n}", folded=f"к{n}", inn=f"770000000{n}") for n in range(4)]


def test_numbers_texts_and_relations(cards: list[Company]) -> None:
    people = [Contact.objects.create(company=card, last_name=card.name) for card in cards]
    wanted = [cards[0].pk, cards[2].pk, cards[2].pk, 2**62, None]
    assert set(Company.objects.filter(pk__any_of=wanted)) == {cards[0], cards[2]}
    assert set(Company.objects.filter(inn__any_of={"7700000001", "", 'a"}{,\\', "Ё'"})) == {cards[1]}
    assert set(Contact.objects.filter(company__any_of=wanted)) == {people[0], people[2]}
    odd = [Company.objects.create(name=name) for name in ('a"}{,\\', "NULL", "\\\\ '\n")]
    assert set(Company.objects.filter(name__any_of=[card.name for card in odd])) == set(odd)
    assert set(Company.objects.exclude(pk__any_of=[*wanted[:3], *(card.pk for card in odd)])) == {cards[1], cards[3]}


def test_a_long_list_is_one_parameter(cards: list[Company]) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert Company.objects.filter(pk__any_of=range(cards[0].pk, cards[0].pk + 500)).count() >= 4
    assert len(asked[0]["sql"].split("ANY(")[1].split(")")[0].split("'")) == 3


def test_nothing_is_found_by_nothing(cards: list[Company]) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert list(Company.objects.filter(pk__any_of=[])) == []
        assert Company.objects.exclude(pk__any_of=[]).count() == len(cards)
    assert len(asked) == 1
