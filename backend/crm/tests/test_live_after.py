"""After a call, as its users do it: the card opens where the click was, keys fill it, another tab loses nothing."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from playwright.sync_api import expect

from accounts import tokens
from accounts.models import User
from companies.models import Company
from companies.services import add_phone, create_company
from crm.tests.axe import serious
from crm.tests.live import Seat, seated
from devkit.serving import wait_until
from phonebridge.models import AfterCall, CallRequest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.stack]
expect.set_options(timeout=20_000)


@pytest.fixture
def card(transactional_db: Any, anna: User) -> Company:
    importlib.import_module("phonebridge.migrations.0007_after_call").ship(apps, None)
    company = create_company(actor=anna, name="ООО «Северный лес»", responsible=anna)
    add_phone(holder=company, raw="+7 343 000-12-34")
    return company


@pytest.fixture
def seat(card: Company, tmp_path: Path) -> Iterator[Seat]:
    with seated(tmp_path, "anna") as seats:
        yield seats[0]


def talked(seat: Seat, user: User) -> CallRequest:
    """The click has been made; the phone tells of a talk."""
    wait_until(lambda: CallRequest.objects.filter(call_status__isnull=True).exists(), "the click")
    call = CallRequest.objects.get(call_status__isnull=True)
    access = tokens.issue_pair(user, rotating=True).access
    body = {"call_request_id": str(call.pk), "call_status": "connected", "call_duration_seconds": 42}
    headers = {"Authorization": f"Bearer {access}"}
    assert seat.context.request.post(f"{seat.url}/api/phone/calls/update/", data=body, headers=headers).ok
    return call


def test_the_card_opens_where_the_click_was_and_is_filled_by_keys(seat: Seat, card: Company, anna: User) -> None:
    page, other = seat.page, seat.tab()
    for where in (other, page):
        seat.open(f"/companies/{card.pk}/", where)
        expect(where.get_by_text("Онлайн").first).to_be_visible()
    page.get_by_role("button", name="Позвонить").first.click()
    expect(page.locator("#call-box")).to_contain_text("Отправлено")
    call = talked(seat, anna)
    dock, elsewhere = page.locator("#after-dock"), other.locator("#after-dock")
    expect(dock).to_contain_text("Разговор 0:42")
    expect(dock.locator("[value=interested]")).to_be_focused()
    expect(other.locator("[data-after-count]")).to_contain_text("1")
    expect(elsewhere).to_be_hidden()
    assert serious(page, "#after-dock") == []
    # keys choose; a draft is kept by itself, and the other tab opens it and writes on
    page.keyboard.press("Digit2")
    expect(dock.locator("[name=next][value='1h']")).to_be_checked()
    expect(dock).to_contain_text("Черновик сохранён")
    other.goto(f"{seat.url}/calls/after/")
    other.locator("[data-after-open]").click()
    expect(elsewhere.locator("[value=call_back]")).to_be_checked()
    elsewhere.locator("[name=note]").fill("Ждут счёт")
    expect(dock.locator("[name=note]")).to_have_value("Ждут счёт")
    # a reload resumes it; folded by Esc it stays; Enter finishes, and every tab knows
    page.reload()
    expect(dock.locator("[name=note]")).to_have_value("Ждут счёт")
    dock.locator("[value=call_back]").focus()
    page.keyboard.press("Escape")
    expect(dock.locator("[name=note]")).to_be_hidden()
    dock.locator(".after-title").click()
    dock.locator("[value=call_back]").focus()
    page.keyboard.press("Enter")
    expect(dock).to_be_hidden()
    expect(elsewhere).to_be_hidden()
    expect(other.locator("main")).to_contain_text("Итоги заполнены")
    done = AfterCall.objects.select_related("outcome").get(pk=call.pk)
    assert done.outcome is not None
    assert (done.state, done.outcome.code, done.note) == ("done", "call_back", "Ждут счёт")
    assert done.next_at is not None
    assert seat.complaints == []


def test_what_is_being_typed_keeps_the_focus_and_a_closed_tab_gives_way(seat: Seat, card: Company, anna: User) -> None:
    page, other = seat.page, seat.tab()
    for where in (page, other):
        seat.open(f"/companies/{card.pk}/", where)
        expect(where.get_by_text("Онлайн").first).to_be_visible()
    other.get_by_role("button", name="Позвонить").first.click()
    expect(other.locator("#call-box")).to_contain_text("Отправлено")
    other.close()
    page.bring_to_front()
    page.locator("#note-text").fill("Пишу заметку")
    talked(seat, anna)
    expect(page.locator("#after-dock.is-folded")).to_be_visible()
    expect(page.locator("#note-text")).to_be_focused()
    assert seat.complaints == []


def test_a_refused_field_stops_no_other_and_what_is_done_elsewhere_is_left_alone(
    seat: Seat, card: Company, anna: User
) -> None:
    call = CallRequest.objects.create(user=anna, branch=anna.branch, phone_e164="+73430001234", status="consumed")
    talked(seat, anna)
    page, other = seat.page, seat.tab()
    for where in (page, other):
        seat.open(f"/calls/{call.pk}/after/", where)
    form = page.locator("main [data-after-card]")
    form.locator("[name=next][value=custom]").check(force=True)
    form.locator("[name=next_at]").fill("2020-01-01T10:00")
    form.locator("[name=note]").fill("Ждут счёт")
    expect(form.locator("[data-after-error]")).to_contain_text("в прошлом")
    expect(form.locator("[data-after-saved]")).to_contain_text("Остальное сохранено")
    assert AfterCall.objects.get(pk=call.pk).note == "Ждут счёт"
    # an own step without a moment is asked for before anything goes out
    form.locator("[name=next_at]").fill("")
    form.locator("[value=interested]").check(force=True)
    form.get_by_role("button", name="Готово").click()
    assert form.locator("[name=next_at]").evaluate("field => !field.validity.valid")
    form.locator("[name=next][value='']").check(force=True)
    form.get_by_role("button", name="Готово").click()
    page.wait_for_url("**/calls/after/")
    # the other tab still shows the draft
    elsewhere = other.locator("main [data-after-card]")
    elsewhere.locator("[name=note]").fill("поздняя правка")
    expect(elsewhere.locator("[data-after-error]")).to_contain_text("уже сохранён в другой вкладке")
    done = AfterCall.objects.get(pk=call.pk)
    assert (done.state, done.note, done.next_at) == ("done", "Ждут счёт", None)
    # the browser itself tells of the answers 400 and 409
    assert [said for said in seat.complaints if "status of 4" not in said] == []
