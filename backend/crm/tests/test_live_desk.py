"""The card in two browsers: what one writes the other sees, what both write is chosen, and the console stays quiet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from companies.models import Company
from companies.services import add_contact, add_phone
from crm.tests.live import Seat, seated

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.stack]
expect.set_options(timeout=20_000)


@pytest.fixture
def seats(transactional_db: Any, tmp_path: Path, anna: User, clara: User) -> Iterator[tuple[Seat, ...]]:
    with seated(tmp_path, "anna", "clara") as found:
        yield found


@pytest.fixture
def card(anna: User) -> Company:
    company = Company.objects.create(name="ООО «Северный лес»", responsible=anna, branch=anna.branch)
    add_phone(holder=company, raw="+7 343 000-12-34")
    add_contact(company=company, last_name="Котов", first_name="Иван")
    return company


def _opened(seat: Seat, card: Company) -> Page:
    page = seat.open(f"/companies/{card.pk}/")
    expect(page.get_by_text("Онлайн").first).to_be_visible()
    return page


def _edit(page: Page, label: str) -> None:
    page.locator("dd", has=page.get_by_label(f"Изменить: {label}", exact=True)).hover()
    page.get_by_label(f"Изменить: {label}", exact=True).click()
    expect(page.locator("#form-dialog")).to_be_visible()


def test_what_one_writes_the_other_sees_and_what_both_write_is_chosen(seats: tuple[Seat, ...], card: Company) -> None:
    first, second = (_opened(seat, card) for seat in seats)
    _edit(second, "Адрес")
    _edit(first, "Адрес")
    first.fill("[name=city]", "Пермь")
    first.fill("[name=address]", "Ленина, 1")
    first.locator("#form-dialog").get_by_role("button", name="Сохранить").click()
    expect(first.locator("#form-dialog")).to_be_hidden()
    expect(first.get_by_text("Сохранено.")).to_be_visible()
    expect(first.locator("dl.facts")).to_contain_text("Ленина, 1")
    expect(second.locator("dl.facts")).to_contain_text("Ленина, 1")
    second.fill("[name=address]", "Мира, 2")
    second.locator("#form-dialog").get_by_role("button", name="Сохранить").click()
    expect(second.locator("#form-dialog")).to_contain_text("Сейчас: Ленина, 1 (Анна Зайцева")
    assert second.input_value("[name=address]") == "Мира, 2"
    second.locator("#form-dialog").get_by_role("button", name="Сохранить").click()
    expect(first.locator("dl.facts")).to_contain_text("Мира, 2")
    card.refresh_from_db()
    assert (card.city, card.address) == ("Пермь", "Мира, 2")
    # a number, a person and a refusal, without a reload
    first.get_by_role("link", name="Номер").click()
    first.fill("#form-dialog [name=raw]", "8 343 000-12-35; 8 343 000-12-36")
    first.get_by_role("button", name="Добавить").click()
    expect(first.locator("#form-dialog")).to_contain_text("Один номер в строке")
    first.fill("#form-dialog [name=raw]", "8 343 000-12-35")
    first.get_by_role("button", name="Добавить").click()
    expect(second.get_by_text("+7 (343) 000-12-35").first).to_be_visible()
    first.keyboard.press("Escape")
    for seat in seats:
        assert [c for c in seat.complaints if "status of 4" not in c] == []


def test_request_reaches_the_head_live(seats: tuple[Seat, ...], card: Company) -> None:
    manager, head = seats[0], seats[1]
    inbox = head.open("/requests/")
    expect(inbox.get_by_text("Решать нечего")).to_be_visible()
    page = _opened(manager, card)
    page.get_by_label("Действия", exact=True).click()
    page.get_by_role("link", name="Состояние").click()
    page.get_by_role("button", name="Попросить").click()
    expect(inbox.get_by_text("Сделать «тёплый»")).to_be_visible()
    inbox.get_by_role("button", name="Одобрить").click()
    expect(inbox.get_by_text("Одобрено: ООО «Северный лес».")).to_be_visible()
    expect(page.get_by_text("Запрос одобрен")).to_be_visible()
    card.refresh_from_db()
    assert card.lead_state == "warm"
    for seat in seats:
        assert seat.complaints == []
