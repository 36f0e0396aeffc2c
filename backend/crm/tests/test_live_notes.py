"""The card in two browsers: who looks at it, a note with a file and a name in it, an edit that leaves a version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, expect

from accounts.models import User
from companies.models import Company
from companies.tests.files import HTML, PNG
from crm.tests.live import Seat, seated

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.stack]
expect.set_options(timeout=20_000)


@pytest.fixture
def card(transactional_db: Any, anna: User) -> Company:
    return Company.objects.create(name="ООО «Северный лес»", responsible=anna, branch=anna.branch)


@pytest.fixture
def seats(card: Company, tmp_path: Path, clara: User) -> Iterator[tuple[Seat, ...]]:
    with seated(tmp_path, "anna", "clara", MEDIA_ROOT=str(tmp_path)) as found:
        yield found


def test_two_people_at_one_card(seats: tuple[Seat, ...], card: Company) -> None:
    first, second = (seat.open(f"/companies/{card.pk}/") for seat in seats)
    # each sees the other, and not oneself
    for page, other in ((first, "Клара Орлова"), (second, "Анна Зайцева")):
        watching = page.locator("[data-live-src$='/viewers/']")
        expect(watching).to_contain_text("Сейчас смотрят")
        expect(watching.locator("p")).to_contain_text([other])
    # a note with a colleague's name by the keyboard, a file, and a file that is refused
    first.locator("#note-text").press_sequentially("Цена для @кла")
    expect(first.get_by_role("option", name="Клара Орлова")).to_be_visible()
    first.keyboard.press("Enter")
    first.keyboard.type("готова")
    files = [("снимок.png", "image/png", PNG), ("счёт.pdf", "application/pdf", HTML)]
    sent: list[FilePayload] = [{"name": name, "mimeType": kind, "buffer": data} for name, kind, data in files]
    first.set_input_files(".composer [type=file]", sent)
    expect(first.locator(".composer")).to_contain_text("счёт.pdf: Такой файл прикрепить нельзя.")
    expect(first.locator(".composer progress")).to_have_count(0)
    first.keyboard.press("Control+Enter")
    expect(first.get_by_text("Заметка сохранена.")).to_be_visible()
    expect(first.locator("#note-text")).to_have_value("")
    # the other sees it at once, is told, and the picture is one
    note = second.locator(".timeline li", has_text="Цена для @Клара Орлова готова")
    expect(note).to_be_visible()
    expect(second.get_by_text("Анна Зайцева: упоминание в заметке")).to_be_visible()
    expect(note.locator("img")).to_have_js_property("naturalWidth", 1)
    # an edit shows its version to both
    own = first.locator(".timeline li", has_text="Цена для")
    own.get_by_label("Действия с заметкой").click()
    own.get_by_role("link", name="Изменить заметку").click()
    expect(first.locator("#form-dialog textarea")).to_have_value("Цена для @Клара Орлова готова")
    first.fill("#form-dialog textarea", "Цена для @Клара Орлова: 100 ₽")
    first.get_by_role("dialog").get_by_role("button", name="Сохранить").click()
    expect(second.locator(".timeline")).to_contain_text("Цена для @Клара Орлова: 100 ₽")
    second.get_by_role("link", name="версии").click()
    expect(second.locator("#form-dialog")).to_contain_text("Цена для @Клара Орлова готова")
    second.get_by_role("button", name="Закрыть").last.click()
    # whoever leaves is not there any more
    second.goto("about:blank")
    expect(first.locator("[data-live-src$='/viewers/']")).to_be_hidden()
    for seat in seats:
        assert [c for c in seat.complaints if "status of 400" not in c] == []
