"""Every page of calls, statistics, wallboard and phones as axe sees it: wide and light, narrow and dark."""

from __future__ import annotations

import importlib
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Branch, User
from companies.services import create_company
from crm.tests.axe import serious
from crm.tests.live import seated
from phonebridge.enums import Delivery
from phonebridge.models import CallPlan, CallRequest, PhoneDevice
from phonebridge.services.results import record_report
from phonebridge.services.walls import make_link
from phonebridge.stats.figures import STATUSES
from phonebridge.stats.tests.makers import make_call
from phonebridge.tests.fixtures import device_of, missed_by

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.stack]
expect.set_options(timeout=20_000)
LOOKS: list[dict[str, Any]] = [{"width": 1440, "dark": False}, {"width": 390, "dark": True}]


@pytest.fixture
def day(transactional_db: Any, anna: User, boris: User, clara: User) -> CallRequest:
    """A day of a branch with calls of every outcome, plans, a missed caller, phones; the call whose card is open."""
    importlib.import_module("phonebridge.migrations.0007_after_call").ship(apps, None)
    now, dice = timezone.now(), random.Random(7)  # noqa: S311
    card = create_company(actor=anna, name="ООО «Северный лес»", responsible=anna)
    for n in range(60):
        person, at = (anna, boris)[n % 2], now - timedelta(minutes=n * 17)
        status = STATUSES[n % len(STATUSES)]
        seconds = dice.randrange(10, 600)
        flow = "incoming" if status == "missed" else "outgoing"
        more: dict[str, Any] = {"direction": flow, "is_cold_call": n % 4 == 0}
        more |= {"company": card, "company_name": card.name} if n % 3 else {}
        make_call(person, at, status, call_duration_seconds=seconds, **more)
    for person in (anna, boris):
        CallPlan.objects.create(user=person, valid_from=(now - timedelta(days=3)).date(), calls=40, connects=12)
        device_of(person, f"phone-{person.username}")
    missed_by(anna)
    open_call = make_call(anna, now, None)
    body = {"call_request_id": str(open_call.pk), "call_status": "connected", "call_duration_seconds": 42}
    record_report(user=anna, body=body, transport=Delivery.WS)
    make_link(actor=clara, branch=clara.branch or Branch(), name="Экран в зале")
    return open_call


@pytest.mark.parametrize("look", LOOKS, ids=["wide", "narrow"])
def test_nothing_serious_stands_in_the_way_of_callers(
    day: CallRequest, tmp_path: Path, anna: User, clara: User, ada: User, look: dict[str, Any]
) -> None:
    device = PhoneDevice.objects.get(user=anna)
    pages = {
        "anna": (
            "/",
            "/calls/",
            f"/calls/{day.pk}/",
            "/calls/after/",
            "/calls/callbacks/",
            "/analytics/me/",
            "/settings/mobile/",
        ),
        "clara": (
            "/settings/calls/stats/",
            f"/settings/calls/stats/{anna.pk}/",
            "/analytics/",
            "/wallboard/",
            "/settings/calls/plans/",
            "/settings/calls/tv/",
        ),
        "ada": (
            "/settings/mobile/overview/",
            f"/settings/mobile/device/{device.pk}/",
            "/settings/mobile/builds/",
            "/settings/mobile/letters/",
        ),
    }
    found: dict[str, list[str]] = {}
    with seated(tmp_path, *pages, look=look) as seats:
        for seat, paths in zip(seats, pages.values(), strict=True):
            found |= {path: problems for path in paths if (problems := serious(seat.open(path)))}
            assert seat.complaints == []
    assert found == {}
