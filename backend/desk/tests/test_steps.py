"""What comes next on a card: what goes on, what waits for a decision, what ends; nothing that is invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from companies.edits.requests import request_lead
from companies.models import Company
from companies.services import create_company
from desk.steps import next_steps
from phonebridge.enums import CallStatus, Status
from phonebridge.models import CallRequest
from phonebridge.tests.fixtures import click

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)


@pytest.fixture
def card(anna: User) -> Company:
    return create_company(actor=anna, name="ООО «Северный лес»", responsible=anna)


def told(card: Company, viewer: User) -> list[tuple[str, str]]:
    return [(step.badge, step.text) for step in next_steps(card, viewer, NOW)]


def test_nothing_is_invented(anna: User, card: Company) -> None:
    assert told(card, anna) == []


def test_order_is_by_urgency(anna: User, boris: User, card: Company) -> None:
    CallRequest.objects.create(
        user=anna, company=card, status=Status.CONSUMED, call_status=CallStatus.NO_ANSWER, closed_at=NOW
    )
    request_lead(actor=boris, company_id=card.pk, state="warm")
    card.contract_until = (NOW + timedelta(days=3)).date()
    found = told(card, anna)
    assert set(found[:2]) == {
        ("ждёт решения", "Запрос на смену состояния: Борис Мельник"),
        ("3 дня", "Договор до 30.11.2026"),
    }
    assert found[2:] == [("последний звонок", "не ответили: позвонить ещё раз")]
    click(anna, company=card)
    assert next_steps(card, anna, NOW)[0].badge == "звонок"


@pytest.mark.parametrize(
    ("days", "badge"), [(-1, "истёк"), (0, "сегодня"), (1, "1 день"), (14, "14 дней"), (15, None)]
)
def test_contract_speaks_when_it_ends_soon(anna: User, card: Company, days: int, badge: str | None) -> None:
    card.contract_until = (NOW + timedelta(days=days)).date()
    assert [step.badge for step in next_steps(card, anna, NOW)] == ([badge] if badge else [])
