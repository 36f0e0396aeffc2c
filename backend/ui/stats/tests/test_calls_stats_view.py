"""The page «Статистика звонков» and the lists behind its numbers (Q-3)."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import User
from audit.models import AuditLog, Verb
from common.clock import local_day
from phonebridge.stats.tests.makers import make_call

URL = "/settings/calls/stats/"
KEYS = {
    "total_calls", "connected", "no_answer", "busy", "rejected", "missed", "unknown", "connect_rate_percent",
    "avg_duration", "by_direction", "by_resolve_method", "by_action_source", "talk_s", "rows",
}  # fmt: skip
pytestmark = pytest.mark.django_db


def page(client: Client, viewer: User, query: str = "") -> tuple[Any, str]:
    client.force_login(viewer)
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 200
    return answer.context, answer.content.decode()


def test_view_context_keys_present(client: Client, anna: User) -> None:
    context, _ = page(client, anna)
    assert [name for name in KEYS if name not in context] == []


def test_view_with_calls_without_new_fields(client: Client, anna: User) -> None:
    make_call(anna, timezone.now(), "no_answer")
    context, text = page(client, anna)
    assert context["by_resolve_method"] == {"observer": 0, "retry": 0, "unknown": 1}
    assert "None" not in text
    assert "—" in text


def test_view_with_calls_with_new_fields(client: Client, anna: User) -> None:
    now = timezone.now()
    made = {"direction": "outgoing", "resolve_method": "observer", "action_source": "crm_ui"}
    make_call(anna, now, "connected", call_duration_seconds=65, **made)
    context, text = page(client, anna)
    assert context["by_direction"] == {"outgoing": 1, "incoming": 0, "missed": 0, "unknown": 0}
    assert context["by_action_source"] == {"crm_ui": 1, "notification": 0, "history": 0, "unknown": 0}
    assert "1:05" in text


def test_view_with_unknown_status(client: Client, anna: User) -> None:
    make_call(anna, timezone.now(), "unknown")
    make_call(anna, timezone.now(), "hologram")
    context, text = page(client, anna)
    assert (context["unknown"], context["total_calls"]) == (2, 2)
    assert "Не определено" in text


def test_view_connect_rate_no_division_by_zero(client: Client, anna: User) -> None:
    context, text = page(client, anna)
    assert (context["connect_rate_percent"], context["avg_duration"]) == (0.0, 0)
    assert "NaN" not in text
    tile = re.search(r'data-stat="total\.connect_rate_percent">([^<]*)<', text)
    assert tile is not None
    assert tile[1] == "—"


def test_every_number_opens_as_many_calls_as_it_says(client: Client, anna: User, boris: User, clara: User) -> None:
    now = timezone.now()
    for person in (anna, boris):
        for status in ("connected", "connected", "busy", "missed", "unknown"):
            make_call(person, now, status, call_duration_seconds=30 if status == "connected" else None)
    make_call(anna, now, None, status="expired")
    _, text = page(client, clara)
    links = re.findall(r'href="(/calls/\?[^"]*metric=[^"]*)"[^>]*>(?:<strong[^>]*>)?(\d+)<', text)
    assert len(links) > 15
    for href, shown in {(unescape(href), shown) for href, shown in links if "weekday" not in href}:
        answer = client.get(href)
        assert (href, answer.context["total"]) == (href, shown)


@pytest.mark.parametrize(
    "query",
    ["from=2026-02-31", "from=2026-03-02&to=2026-03-01", "branch=77", "status=great", "user_id=x", "period=era"],
)
def test_a_bad_filter_keeps_the_form_and_says_what_is_wrong(client: Client, anna: User, query: str) -> None:
    client.force_login(anna)
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 400
    assert "banner" in answer.content.decode()
    for door in ("figures/", "unique/"):
        assert client.get(f"{URL}{door}?{query}").status_code == 400
    assert client.get(f"/api/v1/calls/stats/?{query}").json()["fields"]


@pytest.mark.parametrize("query", ["metric=nope", "metric=busy&hour=24", "metric=busy&weekday=0", "metric=busy&to=x"])
def test_a_list_behind_no_number_says_so(client: Client, anna: User, query: str) -> None:
    client.force_login(anna)
    answer = client.get(f"/calls/?{query}")
    assert answer.status_code == 400
    assert "tone-danger" in answer.content.decode()


def test_page_api_and_files_say_the_same(client: Client, anna: User, boris: User, clara: User) -> None:
    now = timezone.now()
    for n, status in enumerate(("connected", "busy", "connected", "missed")):
        make_call((anna, boris)[n % 2], now, status, call_duration_seconds=61, phone=f"+7343000123{n % 3}")
    User.objects.filter(pk=anna.pk).update(first_name="=HYPERLINK(1)")
    context, _ = page(client, clara)
    api = client.get("/api/v1/calls/stats/").json()
    same = KEYS - {"rows"}
    assert {name: context[name] for name in same} == {name: api[name] for name in same}
    assert [row["total_calls"] for row in context["rows"]] == [row["total_calls"] for row in api["rows"]]
    rows = list(
        csv.reader(io.StringIO(client.get(f"{URL}export/?format=csv").content.decode("utf-8-sig")), delimiter=";")
    )
    total = dict(zip(rows[0], rows[-1], strict=True))
    assert (total["Звонки"], total["Разных номеров"], total["Разговор, с"]) == (
        str(api["total_calls"]), str(api["unique_numbers"]), str(api["talk_s"]),
    )  # fmt: skip
    book = load_workbook(io.BytesIO(client.get(f"{URL}export/?format=xlsx").content))
    cells = [[cell.value for cell in row] for row in book.active.iter_rows()]  # type: ignore[union-attr]
    assert [str(cell) for cell in cells[-1]][2] == str(api["total_calls"])
    assert any(str(row[0]).startswith("'=HYPERLINK") for row in cells)
    assert AuditLog.objects.filter(verb=Verb.EXPORT, entity_type="call_stats").count() == 2


def test_a_person_sees_own_figures_a_head_those_of_the_branch(
    client: Client, anna: User, boris: User, clara: User, dan: User
) -> None:
    for person in (anna, boris, dan):
        make_call(person, timezone.now(), "connected")
    assert page(client, anna)[0]["total_calls"] == 1
    assert page(client, clara)[0]["total_calls"] == 2
    assert client.get(f"{URL}?user_id={dan.pk}").status_code == 404
    assert client.get(f"/calls/?metric=total_calls&user_id={dan.pk}").status_code == 404


def test_a_long_period_counts_numbers_when_asked(client: Client, anna: User) -> None:
    today = local_day(timezone.now(), anna.day_zone)
    query = f"from={today - timedelta(days=300)}&to={today}"
    assert "Посчитать" in page(client, anna, query)[1]
    assert "Посчитать" not in page(client, anna, f"{query}&unique=1")[1]
    make_call(anna, timezone.now(), "connected")
    assert ">1<" in client.get(f"{URL}unique/?{query}").content.decode()
