"""Every page of the companies' desk as axe sees it: on a wide light screen and on a narrow dark one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Browser, FilePayload, Page, expect

from accounts.models import User
from companies.edits.deletion import delete_company
from companies.edits.requests import request_deletion
from companies.models import Company, CompanyStatus
from companies.services import add_contact, add_note, add_phone, create_company
from conftest import PASSWORD
from crm.tests.axe import serious
from crm.tests.live import Seat, Server, chromium

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.stack]
expect.set_options(timeout=20_000)
TABLE = FilePayload(
    name="база.csv",
    mimeType="text/csv",
    buffer="Название;Телефон;ФИО\nООО «Кедр»;8 343 200-00-01;Котов Иван\n".encode(),
)


@pytest.fixture
def cards(transactional_db: Any, anna: User, ada: User, monkeypatch: pytest.MonkeyPatch) -> list[Company]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    status = CompanyStatus.objects.create(code="work", name="В работе")
    names = ("Северный лес", "Северный ветер", "Кабель", "Лишняя")
    made = [create_company(actor=anna, name=f"ООО «{name}»", status=status, responsible=anna) for name in names]
    for n, card in enumerate(made):
        add_phone(holder=card, raw=f"8 343 000-12-{n:02}")
        add_phone(holder=add_contact(company=card, last_name="Котов", first_name="Иван"), raw=f"8 343 000-13-{n:02}")
        add_note(actor=anna, company=card, text="Звонить утром", is_pinned=not n)
    request_deletion(actor=anna, company_id=made[2].pk, note="Карточка заведена дважды")
    delete_company(actor=ada, company_id=made[3].pk, reason="Заведена по ошибке")
    return made


@pytest.fixture
def server(cards: list[Company], tmp_path: Path) -> Iterator[Server]:
    # without a broker the server does the work itself
    server = Server(tmp_path / "server.log", MEDIA_ROOT=str(tmp_path), CELERY_BROKER_URL=" ").start()
    yield server
    assert server.end() == 0


def _bulk(page: Page) -> None:
    # the tick is hidden on a narrow screen, its bar is not
    page.evaluate("document.querySelector('[data-list-body] [name=ids]').click()")
    page.locator("#selection-bar button[value=status]").click()
    expect(page.locator("#form-dialog select")).to_be_visible()


def _palette(page: Page) -> None:
    expect(page.get_by_text("Онлайн").first).to_be_attached()
    page.keyboard.press("Control+KeyK")
    page.keyboard.type("северный")
    expect(page.locator("#palette [role=option]:visible").first).to_contain_text("Северный")


def _made(seat: Seat) -> tuple[str, str]:
    """Addresses of a job that has been done and of an import whose columns are asked."""
    page = seat.open("/companies/")
    _bulk(page)
    page.locator("#form-dialog select").select_option(label="В работе")
    page.locator("#form-dialog .btn-primary").click()
    expect(page.get_by_label("Результат")).to_be_visible()
    job = page.url.removeprefix(seat.url)
    page = seat.open("/imports/")
    page.get_by_label("Таблица с компаниями").set_input_files(TABLE)
    page.get_by_role("button", name="Прочитать файл").click()
    expect(page.get_by_role("button", name="Проверить")).to_be_visible()
    return job, page.url.removeprefix(seat.url)


def _problems(seat: Seat, cards: list[Company], job: str, file: str) -> dict[str, list[str]]:
    card, other = cards[0].pk, cards[1].pk
    paths = {
        "list": "/companies/",
        "contacts": "/contacts/",
        "card": f"/companies/{card}/",
        "form": "/companies/new/",
        "upload": "/imports/",
        "columns": file,
        "job": job,
        "merge": f"/companies/{card}/merge/{other}/",
        "requests": "/requests/",
        "bin": "/companies/bin/",
    }
    found = {name: serious(seat.open(path)) for name, path in paths.items()}
    _palette(seat.open("/calls/"))
    found["palette"] = serious(seat.page, "#palette")
    _bulk(seat.open("/companies/"))
    found["bulk"] = serious(seat.page, "#form-dialog")
    return {name: problems for name, problems in found.items() if problems}


def test_nothing_serious_stands_in_anybodys_way(server: Server, cards: list[Company]) -> None:
    def seated(browser: Browser, **look: Any) -> Seat:
        seat = Seat(browser, server.url, **look)
        seat.log_in("ada", PASSWORD)
        return seat

    with chromium() as browser:
        wide, narrow = seated(browser), seated(browser, width=390, dark=True)
        job, file = _made(wide)
        found = {"wide": _problems(wide, cards, job, file), "narrow": _problems(narrow, cards, job, file)}
    assert found == {"wide": {}, "narrow": {}}
