"""Whatever happens to calls: they, their sums, the page, the API and both files say the same numbers (R-7)."""

from __future__ import annotations

import csv
import io
import random
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from openpyxl import load_workbook

from accounts.models import Branch, User
from common.clock import local_day
from phonebridge.models import CallDayState
from phonebridge.services import rollup
from phonebridge.stats import Filter, as_dict, report
from phonebridge.stats.figures import STATUSES
from phonebridge.stats.period import Period, month_of
from phonebridge.stats.tests.makers import make_call
from phonebridge.stats.tests.test_rollup import NOW, OLD, change
from ui.stats.asked import query_of
from ui.tests.doors import client_of

pytestmark = pytest.mark.django_db
PAGE, API = "/settings/calls/stats/", "/api/v1/calls/stats/"
STEPS = 6
COLUMNS = {
    "Звонки": "total_calls",
    "Дозвон": "connected",
    "Нет ответа": "no_answer",
    "Занято": "busy",
    "Отклонён": "rejected",
    "Пропущен": "missed",
    "Не определено": "unknown",
    "Разных номеров": "unique_numbers",
    "Разговор, с": "talk_s",
}
COUNTS = (*STATUSES, "total_calls", "talk_s")
NUMBERS = (*COUNTS, "unique_numbers")
MIXES = ("by_direction", "by_resolve_method", "by_action_source")


def told(said: dict[str, Any]) -> dict[str, Any]:
    """What every door has to agree on: the total, its parts, and a line for each person."""
    total = {name: said[name] for name in (*NUMBERS, *MIXES, "connect_rate_percent", "avg_duration")}
    return total | {"rows": [{name: row[name] for name in NUMBERS} for row in said["rows"]]}


def from_calls(viewer: User, asked: Filter) -> dict[str, Any]:
    """Every day counted from its calls, as if no sums had been made."""
    with transaction.atomic():
        CallDayState.objects.all().delete()
        found = as_dict(report(asked, viewer, NOW))
        transaction.set_rollback(True)
    return told(found)


def on_page(client: Client, query: str) -> dict[str, Any]:
    context = client.get(f"{PAGE}?{query}").context
    total = {name: context[name] for name in (*COUNTS, *MIXES, "connect_rate_percent", "avg_duration")}
    return total | {"rows": [{name: row[name] for name in COUNTS} for row in context["rows"]]}


def without_unique(truth: dict[str, Any]) -> dict[str, Any]:
    """Different numbers are a region of their own on the page."""
    rows = [{name: row[name] for name in COUNTS} for row in truth["rows"]]
    return {name: value for name, value in truth.items() if name != "unique_numbers"} | {"rows": rows}


def from_file(lines: list[list[Any]]) -> dict[str, Any]:
    place = {column: lines[0].index(column) for column in COLUMNS}
    rows = [{name: int(line[place[column]]) for column, name in COLUMNS.items()} for line in lines[1:]]
    return rows[-1] | {"rows": rows[:-1]}


def files(client: Client, query: str) -> list[dict[str, Any]]:
    text = client.get(f"{PAGE}export/?{query}&format=csv").content.decode("utf-8-sig")
    book = load_workbook(io.BytesIO(client.get(f"{PAGE}export/?{query}&format=xlsx").content))
    assert book.active is not None
    sheet = [[cell.value for cell in line] for line in book.active.iter_rows()]
    head = next(n for n, line in enumerate(sheet) if "Звонки" in line)
    return [from_file(list(csv.reader(io.StringIO(text), delimiter=";"))), from_file(sheet[head:])]


def check(viewer: User, asked: Filter) -> int:
    client, query = client_of(viewer), query_of(asked)
    truth = from_calls(viewer, asked)
    assert told(as_dict(report(asked, viewer, NOW))) == truth
    api = client.get(f"{API}?{query}")
    assert told(api.json()) == truth, query
    assert on_page(client, query) == without_unique(truth), query
    region = client.get(f"{PAGE}unique/?{query}").text
    assert re.findall(r'kpi-value">(\d+)<', region) == [str(truth["unique_numbers"])], query
    plain = {name: truth[name] for name in NUMBERS} | {"rows": truth["rows"]}
    assert files(client, query) == [plain, plain], query
    return int(truth["total_calls"])


@pytest.mark.parametrize("seed", range(2))
def test_calls_sums_page_api_and_files_say_the_same(
    anna: User, boris: User, dan: User, clara: User, gleb: User, branch_ekb: Branch, branch_krd: Branch, seed: int
) -> None:
    dice, people = random.Random(seed), [anna, boris, dan]  # noqa: S311
    for _ in range(40):
        at = OLD + timedelta(minutes=dice.randrange(0, 75 * 24 * 60))
        make_call(dice.choice(people), at, dice.choice(STATUSES), call_duration_seconds=5, direction="outgoing")
    rollup.recompute()
    month = month_of(local_day(OLD, "UTC"))
    asked = [
        Filter(Period(month.from_on, local_day(NOW, "UTC"))),
        Filter(month, branch_id=branch_ekb.pk),
        Filter(month, statuses=("connected", "unknown")),
    ]
    seen = 0
    for _ in range(STEPS):
        for _ in range(3):
            change(dice, people, [branch_ekb, branch_krd])
        if dice.random() < 0.5:
            rollup.recompute()
        seen += sum(check(viewer, one) for viewer in (gleb, clara) for one in asked)
    assert seen > 0
