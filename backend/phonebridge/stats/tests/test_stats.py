"""The figures of a report, one definition each (Q-2)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.http import QueryDict

from accounts.models import Branch, User
from phonebridge.enums import Delivery, Status
from phonebridge.services.results import record_report
from phonebridge.stats import BadFilter, Filter, NotYourPerson, Period, as_dict, read_filter, report
from phonebridge.stats.tests.makers import make_call

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
TODAY = Period(date(2026, 3, 10), date(2026, 3, 10))
pytestmark = pytest.mark.django_db


def of(viewer: User, period: Period = TODAY, **filters: object) -> dict[str, object]:
    return as_dict(report(Filter(period, **filters), viewer, NOW))  # type: ignore[arg-type]


def test_connect_rate_percent_calculation(anna: User) -> None:
    for status in ("connected", "connected", "no_answer"):
        make_call(anna, NOW, status)
    assert of(anna)["connect_rate_percent"] == 66.7


def test_connect_rate_percent_with_zero_total(anna: User) -> None:
    found = of(anna)
    assert (found["total_calls"], found["connect_rate_percent"], found["avg_duration"]) == (0, 0.0, 0)
    made = report(Filter(TODAY), anna, NOW)
    assert made.total.connect_rate_percent is None
    assert made.connected_per_manager is None


def test_avg_duration_only_connected(anna: User) -> None:
    make_call(anna, NOW, "connected", call_duration_seconds=61)
    make_call(anna, NOW, "connected", call_duration_seconds=62)
    make_call(anna, NOW, "no_answer", call_duration_seconds=600)
    found = of(anna)
    assert (found["avg_duration"], found["talk_s"]) == (62, 123)


def test_avg_duration_fallback_when_no_connected(anna: User) -> None:
    make_call(anna, NOW, "no_answer", call_duration_seconds=30)
    make_call(anna, NOW, "connected", call_duration_seconds=None)
    make_call(anna, NOW, "connected", call_duration_seconds=86_401)
    found = of(anna)
    assert (found["avg_duration"], found["talk_s"], found["connected"]) == (0, 0, 2)


def test_distributions_by_direction(anna: User) -> None:
    make_call(anna, NOW, "connected", direction="outgoing")
    make_call(anna, NOW, "no_answer")  # a click that said nothing of its direction went out
    make_call(anna, NOW, "missed", direction="outgoing")  # odd, but it went out
    make_call(anna, NOW, "connected", direction="incoming", origin="incoming")
    make_call(anna, NOW, "missed", direction="incoming", origin="incoming")
    make_call(anna, NOW, "missed", direction="unknown", origin="phone")
    make_call(anna, NOW, "connected", direction="sideways", origin="phone")
    found = of(anna)
    assert found["by_direction"] == {"outgoing": 3, "incoming": 1, "missed": 2, "unknown": 1}
    assert sum(found["by_direction"].values()) == found["total_calls"]


def test_distributions_by_action_source(anna: User) -> None:
    for source in ("crm_ui", "crm_ui", "notification", "history", None, "telepathy"):
        make_call(anna, NOW, "connected", action_source=source)
    assert of(anna)["by_action_source"] == {"crm_ui": 2, "notification": 1, "history": 1, "unknown": 2}


def test_unknown_enum_values_ignored(anna: User) -> None:
    """Words from the future are counted once, as unknown, and hide nothing."""
    make_call(anna, NOW, "voicemail", resolve_method="psychic", action_source="watch", direction="both")
    found = of(anna)
    assert (found["total_calls"], found["unknown"], found["connected"]) == (1, 1, 0)
    assert found["by_resolve_method"] == {"observer": 0, "retry": 0, "unknown": 1}
    assert of(anna, statuses=("unknown",))["total_calls"] == 1
    assert of(anna, statuses=("connected",))["total_calls"] == 0


def test_what_is_not_counted(anna: User) -> None:
    make_call(anna, NOW, "connected", is_test=True)
    make_call(anna, NOW, "connected", is_private=True)
    make_call(anna, NOW, "connected", deleted_at=NOW)
    for status in (Status.EXPIRED, Status.CANCELLED, Status.CONSUMED):
        make_call(anna, NOW, None, status=status)
    make_call(anna, NOW, None, status=Status.CONSUMED, is_unconfirmed=True)
    make_call(anna, NOW, None, status=Status.EXPIRED, is_test=True)
    found = of(anna)
    assert found["total_calls"] == 0
    assert found["without_result"] == {
        "without_result": 4,
        "never_reached": 1,
        "cancelled": 1,
        "unconfirmed": 1,
        "not_told": 1,
    }


def test_unique_numbers_over_all_are_not_the_sum(anna: User, boris: User, clara: User) -> None:
    make_call(anna, NOW, "connected")
    make_call(boris, NOW, "connected")
    make_call(boris, NOW, "connected", phone="+73430009999")
    make_call(boris, NOW, "connected", phone="")
    found = report(Filter(TODAY), clara, NOW)
    assert found.total.unique_numbers == 2
    assert {row.user.username: row.figures.unique_numbers for row in found.rows} == {"boris": 2, "anna": 1}


def test_rights_cut_first(anna: User, boris: User, clara: User, dan: User, gleb: User) -> None:
    for person in (anna, boris, dan):
        make_call(person, NOW, "connected")
    totals = {viewer.username: of(viewer)["total_calls"] for viewer in (anna, clara, dan, gleb)}
    assert totals == {"anna": 1, "clara": 2, "dan": 1, "gleb": 3}


def test_a_person_who_moved_has_one_row_and_the_branches_keep_their_calls(
    anna: User, clara: User, gleb: User, branch_krd: Branch, branch_ekb: Branch
) -> None:
    make_call(anna, NOW, "connected")
    anna.branch = branch_krd
    anna.save()
    make_call(anna, NOW, "no_answer")
    rows = {row.user.username: row.figures.total_calls for row in report(Filter(TODAY), gleb, NOW).rows}
    assert rows["anna"] == 2
    assert of(gleb, branch_id=branch_ekb.pk)["connected"] == 1
    assert of(gleb, branch_id=branch_krd.pk)["no_answer"] == 1
    assert of(clara)["total_calls"] == 1


def test_a_period_that_runs_is_compared_with_the_same_part_of_the_one_before(anna: User) -> None:
    """NOW is 14:00 in the zone of the calls: yesterday counts until 14:00."""
    for hours_ago, status in ((1, "connected"), (25, "connected"), (22, "no_answer"), (24, "no_answer")):
        make_call(anna, NOW - timedelta(hours=hours_ago), status)
    made = report(Filter(TODAY), anna, NOW)
    assert made.previous is not None
    assert made.previous.total_calls == 1
    assert made.changes["total_calls"].word == "even"
    assert made.changes["no_answer"].word == "even"
    make_call(anna, NOW, "connected")
    made = report(Filter(TODAY), anna, NOW)
    assert made.changes["total_calls"].value == Decimal(100)
    whole = report(Filter(Period(date(2026, 3, 9), date(2026, 3, 9))), anna, NOW)
    assert whole.total.total_calls == 3


def test_a_week_late_result_lands_on_its_own_day(anna: User) -> None:
    call = make_call(anna, NOW - timedelta(days=7), None, status=Status.EXPIRED)
    body = {"call_request_id": str(call.pk), "call_status": "connected", "call_duration_seconds": 5}
    record_report(user=anna, body=body, transport=Delivery.WS)
    week_ago = Period(date(2026, 3, 3), date(2026, 3, 3))
    assert (of(anna)["total_calls"], of(anna, week_ago)["total_calls"]) == (0, 1)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-03-11&to=2026-03-10", "to"),
        ("from=2026-02-31", "from"),
        ("from=2020-01-01&to=2026-03-10", "to"),
        ("period=fortnight", "period"),
        ("branch=999", "branch"),
        ("branch=none", "branch"),
        ("user_id=99999", "user_id"),
        ("user_id=%00", "user_id"),
        ("status=connected,great", "status"),
        ("to=9999-99-99", "to"),
    ],
)
def test_what_cannot_be_is_named(clara: User, query: str, field: str) -> None:
    with pytest.raises(BadFilter) as refusal:
        read_filter(QueryDict(query), clara, NOW)
    assert list(refusal.value.fields) == [field]


def test_somebody_elses_figures_are_not_found(anna: User, boris: User, dan: User, clara: User) -> None:
    for viewer, person in ((anna, boris), (clara, dan)):
        with pytest.raises(NotYourPerson):
            read_filter(QueryDict(f"user_id={person.pk}"), viewer, NOW)
    assert read_filter(QueryDict(f"user_id={boris.pk}&status=busy&status=missed"), clara, NOW) == Filter(
        TODAY, user_id=boris.pk, statuses=("busy", "missed")
    )
