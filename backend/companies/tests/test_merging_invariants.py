"""What holds of merging in every world: no child is lost, undo gives everything back, edits between stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import User
from companies.edits.fields import Edit, change_company
from companies.merging import policies
from companies.merging.policies import Policy, relations
from companies.merging.rows import dump
from companies.merging.services import Order, merge_companies
from companies.merging.undo import undo_merge
from companies.models import (
    Company,
    CompanyLeadStateRequest,
    CompanySphere,
    Contact,
    ContractType,
    ExternalRef,
    LeadState,
    Merge,
    MergeEntry,
    MergeOp,
    NotDuplicate,
    PhoneNumber,
)
from companies.search.rebuild import rebuild
from companies.services import add_contact, add_email, add_note, add_phone, create_company
from phonebridge.models import CallRequest

pytestmark = pytest.mark.django_db
# without shrinking: every example writes a whole world
in_many_worlds = settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NUMBERS = ("8 343 200-00-01", "8 343 200-00-02", "8 343 200-00-03, доб. 7")
RESTLESS = {"version", "updated_at", "rev", "edited_at"}


@dataclass(frozen=True)
class Shape:
    """What one card of the world has."""

    inn: str
    city: str
    has_contract: bool
    phones: tuple[int, ...]
    people: int
    notes: int
    calls: int
    spheres: tuple[int, ...]
    is_marked: bool
    is_asked: bool
    is_pair: bool


shapes = st.builds(
    Shape,
    inn=st.sampled_from(["", "6671000001", "6671000002"]),
    city=st.sampled_from(["", "Пермь", "Уфа"]),
    has_contract=st.booleans(),
    phones=st.lists(st.sampled_from([0, 1, 2]), unique=True).map(tuple),
    people=st.integers(0, 2),
    notes=st.integers(0, 2),
    calls=st.integers(0, 2),
    spheres=st.lists(st.sampled_from([0, 1]), unique=True).map(tuple),
    is_marked=st.booleans(),
    is_asked=st.booleans(),
    is_pair=st.booleans(),
)
# who stands below whom: (child, head) among the three cards and their common neighbour
trees = st.sampled_from([(), ((0, 1),), ((1, 0),), ((3, 1),), ((3, 1), (0, 3)), ((1, 3),), ((0, 3), (1, 3))])
worlds = st.tuples(st.lists(shapes, min_size=3, max_size=3, unique_by=lambda shape: shape.inn or id(shape)), trees)


@pytest.fixture
def build(anna: User, boris: User) -> Callable[[tuple[list[Shape], Any]], list[Company]]:
    """Fills the database anew: three cards and a fourth one beside them."""
    contract, _ = ContractType.objects.get_or_create(code="frame", defaults={"name": "Рамочный"})
    spheres = [CompanySphere.objects.get_or_create(name=name)[0] for name in ("Лес", "Сталь")]

    def make(world: tuple[list[Shape], Any]) -> list[Company]:
        CallRequest.objects.all().delete()
        Company.objects.all().delete()
        cards = [
            create_company(
                actor=anna,
                name=f"Компания {number}",
                inn=shape.inn,
                city=shape.city,
                contract_type=contract if shape.has_contract else None,
                contract_until=date(2027, 1, 1 + number) if shape.has_contract else None,
                spheres=[spheres[n] for n in shape.spheres],
                responsible=anna,
            )
            for number, shape in enumerate(world[0])
        ]
        cards.append(create_company(actor=anna, name="Соседняя", responsible=anna))
        for card, shape in zip(cards, world[0], strict=False):
            _fill(card, shape, anna, boris, cards[3])
        for child, head in world[1]:
            Company.objects.filter(pk=cards[child].pk).update(head_company=cards[head])
        return [Company.objects.get(pk=card.pk) for card in cards]

    return make


def _fill(card: Company, shape: Shape, anna: User, boris: User, neighbour: Company) -> None:
    for number in shape.phones:
        add_phone(holder=card, raw=NUMBERS[number], comment=f"Стойка {card.name}")
    for number in range(shape.people):
        person = add_contact(company=card, last_name=f"Котов {number}")
        add_phone(holder=person, raw=NUMBERS[0])
        add_email(holder=person, raw="kotov@example.com")
    for number in range(shape.notes):
        add_note(actor=boris, company=card, text=f"Заметка {number}")
    for _ in range(shape.calls):
        CallRequest.objects.create(user=boris, company=card, closed_at=timezone.now())
    if shape.is_marked:
        marked = {"cold_marked_at": timezone.now() - timedelta(days=card.pk % 7), "cold_marked_by": anna}
        Company.objects.filter(pk=card.pk).update(**marked, raw_fields={"cells": [card.name]})
        PhoneNumber.objects.filter(company=card).update(**marked)
    if shape.is_asked:
        CompanyLeadStateRequest.objects.create(company=card, requested_state=LeadState.WARM, requested_by=boris)
    if shape.is_pair:
        NotDuplicate.objects.create(
            a=min(card, neighbour, key=lambda c: c.pk), b=max(card, neighbour, key=lambda c: c.pk)
        )
    ExternalRef.objects.create(company=card, source="amocrm", external_id=str(card.pk))


def snapshot() -> dict[str, list[Any]]:
    """Every column of everything that hangs on a card; of tables between the pairs."""
    found: dict[str, list[Any]] = {"companies.Company": _rows(Company)}
    for model in (Company, Contact):
        for relation in relations(model):
            if relation.label == "companies.Company_spheres":
                pairs = relation.model._base_manager.values_list("company_id", "companysphere_id")
                found[relation.label] = sorted(pairs)
            elif "SearchRow" not in relation.label:
                found[relation.label] = _rows(relation.model)
    return found


def _rows(model: Any) -> list[Any]:
    rows = model._base_manager.order_by("pk")
    return [sorted((k, v) for k, v in dump(row).items() if k not in RESTLESS) for row in rows]


def children() -> Counter[str]:
    """Rows that hang on companies, each once; of a set only whether it holds."""
    moving = [r for r in relations(Company) if r.policy in {Policy.MOVE, Policy.NUMBERS, Policy.REQUESTS}]
    return Counter(f"{r.label} {pk}" for r in moving for pk in r.model._base_manager.values_list("pk", flat=True))


def merge(anna: User, winner: Company, loser: Company, **choices: str) -> Merge:
    for card in (winner, loser):
        card.refresh_from_db()
    return merge_companies(Order(anna, winner.pk, loser.pk, (winner.version, loser.version), choices))


def test_every_relation_has_a_policy() -> None:
    assert policies.missing() == []


@in_many_worlds
@given(world=worlds, side=st.sampled_from(["winner", "loser"]))
def test_no_child_is_lost_and_undo_gives_everything_back(
    world: Any, side: str, build: Callable[[Any], list[Company]], anna: User
) -> None:
    winner, loser, *_ = build(world)
    before, had = snapshot(), children()
    made = merge(anna, winner, loser, name=side, inn=side, city=side)
    dropped = Counter(
        f"{e.model} {pk}" for e in MergeEntry.objects.filter(merge=made, op=MergeOp.DROPPED) for pk in e.pks
    )
    assert children() + Counter({k: n for k, n in dropped.items() if "NotDuplicate" not in k}) == had
    for relation in relations(Company):
        if relation.policy not in {Policy.KEEP, Policy.UNION}:
            left = relation.model._base_manager.filter(**{relation.field: loser})
            assert not left.exists(), relation
    winner.refresh_from_db()
    assert (winner.name, winner.deleted_at) == ((winner if side == "winner" else loser).name, None)
    assert list(rebuild(check=True)) == []
    report = undo_merge(actor=anna, merge_id=made.pk)
    assert report.kept == []
    assert snapshot() == before
    assert list(rebuild(check=True)) == []


@in_many_worlds
@given(world=worlds, city=st.sampled_from(["Тверь", ""]))
def test_undo_keeps_what_people_did_between(
    world: Any, city: str, build: Callable[[Any], list[Company]], anna: User
) -> None:
    winner, loser, _, neighbour = build(world)
    made = merge(anna, winner, loser, city="loser")
    change_company(winner.pk, Edit(anna, {"city": "Омск", "address": "Мира, 1"}))
    note = add_note(actor=anna, company=winner, text="После объединения")
    moved = Contact.objects.filter(company=winner).order_by("pk").last()
    if moved is not None:
        Contact.objects.filter(pk=moved.pk).update(company=neighbour, is_primary=False)
    change_company(winner.pk, Edit(anna, {"city": city}))
    undo_merge(actor=anna, merge_id=made.pk)
    winner.refresh_from_db()
    note.refresh_from_db()
    assert (winner.city, winner.address, note.company_id) == (city, "Мира, 1", winner.pk)
    if moved is not None:
        moved.refresh_from_db()
        assert moved.company_id == neighbour.pk
    for card in (winner, loser):
        people = Contact.objects.filter(company=card, deleted_at__isnull=True)
        assert people.filter(is_primary=True).count() == min(1, people.count())
        assert PhoneNumber.objects.filter(company=card, is_primary=True).count() == min(1, card.phones.count())


@settings(in_many_worlds, max_examples=2)
@given(world=worlds)
def test_children_of_three_do_not_depend_on_the_order(
    world: Any, build: Callable[[Any], list[Company]], anna: User
) -> None:
    a, b, c, _ = build((world[0], ()))
    before = snapshot()
    ends = []
    for first, second in (((a, b), (a, c)), ((b, c), (a, b))):
        one = merge(anna, *first)
        two = merge(anna, *second)
        numbers = PhoneNumber.objects.filter(company=a).values_list("raw", flat=True)
        ends.append((sorted(numbers), a.contacts.count(), a.notes.count(), a.spheres.count()))
        for merged in (two, one):
            undo_merge(actor=anna, merge_id=merged.pk)
        assert snapshot() == before
    assert ends[0] == ends[1]
