"""Work over many companies in a browser: the dialog over the list, progress that comes by itself, the way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from accounts.models import User
from companies.models import Company, CompanyStatus
from companies.services import create_company
from crm.tests.live import Seat, seated
from jobs.engine import run
from jobs.models import Job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.stack]
expect.set_options(timeout=20_000)


def _cards(anna: User, dan: User) -> None:
    CompanyStatus.objects.create(code="work", name="В работе")
    for n in range(3):
        create_company(actor=anna, name=f"ООО «Кабель {n}»", responsible=anna)
    create_company(actor=dan, name="ООО «Чужой»", responsible=dan)


@pytest.fixture
def seat(transactional_db: Any, tmp_path: Path, anna: User, dan: User) -> Iterator[Seat]:
    _cards(anna, dan)
    # no broker: the process that serves sockets does the work itself
    with seated(tmp_path, "anna", CELERY_BROKER_URL="") as seats:
        yield seats[0]


@pytest.fixture
def idle(transactional_db: Any, tmp_path: Path, anna: User, dan: User) -> Iterator[Seat]:
    """The work waits for a worker that nobody has started."""
    _cards(anna, dan)
    with seated(tmp_path, "anna") as seats:
        yield seats[0]


class LateSockets:
    """The sockets of a page reach the server only when the test lets them."""

    def __init__(self, page: Page) -> None:
        self.held: list[WebSocketRoute] = []
        page.route_web_socket("**/ws/ui/", lambda socket: self.held.append(socket))

    def let_go(self) -> None:
        self.held[-1].connect_to_server()


def _status_dialog(seat: Seat) -> Locator:
    """The dialog over all companies of the list."""
    page = seat.open("/companies/")
    expect(page.get_by_text("Онлайн").first).to_be_visible()
    page.locator("[data-list-all]").check()
    page.locator("#selection-bar").get_by_role("button", name="Статус").click()
    return page.locator("#form-dialog")


def test_what_ends_before_the_page_hears_of_it_is_shown(idle: Seat) -> None:
    dialog = _status_dialog(idle)
    page, sockets = idle.page, LateSockets(idle.page)
    dialog.get_by_label("Статус").select_option(label="В работе")
    dialog.get_by_role("button", name="Изменить").click()
    expect(page.get_by_text("Выполняется 0 из 4")).to_be_visible()
    run(job_id=Job.objects.get().pk)
    sockets.let_go()
    # far below the half minute after which every region looks again by itself
    expect(page.get_by_label("Результат")).to_contain_text("Изменено: 3", timeout=15_000)


def test_from_the_dialog_to_the_undo(seat: Seat) -> None:
    page, dialog = seat.page, _status_dialog(seat)
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
