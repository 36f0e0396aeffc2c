"""Merging in a browser: from the hint on the card to one card, another person's open page follows, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from companies.models import Company
from companies.services import add_note, add_phone
from crm.tests.live import Seat, seated

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.stack]


@pytest.fixture
def seats(transactional_db: Any, tmp_path: Path, anna: User, clara: User) -> Iterator[tuple[Seat, ...]]:
    with seated(tmp_path, "anna", "clara") as found:
        yield found


def test_two_cards_become_one_and_two_again(seats: tuple[Seat, ...], anna: User) -> None:
    cards = [Company.objects.create(name=name, responsible=anna, branch=anna.branch) for name in ("Кабель", "Провод")]
    for card in cards:
        add_phone(holder=card, raw="8 343 000-12-34")
    add_note(actor=anna, company=cards[1], text="Звонить утром")
    other = seats[1].open(f"/companies/{cards[0].pk}/")
    expect(other.get_by_text("Онлайн").first).to_be_visible()
    page = seats[0].open(f"/companies/{cards[0].pk}/")
    page.get_by_role("link", name="Объединить", exact=True).last.click()
    page.get_by_label("Провод", exact=True).check()
    page.get_by_role("button", name="Объединить").click()
    expect(page.get_by_text("действует")).to_be_visible()
    expect(other.get_by_text("Звонить утром")).to_be_visible()
    seats[0].open(f"/companies/{cards[1].pk}/")
    expect(page).to_have_url(re.compile(f"/companies/{cards[0].pk}/$"))
    expect(page.locator("h1")).to_have_text("Провод")
    page.get_by_role("link", name="Посмотреть или отменить").click()
    page.get_by_role("link", name="Отменить объединение").click()
    page.locator("#form-dialog").get_by_role("button", name="Отменить объединение").click()
    expect(page.get_by_text("отменено", exact=True)).to_be_visible()
    expect(other.get_by_text("Звонить утром")).to_be_hidden()
    cards[0].refresh_from_db()
    assert cards[0].name == "Кабель"
    for seat in seats:
        assert seat.complaints == []
