"""The palette in a browser: by the place of the key, with a slip of the layout, to a card and to a call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from companies.search import index
from companies.services import add_contact, add_phone, create_company
from crm.tests.live import Seat, seated
from phonebridge.models import CallRequest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.stack]
expect.set_options(timeout=20_000)


@pytest.fixture
def seat(transactional_db: Any, tmp_path: Path, anna: User) -> Iterator[Seat]:
    forest = create_company(actor=anna, name="ООО «Северный лес»", city="Пермь")
    add_phone(holder=forest, raw="+7 343 000-12-34")
    add_phone(holder=add_contact(company=forest, last_name="Котов", first_name="Иван"), raw="+7 343 000-77-88")
    create_company(actor=anna, name="ООО «Южный берег»")
    index.refresh_companies([forest.pk])
    with seated(tmp_path, "anna") as seats:
        yield seats[0]


def test_found_opened_and_called_by_keys_alone(seat: Seat) -> None:
    page = seat.open("/calls/")
    palette, found = page.locator("#palette"), page.locator("#palette [role=option]:visible")
    # the Russian layout: the key of K says «л»
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'л', code: 'KeyK', ctrlKey: true, bubbles: true, cancelable: true}))"
    )
    expect(palette).to_be_visible()
    page.keyboard.type("ctdthysq")  # «северный» in the other layout
    expect(palette.get_by_text("Показано для «северный»")).to_be_visible()
    expect(found.first).to_contain_text("ООО «Северный лес»")
    page.keyboard.press("Enter")
    page.wait_for_url("**/companies/*/")
    expect(page.get_by_role("heading", name="ООО «Северный лес»")).to_be_visible()
    # what was opened lately, pages by their name, Escape
    page.keyboard.press("Control+KeyK")
    expect(found.first).to_contain_text("недавно")
    page.keyboard.type("звонк")
    expect(found).to_have_text(["Звонки"])
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    # a call by the digits of a person's number, pressed before the answer can have come
    page.keyboard.press("Control+KeyK")
    page.keyboard.type("7788")
    page.keyboard.press("Control+Enter")
    expect(palette).to_be_hidden()
    expect(page.locator("#call-box .call-box")).to_contain_text("000-77-88")
    call = CallRequest.objects.get()
    assert (call.phone_e164, call.contact.last_name if call.contact else "") == ("+73430007788", "Котов")
    assert [line for line in seat.complaints if "status of 4" not in line] == []
