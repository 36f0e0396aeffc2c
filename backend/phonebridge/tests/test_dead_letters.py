"""Reports that matched nothing, and the administrator who decides about them (D5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import AuditLog, Verb
from common.errors import DomainError
from common.ids import uuid7
from phonebridge.enums import Origin, Status
from phonebridge.models import CallReport, CallRequest, DeadLetter
from phonebridge.services import dead_letters
from phonebridge.tests.fixtures import click, phone_client

pytestmark = pytest.mark.django_db
UPDATE = "/api/phone/calls/update/"
LIST = "/admin/phonebridge/deadletter/"


def send(user: User, body: Any) -> DeadLetter:
    """What a phone reports that matches nothing."""
    known = set(DeadLetter.objects.values_list("pk", flat=True))
    assert phone_client(user).post(UPDATE, body, format="json").status_code == 200
    return DeadLetter.objects.exclude(pk__in=known).get()


def connected(**said: Any) -> dict[str, Any]:
    started = (timezone.now() - timedelta(seconds=90)).astimezone(UTC).isoformat()
    return {
        "call_request_id": str(uuid7()),
        "call_status": "connected",
        "call_started_at": started,
        "call_duration_seconds": 42,
        **said,
    }


def decided(letter: DeadLetter) -> tuple[str, User | None]:
    letter.refresh_from_db()
    assert (letter.resolved_at is None) == (letter.resolution == "")
    return letter.resolution, letter.resolved_by


def administrator(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def test_an_attached_report_counts_as_if_it_had_named_the_call(anna: User, ada: User) -> None:
    call = click(anna)
    letter = send(anna, connected())
    got = dead_letters.attach(letter=letter, call=call, actor=ada)
    assert (got.call_status, got.call_duration_seconds, got.status) == ("connected", 42, Status.CONSUMED)
    assert got.is_counted
    assert got.closed_at is not None
    report = CallReport.objects.get()
    assert (report.call, report.is_applied) == (call, True)
    assert decided(letter) == ("attached", ada)
    row = AuditLog.objects.get(entity_type="dead_letter")
    assert (row.actor, row.meta["call"]) == (ada, str(call.pk))


def test_a_better_result_is_not_made_worse_by_a_letter(anna: User, ada: User) -> None:
    call = click(anna)
    phone_client(anna).post(UPDATE, connected(call_request_id=str(call.pk)), format="json")
    letter = send(anna, connected(call_status="no_answer", call_duration_seconds=0))
    assert dead_letters.attach(letter=letter, call=call, actor=ada).call_status == "connected"


def test_attaching_twice_changes_nothing_and_elsewhere_is_refused(anna: User, ada: User, boris: User) -> None:
    call, other = click(anna), click(boris)
    letter = send(anna, connected())
    first = dead_letters.attach(letter=letter, call=call, actor=ada)
    again = dead_letters.attach(letter=letter, call=call, actor=ada)
    assert (again.rev, AuditLog.objects.filter(entity_type="dead_letter").count()) == (first.rev, 1)
    for decide in (
        lambda: dead_letters.attach(letter=letter, call=other, actor=ada),
        lambda: dead_letters.make_call(letter=letter, actor=ada),
        lambda: dead_letters.discard(letter=letter, actor=ada, reason="не тот звонок"),
    ):
        with pytest.raises(dead_letters.AlreadySettled):
            decide()
    other.refresh_from_db()
    assert other.call_status is None


def test_a_call_is_made_once_at_the_moment_of_the_report(anna: User, ada: User) -> None:
    letter = send(anna, connected(direction="outgoing", phone="+7 343 000-12-34"))
    CallReport.objects.update(received_at=F("received_at") - timedelta(days=2))
    received = CallReport.objects.get().received_at
    call = dead_letters.make_call(letter=letter, actor=ada)
    assert (call.user, call.branch, call.origin, call.phone_e164) == (anna, anna.branch, Origin.PHONE, "+73430001234")
    assert (call.call_status, call.is_counted) == ("connected", True)
    assert call.created_at == call.closed_at == received
    assert call.counted_at is not None
    assert call.counted_at <= received
    assert dead_letters.make_call(letter=letter, actor=ada) == call
    assert CallRequest.objects.count() == 1
    assert decided(letter) == ("made", ada)


def test_a_call_is_made_of_an_old_dialers_four_fields_too(anna: User, ada: User) -> None:
    call = dead_letters.make_call(letter=send(anna, connected()), actor=ada)
    assert (call.phone_raw, call.number_key, call.call_duration_seconds) == ("", None, 42)


def test_two_letters_about_one_event_are_one_call(anna: User, ada: User) -> None:
    event = {"event_id": "e-1", "phone": "+73430001234"}
    letters = [send(anna, connected(**event)) for _ in range(2)]
    calls = {dead_letters.make_call(letter=letter, actor=ada).pk for letter in letters}
    assert len(calls) == 1


@pytest.mark.parametrize("body", [["x"], "text", 5])
def test_a_body_without_a_call_can_only_be_discarded(anna: User, ada: User, body: Any) -> None:
    call = click(anna)
    letter = send(anna, body)
    with pytest.raises(dead_letters.NothingInIt):
        dead_letters.attach(letter=letter, call=call, actor=ada)
    with pytest.raises(dead_letters.NothingInIt):
        dead_letters.make_call(letter=letter, actor=ada)
    dead_letters.discard(letter=letter, actor=ada, reason="проверка связи")
    assert decided(letter) == ("discarded", ada)


@pytest.mark.parametrize("reason", ["", "    ", "нет", "\x00\x00"])
def test_discarding_needs_a_reason(anna: User, ada: User, reason: str) -> None:
    letter = send(anna, connected())
    with pytest.raises(dead_letters.NoReason):
        dead_letters.discard(letter=letter, actor=ada, reason=reason)
    assert decided(letter) == ("", None)


def test_a_discarded_report_is_kept_and_may_come_again(anna: User, ada: User) -> None:
    body = connected()
    letter = send(anna, body)
    for _ in range(2):
        dead_letters.discard(letter=letter, actor=ada, reason="x" * 400)
    letter.refresh_from_db()
    assert len(letter.note) == 300
    assert phone_client(anna).post(UPDATE, body, format="json").status_code == 200
    assert (CallReport.objects.count(), CallRequest.objects.count(), DeadLetter.objects.count()) == (1, 0, 1)
    with pytest.raises(DomainError):
        dead_letters.make_call(letter=letter, actor=ada)


def test_the_body_that_nobody_can_trust_is_still_a_call(anna: User, ada: User) -> None:
    strange = {"call_status": "☎", "call_started_at": "1970-01-01T00:00:00Z", "call_duration_seconds": -5}
    call = dead_letters.make_call(letter=send(anna, connected(**strange)), actor=ada)
    assert call.call_status == "unknown"
    assert call.call_started_at is not None
    assert call.call_started_at > datetime(2000, 1, 1, tzinfo=UTC)


# --- at the administrator's desk


def act(client: Client, action: str, *letters: DeadLetter, **said: str) -> str:
    body = {"action": action, "_selected_action": [str(letter.pk) for letter in letters], **said}
    return client.post(LIST, body, follow=True).text


def test_the_three_decisions_are_made_from_the_list(anna: User, ada: User) -> None:
    client, call = administrator(ada), click(anna)
    letters = [send(anna, connected(call_duration_seconds=n)) for n in range(3)]
    assert "Анна Зайцева" in client.get(LIST).text
    assert "Решено отчётов: 1." in act(client, "attach", letters[0], call=str(call.pk))
    assert "Решено отчётов: 1." in act(client, "make_call", letters[1])
    assert "Решено отчётов: 1." in act(client, "discard", letters[2], reason="проверка связи")
    assert [decided(letter)[0] for letter in letters] == ["attached", "made", "discarded"]


@pytest.mark.parametrize("call", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_call_that_is_not_there_is_said(anna: User, ada: User, call: str) -> None:
    letter = send(anna, connected())
    assert "Звонка с таким id нет." in act(administrator(ada), "attach", letter, call=call)
    assert decided(letter) == ("", None)


def test_refusals_are_said_and_the_rest_is_done(anna: User, ada: User) -> None:
    empty, good = send(anna, [1]), send(anna, connected())
    said = act(administrator(ada), "make_call", empty, good)
    assert "В отчёте нет данных о звонке." in said
    assert "Решено отчётов: 1." in said
    assert "Напишите причину" in act(administrator(ada), "discard", empty)


def test_reading_a_body_leaves_a_row(anna: User, ada: User) -> None:
    letter = send(anna, connected(note="секрет"))
    page = administrator(ada).get(f"{LIST}{letter.pk}/change/")
    assert "секрет" in page.text
    row = AuditLog.objects.get(verb=Verb.VIEW_SENSITIVE)
    assert (row.actor, row.entity_id) == (ada, str(letter.pk))
    assert administrator(ada).get(f"{LIST}999/change/").status_code == 302


def test_nobody_writes_here_by_hand(anna: User, ada: User, clara: User) -> None:
    client, letter = administrator(ada), send(anna, connected())
    for url in (f"{LIST}add/", f"{LIST}{letter.pk}/delete/"):
        assert client.post(url, {}).status_code == 403
    assert client.post(f"{LIST}{letter.pk}/change/", {"note": "x"}).status_code == 403
    head = Client()
    head.force_login(clara)
    assert head.get(LIST, follow=True).status_code == 403
