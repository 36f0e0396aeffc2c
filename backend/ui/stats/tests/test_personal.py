"""One person's history and analytics, the overview and the cold-call report (K-24, K-25, W-5, C-6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Branch, BranchDay, User
from common.clock import local_day
from companies.models import Company
from phonebridge.models import CallPlan
from phonebridge.stats.streaks import streak
from phonebridge.stats.tests.makers import make_call

pytestmark = pytest.mark.django_db


def test_the_history_shows_dashes_for_what_nobody_told_and_links_what_may_be_seen(
    client: Client, anna: User, clara: User, dan: User
) -> None:
    now = timezone.now()
    card = Company.objects.create(name="ООО Лес", responsible=anna, branch=anna.branch)
    make_call(anna, now, "hologram", company=card, company_name=card.name)
    make_call(anna, now, "connected", attempts_count=2, resolve_method="observer", call_duration_seconds=65)
    client.force_login(clara)
    url = f"/settings/calls/stats/{anna.pk}/"
    text = client.get(url).content.decode()
    assert "None" not in text
    assert f"/companies/{card.pk}/" in text
    for words in ("Observer", "1:05", "Позвонить ещё раз", "Не удалось определить результат"):
        assert words in text
    assert client.get(f"{url}?status=connected").context["total"] == "1"
    assert client.get(f"{url}?status=unknown").context["total"] == "1"
    assert client.get(f"{url}?from=2026-02-31").status_code == 400
    client.force_login(dan)
    assert client.get(url).status_code == 404


def test_own_analytics_say_plan_fact_and_streak(client: Client, anna: User, branch_ekb: Branch) -> None:
    now = timezone.now()
    today = local_day(now, anna.day_zone)
    CallPlan.objects.create(user=anna, valid_from=today - timedelta(days=30), calls=2, connects=1)
    for n in range(6):
        day = today - timedelta(days=n)
        BranchDay.objects.create(branch=branch_ekb, on=day, is_working=n != 2)
        if n not in {2, 4}:
            for status in ("connected", "no_answer"):
                make_call(anna, now - timedelta(days=n), status, direction="outgoing")
    assert streak(anna, today) == 3
    client.force_login(anna)
    text = client.get("/analytics/me/").content.decode()
    assert "100 % из 2" in text
    assert "3" in text
    assert client.get("/analytics/me/?period=week").status_code == 200
    assert client.get("/analytics/me/?period=era").status_code == 400


def test_the_overview_counts_cold_calls_and_marks(
    client: Client, anna: User, boris: User, clara: User, dan: User
) -> None:
    now = timezone.now()
    make_call(anna, now, "connected", is_cold_call=True)
    make_call(anna, now, "no_answer", is_cold_call=True)
    make_call(boris, now, "connected")
    make_call(dan, now, "connected", is_cold_call=True)
    Company.objects.create(name="Холод", responsible=anna, branch=anna.branch, cold_marked_at=now, cold_marked_by=anna)
    client.force_login(clara)
    answer = client.get("/analytics/")
    assert (answer.context["cold_total"], answer.context["marks"]) == ("2", "1")
    line = next(line for line in answer.context["people"] if line["user"] == anna)
    assert (line["cold"], line["cold_connected"], line["marks"]) == ("2", "1", "1")
    assert client.get(line["cold_url"]).context["total"] == "2"
    assert client.get("/analytics/cold/export/?format=csv").content.decode("utf-8-sig").count("\n") == 4
    assert client.get("/api/v1/calls/stats/?cold=1").json()["total_calls"] == 2
    client.force_login(boris)
    assert client.get("/analytics/").context["cold_total"] == "0"


def test_the_overview_obeys_its_filter(client: Client, anna: User, dan: User, gleb: User) -> None:
    now = timezone.now()
    for person in (anna, dan):
        make_call(person, now, "connected")
        mark = {"cold_marked_at": now, "cold_marked_by": person}
        Company.objects.create(name=f"Холод {person.pk}", responsible=person, branch=person.branch, **mark)
    client.force_login(gleb)
    marks = {query: client.get(f"/analytics/?{query}").context["marks"] for query in ("", f"branch={anna.branch_id}")}
    assert marks == {"": "2", f"branch={anna.branch_id}": "1"}


def test_a_former_head_reads_no_plan_and_no_place(client: Client, anna: User, clara: User, branch_krd: Branch) -> None:
    make_call(anna, timezone.now(), "connected")
    User.objects.filter(pk=anna.pk).update(branch=branch_krd)
    client.force_login(clara)
    page = client.get(f"/analytics/{anna.pk}/")
    assert page.status_code == 200
    assert [tile["label"] for tile in page.context["plan_tiles"]] == ["Исходящие", "Дозвоны исходящих"]


def test_a_name_that_no_file_can_hold_stops_no_export(client: Client, anna: User) -> None:
    User.objects.filter(pk=anna.pk).update(last_name="Зайцева\x0bQ")
    make_call(anna, timezone.now(), "connected", is_cold_call=True)
    client.force_login(anna)
    for path in ("/settings/calls/stats/export/", "/analytics/cold/export/"):
        assert client.get(f"{path}?format=xlsx").status_code == 200
    assert client.get("/settings/calls/stats/export/?from=2026-02-31").status_code == 400
