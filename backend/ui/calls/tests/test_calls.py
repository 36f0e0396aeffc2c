"""«Звонки», one call, and the box: own, of the branch, or all."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import DataScope
from phonebridge.enums import CallStatus, Status
from phonebridge.models import CallReport, CallRequest
from ui.tests.doors import client_of, limit, make_card

pytestmark = pytest.mark.django_db


def make_call(user: User, outcome: CallStatus | None = CallStatus.CONNECTED, **columns: object) -> CallRequest:
    moment = timezone.now() - timedelta(minutes=5)
    values: dict[str, object] = {
        "phone_e164": "+73430001234",
        "status": Status.CONSUMED,
        "call_status": outcome,
        "call_duration_seconds": 42 if outcome == CallStatus.CONNECTED else None,
        "created_at": moment,
        "closed_at": moment + timedelta(minutes=1),
        "counted_on": moment.date(),
        **columns,
    }
    return CallRequest.objects.create(user=user, branch=user.branch, **values)


def test_every_role_sees_its_reach(anna: User, boris: User, clara: User, dan: User, gleb: User, ada: User) -> None:
    call = make_call(anna)
    for user, sees in ((anna, True), (boris, False), (clara, True), (dan, False), (gleb, True), (ada, True)):
        client = client_of(user)
        for path in ("/calls/", "/calls/rows/"):
            assert (f"call-{call.pk}" in client.get(path).text) == sees, (user.username, path)
        for part in ("", "box/", "moments/"):
            answer = client.get(f"/calls/{call.pk}/{part}")
            assert answer.status_code == (200 if sees else 404), (user.username, part)


def test_filters_cut_by_day_outcome_and_person(clara: User, anna: User, boris: User) -> None:
    day = datetime(2026, 3, 10, 7, tzinfo=UTC)
    talk = make_call(anna, created_at=day, counted_on=day.date())
    silent = make_call(boris, CallStatus.NO_ANSWER)
    lost = make_call(boris, None, status=Status.EXPIRED)
    going = make_call(anna, None, status=Status.DELIVERED, claimed_at=timezone.now(), closed_at=None)
    client = client_of(clara)

    def shown(**query: str) -> set[uuid.UUID]:
        rows = client.get("/calls/", query).context["rows"]
        return {uuid.UUID(row.id) for row in rows}

    assert shown() == {talk.pk, silent.pk, lost.pk, going.pk}
    assert shown(day="2026-03-10") == {talk.pk}
    assert shown(day="2026-03-10", status="connected") == {talk.pk}
    assert shown(status="no_answer") == {silent.pk}
    assert shown(status="with") == {talk.pk, silent.pk}
    assert shown(status="without") == {lost.pk}
    assert shown(status="open") == {going.pk}
    assert shown(person=str(boris.pk)) == {silent.pk, lost.pk}
    assert shown(day="today") == {silent.pk, lost.pk, going.pk}


@pytest.mark.parametrize(
    "query",
    ["day=31.02", "day=2026-02-31", "day=0001-01-01", "day=9999-12-31", "status=x", "person=0", "person=x", "day=%00"],
)
def test_a_filter_that_cannot_be_is_an_empty_list(clara: User, anna: User, query: str) -> None:
    make_call(anna)
    answer = client_of(clara).get(f"/calls/?{query}")
    assert answer.status_code == 200
    assert answer.context["rows"] == []
    assert "Таких звонков нет" in answer.text


def test_company_that_the_viewer_may_not_open_is_no_link(clara: User, anna: User, dan: User) -> None:
    foreign = make_card(dan)
    make_call(anna, company=foreign, company_name=foreign.name)
    limit(DataScope.BRANCH, clara)
    page = client_of(clara).get("/calls/").text
    assert foreign.name in page
    assert f"/companies/{foreign.pk}/" not in page


def test_detail_shows_moments_and_reports(anna: User, ada: User) -> None:
    call = make_call(anna, note="Уточнить объём", result_at=timezone.now())
    CallReport.objects.create(
        user=anna, call=call, dedupe_key="id:1", transport="ws", body={"call_status": "connected"}, is_applied=True
    )
    page = client_of(anna).get(f"/calls/{call.pk}/").text
    for words in ("Команда создана", "Результат принят", "Уточнить объём", "применён", "Дозвон · 0:42"):
        assert words in page
    assert "Тело отчёта" not in page
    assert "Тело отчёта" in client_of(ada).get(f"/calls/{call.pk}/").text


@pytest.mark.parametrize("status", [*CallStatus, None])
def test_every_outcome_has_words(anna: User, status: CallStatus | None) -> None:
    call = make_call(anna, status, call_duration_seconds=None)
    client = client_of(anna)
    for path in ("/", "/calls/", f"/calls/{call.pk}/"):
        page = client.get(path)
        assert page.status_code == 200
        assert "None" not in page.text


@pytest.mark.parametrize("pk", ["0", "x", "00000000-0000-0000-0000-000000000000"])
def test_unknown_calls_are_404(anna: User, pk: str) -> None:
    assert client_of(anna).get(f"/calls/{pk}/").status_code == 404


def test_own_call_stands_on_every_page(anna: User) -> None:
    make_call(anna, None, status=Status.PENDING, closed_at=None, expires_at=timezone.now() + timedelta(minutes=1))
    client = client_of(anna)
    for path in ("/", "/companies/", "/calls/", "/calls/mine/"):
        assert "call-box tone-accent" in client.get(path).text, path


def test_head_sees_the_same_box_on_the_card(anna: User, clara: User, dan: User) -> None:
    company = make_card(anna)
    make_call(
        anna,
        None,
        company=company,
        status=Status.PENDING,
        closed_at=None,
        expires_at=timezone.now() + timedelta(minutes=1),
    )
    page = client_of(clara).get(f"/companies/{company.pk}/live/").text
    assert "Звонит Анна Зайцева" in page
    assert "Отправлено" in page
    assert "Отменить" not in page
    assert "Звонит Анна Зайцева" not in client_of(dan).get(f"/companies/{company.pk}/live/").text
