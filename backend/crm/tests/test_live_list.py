"""The list in a browser: filters without a reload, the canonical address, keys, chosen rows, a saved view."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from companies.services import add_phone, create_company
from crm.tests.axe import serious
from crm.tests.live import Seat, seated

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.stack]
expect.set_options(timeout=20_000)


@pytest.fixture
def seat(transactional_db: Any, tmp_path: Path, anna: User) -> Iterator[Seat]:
    for number in range(30):
        card = create_company(actor=anna, name=f"ООО «Лес {number:02}»", responsible=anna)
        add_phone(holder=card, raw=f"8 343 000-12-{number:02}")
    with seated(tmp_path, "anna") as seats:
        yield seats[0]


def test_a_list_follows_its_filters_and_keys(seat: Seat) -> None:
    page = seat.open("/companies/?sort=name&status=&size=25")
    rows = page.locator("[data-list-row]")
    expect(page).to_have_url(re.compile(r"/companies/\?size=25&sort=name$"))
    assert serious(page) == []
    # keys: down twice, choose, open the bar, all that the filter means
    for key in ("KeyJ", "KeyJ", "KeyX"):
        page.keyboard.press(key)
    expect(rows.nth(1)).to_be_focused()
    expect(page.locator("[data-list-chosen]")).to_have_text("Выбрано: 1")
    assert serious(page, "#selection-bar") == []
    page.get_by_role("button", name="Все 30 по фильтру").click()
    expect(page.locator("[data-list-chosen]")).to_have_text("Все 30 по фильтру")
    sent = page.evaluate("[...new FormData(document.getElementById('selection-bar')).keys()]")
    assert sent == ["csrfmiddlewaretoken", "query", "count"]
    page.get_by_role("button", name="Снять выделение").click()
    expect(page.locator("[data-list-bar]")).to_be_hidden()
    # text without a reload; the focus stays in its field
    page.keyboard.press("Slash")
    page.keyboard.type("лес 07")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/companies/\?q=[^&]+&sort=name$"))
    expect(page.locator("[data-list-search]")).to_be_focused()
    page.get_by_label("Убрать: Поиск: лес 07").click()
    expect(rows).to_have_count(25)
    # a view
    page.select_option("[name=responsible]", "me")
    expect(page.get_by_label("Убрать: Ответственный: Я")).to_be_visible()
    page.locator("[data-list-body] summary").first.click()
    page.get_by_role("link", name="Сохранить как представление").click()
    page.fill("#form-dialog [name=name]", "Мои леса")
    page.get_by_role("button", name="Сохранить").click()
    page.wait_for_url("**/companies/?view=*")
    page.select_option("[name=responsible]", "none")
    expect(page.get_by_text("изменено")).to_be_visible()
    expect(page.get_by_text("Ничего не найдено").first).to_be_visible()
    assert seat.complaints == []
