"""POST /api/phone/calls/update/: the legacy and the extended contract, by the names of the acceptance list (Q-1)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import DataScope
from companies.services import add_contact, add_phone, create_company
from phonebridge.enums import Status
from phonebridge.models import CallReport, CallRequest, DeadLetter
from phonebridge.tests.fixtures import click, device_of, phone_client

pytestmark = pytest.mark.django_db
URL = "/api/phone/calls/update/"


def report(user: User, body: dict[str, Any]) -> CallRequest | None:
    answer = phone_client(user).post(URL, body, format="json")
    assert answer.status_code == 200, answer.content
    call_id = body.get("call_request_id")
    return CallRequest.objects.filter(pk=call_id).first() if call_id else None


def legacy(call: CallRequest, **fields: Any) -> dict[str, Any]:
    started = (timezone.now() - timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {
        "call_request_id": str(call.pk),
        "call_status": "connected",
        "call_started_at": started,
        "call_duration_seconds": 20,
    }
    return {**body, **fields}


def test_legacy_payload_acceptance(anna: User) -> None:
    call = report(anna, legacy(click(anna)))
    assert call is not None
    assert (call.call_status, call.call_duration_seconds, call.status) == ("connected", 20, Status.CONSUMED)
    assert call.direction is None
    assert call.action_source is None
    assert call.closed_at is not None
    assert call.counted_on is not None


def test_extended_payload_acceptance(anna: User) -> None:
    clicked = click(anna)
    extra = {"direction": "outgoing", "resolve_method": "retry", "attempts_count": 3, "action_source": "crm_ui"}
    call = report(anna, legacy(clicked, **extra))
    assert call is not None
    assert (call.direction, call.resolve_method, call.attempts_count, call.action_source) == (
        "outgoing",
        "retry",
        3,
        "crm_ui",
    )


def test_unknown_status_persists(anna: User) -> None:
    call = report(anna, legacy(click(anna), call_status="unknown"))
    assert call is not None
    assert call.call_status == "unknown"


@pytest.mark.parametrize(
    "status", ["teleported", "", "CONNECTED ", 7, ["connected"], {"a": 1}, "x" * 10_000, "a\x00b"]
)
def test_unknown_status_graceful_mapping(anna: User, status: Any) -> None:
    call = report(anna, legacy(click(anna), call_status=status))
    assert call is not None
    expected = {"": None, "CONNECTED ": "connected"}.get(status, "unknown") if isinstance(status, str) else "unknown"
    assert call.call_status == expected


@pytest.mark.parametrize("value", ["sideways", 5, None, ["outgoing"]])
def test_invalid_direction_graceful_handling(anna: User, value: Any) -> None:
    call = report(anna, legacy(click(anna), direction=value))
    assert call is not None
    assert (call.direction, call.call_status) == (None, "connected")


def test_invalid_resolve_method_graceful_handling(anna: User) -> None:
    call = report(anna, legacy(click(anna), resolve_method="telepathy"))
    assert call is not None
    assert (call.resolve_method, call.call_status) == (None, "connected")
    assert "unknown_resolve_method" in call.flags


def test_invalid_action_source_graceful_handling(anna: User) -> None:
    call = report(anna, legacy(click(anna), action_source="dream"))
    assert call is not None
    assert (call.action_source, call.call_status) == (None, "connected")


def test_ended_at_autocompute_persists(anna: User) -> None:
    call = report(anna, legacy(click(anna)))
    assert call is not None
    assert call.call_started_at is not None
    assert call.call_ended_at == call.call_started_at + timedelta(seconds=20)


def test_ended_at_not_computed_if_duration_zero(anna: User) -> None:
    call = report(anna, legacy(click(anna), call_status="no_answer", call_duration_seconds=0))
    assert call is not None
    assert (call.call_ended_at, call.call_duration_seconds) == (None, 0)


def test_minimal_body_is_accepted(anna: User) -> None:
    call = report(anna, {"call_request_id": str(click(anna).pk)})
    assert call is not None
    assert (call.status, call.call_status) == (Status.CONSUMED, None)
    assert call.closed_at is not None


@pytest.mark.parametrize("duration", [-1, 10**12, "ten", 1e400, True, None])
def test_absurd_duration_is_dropped_and_flagged(anna: User, duration: Any) -> None:
    body = legacy(click(anna))
    body["call_duration_seconds"] = None if duration == float("inf") else duration
    call = report(anna, body)
    assert call is not None
    assert (call.call_duration_seconds, call.call_status) == (None, "connected")


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_moments_that_cannot_be_true_are_replaced(anna: User, moment: str) -> None:
    call = report(anna, legacy(click(anna), call_started_at=moment))
    assert call is not None
    assert call.call_started_at is not None
    assert abs(timezone.now() - call.call_started_at) < timedelta(minutes=1)
    assert "moments_replaced" in call.flags


def test_phone_clock_is_corrected_by_sent_at(anna: User) -> None:
    call = click(anna)
    wrong = timezone.now() - timedelta(days=2)
    body = legacy(
        call,
        sent_at=wrong.isoformat(),
        call_started_at=(wrong - timedelta(seconds=60)).isoformat(),
    )
    stored = report(anna, body)
    assert stored is not None
    assert stored.call_started_at is not None
    assert timedelta(seconds=55) < timezone.now() - stored.call_started_at < timedelta(seconds=70)
    assert "moments_replaced" not in stored.flags


def test_direction_missed_becomes_an_incoming_missed_call(anna: User) -> None:
    call = report(anna, {"call_request_id": str(click(anna).pk), "direction": "missed"})
    assert call is not None
    assert (call.direction, call.call_status) == ("incoming", "missed")


def test_same_report_twice_is_one_result(anna: User) -> None:
    call = click(anna)
    body = legacy(call)
    first = report(anna, body)
    again = report(anna, body)
    assert first is not None
    assert again is not None
    assert first.rev == again.rev
    assert CallReport.objects.filter(user=anna).count() == 1


def test_better_result_wins_and_worse_is_kept_but_not_applied(anna: User) -> None:
    call = click(anna)
    report(anna, legacy(call, call_status="unknown", call_duration_seconds=0))
    corrected = report(anna, legacy(call))
    late = report(anna, legacy(call, call_status="no_answer", call_duration_seconds=0))
    assert corrected is not None
    assert late is not None
    assert (corrected.call_status, late.call_status) == ("connected", "connected")
    assert CallReport.objects.filter(call=call).count() == 3


def test_foreign_and_unknown_ids_are_dead_letters_and_tell_nothing(anna: User, boris: User) -> None:
    foreign = click(boris)
    for call_id in (str(foreign.pk), "0190a0a0-0000-7000-8000-000000000000", "42", "'; drop table", None):
        answer = phone_client(anna).post(URL, {"call_request_id": call_id, "call_status": "connected"}, format="json")
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
    foreign.refresh_from_db()
    assert foreign.call_status is None
    reasons = sorted(DeadLetter.objects.values_list("reason", flat=True))
    assert reasons == ["bad_id", "bad_id", "foreign_call", "no_id", "unknown_call"]


@pytest.mark.parametrize(
    "raw", [b"[1, 2]", b'"text"', b"null", b'{"a": {"b": [1e309, null]}}', b'{"\\u0000": "\\ud800"}']
)
def test_any_json_is_kept(anna: User, raw: bytes) -> None:
    answer = phone_client(anna).generic(
        "POST",
        URL,
        raw,  # type: ignore[arg-type]
        content_type="application/json",
    )
    assert answer.status_code == 200
    assert DeadLetter.objects.count() == 1


@pytest.mark.parametrize("raw", [b"{", b"", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_gets_words(anna: User, raw: bytes) -> None:
    answer = phone_client(anna).generic(
        "POST",
        URL,
        raw,  # type: ignore[arg-type]
        content_type="application/json",
    )
    assert answer.status_code == 400
    assert "JSON" in answer.json()["detail"]


def test_report_without_token_is_401_with_detail() -> None:
    from rest_framework.test import APIClient

    answer = APIClient().post(URL, {}, format="json")
    assert answer.status_code == 401
    assert answer.json()["detail"]


def test_updates_are_never_throttled(anna: User) -> None:
    client = phone_client(anna)
    call = click(anna)
    codes = {client.post(URL, legacy(call, attempts_count=n), format="json").status_code for n in range(120)}
    assert codes == {200}


def test_long_and_odd_report_ids_are_told_apart(anna: User) -> None:
    ids = ["q" * 90 + "a", "q" * 90 + "b", "a\x00b", "\ud800", 5, 5.5]
    for number, name in enumerate(ids):
        body = {"report_id": name, "event_id": f"e{number}", "phone": "+79220001246", "call_status": "missed"}
        answer = phone_client(anna).generic("POST", URL, json.dumps(body), content_type="application/json")
        assert answer.status_code == 200
    assert CallRequest.objects.filter(user=anna).count() == len(ids)


def test_repeat_from_history_told_twice_is_one_row(anna: User) -> None:
    call = click(anna)
    report(anna, legacy(call))
    later = (datetime.now(UTC) + timedelta(minutes=2)).isoformat()
    for name in ("r1", "r2"):
        report(anna, legacy(call, report_id=name, action_source="history", call_started_at=later))
    assert CallRequest.objects.filter(user=anna).count() == 2


def test_end_in_the_future_and_a_duration_without_talk_are_flagged(anna: User) -> None:
    now = timezone.now().isoformat()
    silent = report(anna, legacy(click(anna), call_status="no_answer", call_duration_seconds=300))
    assert silent is not None
    assert (silent.call_duration_seconds, silent.call_ended_at, silent.flags) == (
        None,
        None,
        ["duration_without_talk"],
    )
    long = report(anna, legacy(click(anna), call_started_at=now, call_duration_seconds=4000))
    assert long is not None
    assert (long.call_ended_at, long.flags) == (None, ["end_replaced"])


def test_incoming_call_without_a_click_makes_one_row(anna: User) -> None:
    body = {"event_id": "log-77", "phone": "8 (922) 000-12-46", "call_status": "missed", "direction": "incoming"}
    for _ in range(2):
        phone_client(anna).post(URL, body, format="json")
    phone_client(anna).post(URL, {**body, "call_status": "connected", "call_duration_seconds": 5}, format="json")
    call = CallRequest.objects.get(user=anna)
    assert (call.origin, call.phone_e164, call.call_status) == ("incoming", "+79220001246", "connected")


def test_two_phones_that_count_their_reports_alike_lose_none(anna: User) -> None:
    """The same name with other words is another report; told again, each changes nothing."""
    first = click(anna)
    body = legacy(first, report_id="7")  # made once: it tells the moment of the call
    for _ in range(2):
        report(anna, body)
    second = click(anna)
    body = legacy(second, report_id="7", call_status="no_answer", call_duration_seconds=0)
    for _ in range(2):
        report(anna, body)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.call_status, second.call_status) == ("connected", "no_answer")
    assert CallReport.objects.filter(user=anna).count() == 2


def test_two_phones_that_count_their_events_alike_lose_none(anna: User) -> None:
    for _ in range(2):
        for number in ("+7 922 000-12-46", "+7 922 000-12-47"):
            body = {"event_id": "log-42", "phone": number, "call_status": "missed", "direction": "incoming"}
            assert phone_client(anna).post(URL, body, format="json").status_code == 200
    numbers = CallRequest.objects.filter(user=anna).values_list("phone_e164", flat=True)
    assert sorted(numbers) == ["+79220001246", "+79220001247"]


def test_a_second_call_in_a_thousand_years_is_kept_for_the_first(anna: User) -> None:
    """A moment that cannot be true makes no row of its own, and no answer but 200."""
    call = click(anna)
    report(anna, legacy(call))
    for n, moment in enumerate(("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00")):
        report(anna, legacy(call, report_id=f"far-{n}", action_source="history", call_started_at=moment))
    assert CallRequest.objects.filter(user=anna).count() == 1
    assert CallReport.objects.filter(user=anna).count() == 4


def test_second_call_from_history_under_an_old_id_is_a_row_of_its_own(anna: User) -> None:
    call = click(anna)
    device_of(anna)
    report(anna, legacy(call))
    later = (datetime.now(UTC) + timedelta(minutes=2)).isoformat()
    body = legacy(
        call, action_source="history", call_started_at=later, call_status="no_answer", call_duration_seconds=0
    )
    report(anna, body)
    rows = CallRequest.objects.filter(user=anna).order_by("created_at")
    assert [r.call_status for r in rows] == ["connected", "no_answer"]
    assert rows[1].repeats_id == call.pk


def test_call_begun_on_the_phone_stands_on_the_card_of_its_number(anna: User, dan: User) -> None:
    """Also an incoming one; whoever may not see the card does not read whose it is."""
    card = create_company(actor=anna, name="ООО «Уральский кабель»", responsible=anna)
    ivan = add_contact(company=card, last_name="Котов", first_name="Иван")
    add_phone(holder=ivan, raw="+7 922 000-12-46")
    User.objects.filter(pk=dan.pk).update(data_scope=DataScope.SELF)
    for who in (anna, User.objects.get(pk=dan.pk)):
        for number in ("8 922 000-12-46", "8 922 000-99-99", "101"):
            body = {"event_id": f"log-{number}", "phone": number, "call_status": "connected", "direction": "incoming"}
            assert phone_client(who).post(URL, body, format="json").status_code == 200
    known, *others = CallRequest.objects.order_by("created_at", "pk")
    assert (known.company, known.contact) == (card, ivan)
    assert (known.company_name, known.contact_name) == (card.name, ivan.full_name)
    theirs = CallRequest.objects.get(user=dan, phone_e164=known.phone_e164)
    assert theirs.company == card  # the truth of the base; rights apply when somebody reads
    told = phone_client(User.objects.get(pk=dan.pk)).get(f"/api/v1/calls/{theirs.pk}/").json()
    assert (told["company"], told["contact"], told["company_name"] + told["contact_name"]) == (None, None, "")
    unknown = [call for call in others if call.pk != theirs.pk]
    assert [(c.company_id, c.contact_id, c.company_name + c.contact_name) for c in unknown] == [(None, None, "")] * 4
