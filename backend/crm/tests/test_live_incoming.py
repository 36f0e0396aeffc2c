"""A client rings: the page says who it is, a missed call waits with its colour, «Перезвонить» closes it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import User
from companies.models import Company
from companies.services import add_phone
from conftest import PASSWORD
from crm.tests.live import Phone, Seat, Server
from crm.tests.test_live_call import _orm_beside_a_browser, _real_passwords, browser, server  # noqa: F401
from devkit.serving import wait_until
from phonebridge.models import CallBack
from phonebridge.selectors import presence_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.stack]
NUMBER = "+73430001234"


def test_missed_call_is_seen_and_called_back(
    server: Server,  # noqa: F811
    browser: Browser,  # noqa: F811
    anna: User,
    clara: User,
    tmp_path: Path,
) -> None:
    company = Company.objects.create(name="ООО «Северный лес»", responsible=anna, branch=anna.branch)
    add_phone(holder=company, raw=NUMBER)
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"events": [{"at_s": 12, "do": "missed", "phone": NUMBER, "ring_s": 6}]}))
    seat, head = Seat(browser, server.url), Seat(browser, server.url)
    page = seat.log_in("anna", PASSWORD)
    head.log_in("clara", PASSWORD)
    head.open("/calls/callbacks/")
    expect(head.page.locator("main")).to_contain_text("Перезванивать некому")
    usual = ("--ring", "1-1", "--talk", "2-2", "--outcome", "connected", "--script", str(script))
    phone = Phone(server.url, "anna", PASSWORD, *usual)
    wait_until(lambda: presence_of([anna.pk])[anna.pk].is_live, "the phone is present")
    ringing = page.locator("#ringings .ringing")
    expect(ringing).to_contain_text("Северный лес")
    assert head.page.locator("#ringings .ringing").count() == 0
    expect(ringing).to_have_count(0)  # the report has come
    badge = page.locator(".nav a", has_text="Перезвонить").locator(".nav-count")
    expect(badge).to_have_text("1")
    expect(head.page.locator("main")).to_contain_text("Северный лес")
    seat.open("/calls/callbacks/")
    expect(page.locator("main")).to_contain_text(re.compile("меньше минуты|мин|нерабочее время"))
    page.get_by_role("button", name=re.compile("Перезвонить")).first.click()
    expect(page.locator("main")).to_contain_text("Перезванивать некому")
    expect(head.page.locator("main")).to_contain_text("Перезванивать некому")
    expect(badge).to_have_text("")
    assert CallBack.objects.get().state == "called_back"
    assert (seat.complaints, head.complaints) == ([], [])
    phone.end()
