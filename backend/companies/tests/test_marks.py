"""The mark «холодный звонок»: a fact with who, when and by which call; it rolls up, never down."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import FieldChange
from companies.edits.fields import NotAllowed, NotFound
from companies.edits.marks import Cold, NotMarked, cold_of, mark_cold, reset_cold
from companies.models import Company, Contact, LeadState, PhoneNumber
from companies.records import BadRecord
from companies.services import add_contact, add_phone, create_company

pytestmark = pytest.mark.django_db
REASON = "Позвонили по другому делу"


@pytest.fixture
def card(anna: User) -> Company:
    return create_company(actor=anna, name="ООО «Кабель»", responsible=anna)


@pytest.fixture
def person(card: Company) -> Contact:
    return add_contact(company=card, last_name="Котов")


@pytest.fixture
def number(person: Contact) -> PhoneNumber:
    return add_phone(holder=person, raw="8 343 200-00-01")


def test_mark_rolls_up_and_leaves_the_state_alone(anna: User, card: Company, number: PhoneNumber) -> None:
    call = uuid.uuid4()
    assert mark_cold(actor=anna, target=number, call_id=call)
    number.refresh_from_db()
    assert (number.cold_marked_by, number.cold_marked_call) == (anna, call)
    assert cold_of(card) == Cold(own=False, people=0, numbers=1)
    assert cold_of(card).is_cold
    card.refresh_from_db()
    assert card.lead_state == LeadState.COLD


def test_first_mark_stays(anna: User, clara: User, number: PhoneNumber) -> None:
    mark_cold(actor=anna, target=number)
    assert not mark_cold(actor=clara, target=number)
    number.refresh_from_db()
    assert number.cold_marked_by == anna


def test_reset_of_a_company_keeps_what_is_marked_below(anna: User, card: Company, number: PhoneNumber) -> None:
    mark_cold(actor=anna, target=card)
    mark_cold(actor=anna, target=number)
    left = reset_cold(actor=anna, target=card, reason=REASON)
    assert (left.own, left.numbers, left.is_cold) == (False, 1, True)
    with pytest.raises(NotMarked):
        reset_cold(actor=anna, target=card, reason=REASON)


def test_marker_takes_it_off_for_a_day_then_a_head(anna: User, clara: User, card: Company) -> None:
    mark_cold(actor=anna, target=card)
    Company.objects.filter(pk=card.pk).update(cold_marked_at=timezone.now() - timedelta(hours=25))
    with pytest.raises(NotAllowed, match="в течение суток"):
        reset_cold(actor=anna, target=card, reason=REASON)
    reset_cold(actor=clara, target=card, reason=REASON)
    assert [(c.old is None, c.new is None) for c in FieldChange.objects.filter(field="cold").order_by("pk")] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize("reason", ["", "    ", "1234567", "нет", "\x00\x00\x00\x00\x00"])
def test_reset_needs_a_reason(anna: User, card: Company, reason: str) -> None:
    mark_cold(actor=anna, target=card)
    with pytest.raises(BadRecord, match="причину"):
        reset_cold(actor=anna, target=card, reason=reason)


def test_who_may_mark(boris: User, dan: User, card: Company, number: PhoneNumber) -> None:
    with pytest.raises(NotAllowed):
        mark_cold(actor=boris, target=number)
    assert mark_cold(actor=boris, target=number, is_own_call=True), "after a call of one's own"
    User.objects.filter(pk=dan.pk).update(data_scope="self")
    with pytest.raises(NotFound):
        mark_cold(actor=User.objects.get(pk=dan.pk), target=number, is_own_call=True)
