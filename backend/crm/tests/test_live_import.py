"""The import in a browser: a file becomes cards before one's eyes, and is taken back; the same without scripts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Page, expect

from accounts.models import User
from companies.models import Company
from conftest import PASSWORD
from crm.tests.live import Seat, Server, chromium

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.stack]
expect.set_options(timeout=20_000)
ROWS = 60


@pytest.fixture(autouse=True)
def _orm_beside_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop in this thread; the ORM of the test itself is used between its calls only."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def seats(transactional_db: Any, tmp_path: Path, anna: User) -> Iterator[tuple[Seat, Seat]]:
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    # without a broker the server does the work itself
    server = Server(tmp_path / "server.log", MEDIA_ROOT=str(tmp_path), CELERY_BROKER_URL=" ").start()
    with chromium() as browser:
        with_scripts, without = Seat(browser, server.url), Seat(browser, server.url, javascript=False, width=390)
        for seat in (with_scripts, without):
            seat.log_in("anna", PASSWORD)
        yield with_scripts, without
    assert server.end() == 0


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "база.csv"
    rows = [f"ООО «Кабель {i}»;8 343 200-{i // 100:02}-{i % 100:02};Котов Иван Петрович" for i in range(ROWS)]
    path.write_bytes("\r\n".join(["Название;Телефон;ФИО", *rows, ";;Никто"]).encode("cp1251"))
    return path


def _send(page: Page, path: Path) -> None:
    page.get_by_label("Таблица с компаниями").set_input_files(os.fspath(path))
    page.get_by_role("button", name="Прочитать файл").click()
    expect(page.get_by_text("строк: 61 · CSV · Windows-1251")).to_be_visible()
    page.get_by_role("button", name="Проверить").click()


def test_file_becomes_cards_and_is_taken_back(seats: tuple[Seat, Seat], table: Path) -> None:
    page = seats[0].open("/imports/")
    _send(page, table)
    expect(page.get_by_text("В строке нет ни названия, ни ИНН, ни телефона.")).to_be_visible()
    assert Company.objects.count() == 0
    page.get_by_role("button", name="Загрузить 60 строк").click()
    undo = page.get_by_role("link", name="Отменить загрузку")
    expect(undo).to_be_visible()
    assert Company.objects.count() == ROWS
    undo.click()
    dialog = page.locator("#form-dialog")
    expect(dialog).to_contain_text("Созданные компании будут удалены")
    dialog.get_by_role("button", name="Отменить загрузку").click()
    expect(page.get_by_text("Строк отменено")).to_be_visible()
    expect(page.get_by_text("Отменена", exact=True)).to_be_visible()
    assert Company.objects.count() == 0
    assert seats[0].complaints == []
    # the pages that refresh themselves come to the same
    plain = seats[1].open("/imports/")
    _send(plain, table)
    plain.get_by_role("button", name="Загрузить 60 строк").click()
    expect(plain.get_by_role("link", name="Отменить загрузку")).to_be_visible()
    assert Company.objects.count() == ROWS
