"""The main job, as its users do it: click in a browser, a phone dials, every open page shows what happens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Browser, expect

from accounts.models import User
from companies.models import Company
from companies.services import add_phone
from conftest import PASSWORD
from crm.tests.live import Phone, Seat, Server, chromium
from devkit.serving import wait_until
from phonebridge.models import CallRequest
from phonebridge.selectors import presence_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.stack]
expect.set_options(timeout=20_000)
RESULT = re.compile("Дозвон")
QUICK = ("--ring", "1-1", "--talk", "6-6", "--outcome", "connected")


@pytest.fixture(autouse=True)
def _orm_beside_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop in this thread; the ORM of the test itself is used between its calls only."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def server(transactional_db: Any, tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "server.log").start()
    yield running
    assert running.end() == 0


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(autouse=True)
def _real_passwords(anna: User, clara: User) -> None:
    """The server is a process of its own and knows no test hasher."""
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))


@pytest.fixture
def card(anna: User) -> Company:
    company = Company.objects.create(name="ООО «Северный лес»", responsible=anna, branch=anna.branch)
    add_phone(holder=company, raw="+7 343 000-12-34")
    return company


def phone_of(server: Server, user: User, *arguments: str) -> Phone:
    phone = Phone(server.url, user.username, PASSWORD, *QUICK, *arguments)
    wait_until(lambda: presence_of([user.pk])[user.pk].is_live, "the phone is present")
    return phone


def test_click_to_result_on_every_open_page(
    server: Server, browser: Browser, card: Company, anna: User, clara: User
) -> None:
    phone = phone_of(server, anna)
    seat, head = Seat(browser, server.url), Seat(browser, server.url)
    seat.log_in("anna", PASSWORD)
    head.log_in("clara", PASSWORD)
    page, second, day = seat.page, seat.tab(), seat.tab()
    head.open("/calls/")
    for where, path in ((page, f"/companies/{card.pk}/"), (second, f"/companies/{card.pk}/"), (day, "/")):
        seat.open(path, where)
        expect(where.get_by_text("Онлайн").first).to_be_visible()
    expect(page.locator("body")).to_contain_text("в сети")
    page.get_by_role("button", name="Позвонить").first.click()
    for where in (page, second):
        expect(where.locator("#call-box")).to_contain_text(
            re.compile("Отправлено|На телефоне|Идёт набор|Идёт разговор")
        )
    expect(page.locator("#call-box")).to_contain_text("Идёт разговор")
    expect(head.page.locator("main")).to_contain_text("Северный лес")
    for where in (page, second):
        expect(where.locator("#call-box")).to_contain_text(RESULT)
    expect(head.page.locator("main")).to_contain_text(RESULT)
    expect(day.locator("main")).to_contain_text("100,0 %")
    call = CallRequest.objects.get()
    assert (call.status, call.call_status, call.delivery) == ("consumed", "connected", "ws")
    assert call.claimed_at is not None
    assert phone.wait("ack")
    assert (seat.complaints, head.complaints) == ([], [])
    phone.end()


def test_a_dialer_that_polls_does_the_same(server: Server, browser: Browser, card: Company, anna: User) -> None:
    phone = phone_of(server, anna, "--transport", "poll")
    seat = Seat(browser, server.url)
    page = seat.log_in("anna", PASSWORD)
    seat.open(f"/companies/{card.pk}/")
    expect(page.locator("body")).to_contain_text("опрос")
    page.get_by_role("button", name="Позвонить").first.click()
    expect(page.locator("#call-box")).to_contain_text(re.compile("Передано старому дозвонщику|Дозвон"))
    expect(page.locator("#call-box")).to_contain_text(RESULT)
    assert CallRequest.objects.get().delivery == "legacy"
    assert seat.complaints == []
    phone.end()


def test_absent_phone_is_said_before_the_click_and_cancel_tells_the_truth(
    server: Server, browser: Browser, card: Company, anna: User
) -> None:
    seat = Seat(browser, server.url, width=390)
    page = seat.log_in("anna", PASSWORD)
    seat.open(f"/companies/{card.pk}/")
    expect(page.locator("main")).to_contain_text("не подключён")
    page.get_by_role("button", name="Позвонить").first.click()
    expect(page.locator("#call-box")).to_contain_text("Отправлено")
    page.locator("#call-box").get_by_role("button", name=re.compile("Отменить")).click()
    expect(page.locator("#call-box")).to_contain_text("Отменён")
    assert CallRequest.objects.get().status == "cancelled"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert seat.complaints == []


def test_core_flow_without_javascript(server: Server, browser: Browser, card: Company, anna: User) -> None:
    phone = phone_of(server, anna)
    seat = Seat(browser, server.url, javascript=False)
    page = seat.log_in("anna", PASSWORD)
    seat.open("/companies/?q=1234")
    page.get_by_role("link", name=re.compile("Северный лес")).first.click()
    page.get_by_role("button", name="Позвонить").first.click()
    wait_until(lambda: CallRequest.objects.filter(call_status="connected").exists(), "the result")
    page.reload()
    expect(page.locator("#call-box")).to_contain_text(RESULT)
    phone.end()


def test_lost_connection_is_said_and_made_good(server: Server, browser: Browser, card: Company, anna: User) -> None:
    seat = Seat(browser, server.url)
    page = seat.log_in("anna", PASSWORD)
    seat.open(f"/companies/{card.pk}/")
    expect(page.get_by_text("Онлайн").first).to_be_visible()
    assert server.end() == 0
    expect(page.get_by_text(re.compile("Нет связи")).first).to_be_visible()
    server.start()
    expect(page.get_by_text("Онлайн").first).to_be_visible(timeout=40_000)
