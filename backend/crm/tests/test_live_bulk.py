"""Work over many companies in a browser: the dialog over the list, progress that comes by itself, the way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from companies.models import Company, CompanyStatus
from companies.services import create_company
from crm.tests.live import Seat, seated

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.stack]
expect.set_options(timeout=20_000)


@pytest.fixture
def seat(transactional_db: Any, tmp_path: Path, anna: User, dan: User) -> Iterator[Seat]:
    CompanyStatus.objects.create(code="work", name="В работе")
    for n in range(3):
        create_company(actor=anna, name=f"ООО «Кабель {n}»", responsible=anna)
    create_company(actor=dan, name="ООО «Чужой»", responsible=dan)
    # no broker: the process that serves sockets does the work itself
    with seated(tmp_path, "anna", CELERY_BROKER_URL="") as seats:
        yield seats[0]


def test_from_the_dialog_to_the_undo(seat: Seat) -> None:
    page = seat.open("/companies/")
    expect(page.get_by_text("Онлайн").first).to_be_visible()
    page.locator("[data-list-all]").check()
    page.locator("#selection-bar").get_by_role("button", name="Статус").click()
    dialog = page.locator("#form-dialog")
    expect(dialog).to_contain_text("4 компании.")
    dialog.get_by_label("Статус").select_option(label="В работе")
    dialog.get_by_role("button", name="Изменить").click()
    expect(page.get_by_text("Работа запущена.")).to_be_visible()
    expect(page.get_by_text("Готово", exact=True)).to_be_visible()
    result = page.get_by_label("Результат")
    expect(result).to_contain_text("Изменено: 3")
    expect(result).to_contain_text("Ведёт другой сотрудник: 1")
    assert Company.objects.filter(status__code="work").count() == 3
    page.get_by_role("button", name="Отменить сделанное").click()
    expect(page.get_by_label("Отмена")).to_contain_text("Возвращено: 3")
    assert not Company.objects.filter(status__code="work").exists()
    assert seat.complaints == []
