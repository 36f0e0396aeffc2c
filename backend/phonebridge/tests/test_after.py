"""The card after the call: born with the first result, saved while it is written, done once."""

from __future__ import annotations

import importlib
import json
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.workdays import Hours
from audit.models import AuditLog, Source
from companies.models import Company, CompanyNote, DoNotCall, PhoneNumber
from companies.services import add_contact, add_phone
from conftest import PASSWORD
from phonebridge import nextstep
from phonebridge.enums import NextStep, Teller
from phonebridge.models import AfterCall, CallReport, CallRequest, Outcome
from phonebridge.selectors.after import NO_CARDS, Share, filled_share, unfilled
from phonebridge.services import incoming, outcomes
from phonebridge.services.after import skip_cards
from phonebridge.tests.fixtures import NUMBER, click, device_of, phone_client

pytestmark = pytest.mark.django_db
UPDATE = "/api/phone/calls/update/"


@pytest.fixture(autouse=True)
def shipped(db: None) -> None:
    """The shipped dictionary, also after a test that emptied the tables."""
    importlib.import_module("phonebridge.migrations.0007_after_call").ship(apps, None)


def page(user: User) -> Client:
    client = Client()
    assert client.login(username=user.username, password=PASSWORD)
    return client


def tell(user: User, call: CallRequest | None = None, status: str = "connected", **more: Any) -> CallRequest:
    """A phone reports a result."""
    now = timezone.now()
    body = {"call_status": status, "call_started_at": (now - timedelta(seconds=60)).isoformat(), **more}
    if call is not None:
        body["call_request_id"] = str(call.pk)
    assert phone_client(user).post(UPDATE, body, format="json").status_code == 200
    return CallRequest.objects.get(pk=call.pk) if call else CallRequest.objects.latest("created_at")


def called(user: User, status: str = "connected", **kwargs: Any) -> CallRequest:
    device_of(user)
    return tell(user, click(user, **kwargs), status)


def patch(user: User, call: CallRequest, **body: Any) -> Any:
    return page(user).patch(f"/api/v1/calls/{call.pk}/after/", json.dumps(body), content_type="application/json")


def card(call: CallRequest) -> AfterCall:
    return AfterCall.objects.get(pk=call.pk)


@pytest.mark.parametrize(
    ("status", "more", "expected"),
    [
        ("connected", {}, ("draft", True, None)),
        ("unknown", {}, ("draft", True, None)),
        ("no_answer", {}, ("done", False, "not_reached")),
        ("busy", {}, ("done", False, "not_reached")),
        ("connected", {"direction": "incoming"}, ("draft", True, None)),
        ("missed", {"direction": "incoming"}, None),
    ],
)
def test_first_result_makes_the_card(anna: User, status: str, more: dict[str, Any], expected: Any) -> None:
    call = tell(anna, status=status, event_id="e-1", phone=NUMBER, **({"direction": "outgoing"} | more))
    found = AfterCall.objects.select_related("outcome").filter(pk=call.pk).first()
    seen = (found.state, found.is_required, found.outcome.code if found.outcome else None) if found else None
    assert seen == expected


def test_a_later_result_moves_an_untouched_card_only(anna: User) -> None:
    call = called(anna, "unknown")
    tell(anna, call, "no_answer")
    assert (card(call).state, card(call).is_required) == ("done", False)
    tell(anna, call, "connected")
    assert (card(call).state, card(call).outcome_id, card(call).is_required) == ("draft", None, True)
    other = called(anna, "unknown", phone="+7 343 000-77-77")
    assert patch(anna, other, rev=1, note="Пишу").status_code == 200
    tell(anna, other, "no_answer")
    assert (card(other).state, card(other).note, card(other).is_required) == ("draft", "Пишу", True)
    assert AfterCall.objects.count() == 2


def test_result_of_the_day_before_yesterday_asks_for_nothing(anna: User) -> None:
    old = (timezone.now() - timedelta(hours=60)).isoformat()
    body: dict[str, Any] = {"event_id": "old", "phone": NUMBER, "direction": "outgoing", "call_started_at": old}
    call = tell(anna, **body)
    assert (card(call).state, card(call).skip_reason) == ("skipped", "поздний")
    day = CallRequest.objects.get(pk=call.pk).counted_on
    assert day is not None
    assert filled_share(anna, day, day)[anna.pk] == Share(0, 0, 1)


def test_draft_is_autosaved_and_two_tabs_lose_nothing(anna: User) -> None:
    call = called(anna, tab="tab-1")
    assert card(call).opener == "tab-1"
    first = patch(anna, call, rev=1, note="Ждут счёт").json()
    assert (first["rev"], first["state"], first["note"]) == (2, "draft", "Ждут счёт")
    stale = patch(anna, call, rev=1, outcome="interested")
    assert (stale.status_code, stale.json()["code"], stale.json()["draft"]["note"]) == (409, "stale", "Ждут счёт")
    assert patch(anna, call, rev=2, outcome="interested", done=True).json()["state"] == "done"
    # the same words again change nothing and leave no second row of the trail
    rows = AuditLog.objects.filter(entity_type="call_request", message__startswith="Итог")
    assert patch(anna, call, rev=3, outcome="interested", done=True).json()["rev"] == 3
    assert [row.message for row in rows] == ["Итог звонка: Интересно"]
    assert page(anna).get(f"/api/v1/calls/{call.pk}/after/").json()["outcome"] == "interested"
    assert page(anna).get("/api/v1/calls/").json()["results"][0]["after"]["note"] == "Ждут счёт"


def test_phone_answers_by_name_once_and_edits_later(anna: User) -> None:
    call = called(anna)
    url = f"/api/v1/calls/{call.pk}/after/"
    answer = {"answer_id": "a-1", "done": True, "outcome": "call_back", "next": "15m", "note": "после обеда"}
    phone = phone_client(anna)
    got = phone.patch(url, answer, format="json").json()
    assert (got["state"], got["source"], got["outcome"]) == ("done", "phone", "call_back")
    assert patch(anna, call, rev=got["rev"], outcome="interested").json()["outcome"] == "interested"
    # the phone repeats what it has said: the correction stays
    assert phone.patch(url, answer, format="json").json()["outcome"] == "interested"
    assert phone.patch(url, {**answer, "answer_id": "a-2"}, format="json").json()["outcome"] == "call_back"
    trail = AuditLog.objects.filter(message__startswith="Итог звонка").order_by("pk").values_list("message", flat=True)
    assert list(trail) == [
        "Итог звонка: Перезвонить",
        "Итог звонка исправлен: Интересно",
        "Итог звонка исправлен: Перезвонить",
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"rev": 1, "done": True}, "no_outcome"),
        ({"rev": 1, "outcome": "refusal", "done": True}, "no_note"),
        ({"rev": 1, "outcome": "what"}, "unknown_outcome"),
        ({"rev": 1, "outcome": "gone"}, "retired"),
        ({"rev": 1, "outcome": 5}, "bad_answer"),
        ({"rev": 1, "note": "a\x00b"}, "bad_answer"),
        ({"rev": 1, "note": "я" * 10_001}, "bad_answer"),
        ({"rev": 1, "next_at": "2020-01-01T10:00:00Z"}, "bad_next"),
        ({"rev": 1, "next_at": "9999-12-31T23:59:59-23:00"}, "bad_next"),
        ({"rev": 1, "next_at": "скоро"}, "bad_next"),
        ({"rev": 1, "next": "2h"}, "bad_answer"),
        ({"rev": "1"}, "bad_answer"),
        ({"rev": True}, "bad_answer"),
        ({"note": "без имени"}, "bad_answer"),
        ({"rev": 1, "done": "yes"}, "bad_answer"),
    ],
)
def test_bad_answers_are_refused_in_words_and_the_draft_stays(anna: User, body: dict[str, Any], code: str) -> None:
    Outcome.objects.create(code="gone", name="Больше не бывает", is_active=False)
    call = called(anna)
    answer = patch(anna, call, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["field"]
    assert (card(call).rev, card(call).state) == (1, "draft")


def test_who_may_write(anna: User, boris: User, clara: User, dan: User, ada: User) -> None:
    call = called(anna)
    assert [patch(who, call, rev=1, note="x").status_code for who in (boris, dan, clara, ada)] == [404, 404, 403, 403]
    assert patch(anna, call, rev=1, outcome="interested", done=True).status_code == 200
    assert patch(clara, call, rev=2, outcome="offer").status_code == 200
    AfterCall.objects.filter(pk=call.pk).update(done_at=timezone.now() - timedelta(days=6))
    late = patch(anna, call, rev=3, note="поздно")
    assert (late.status_code, late.json()["code"]) == (403, "too_late")
    assert patch(clara, call, rev=3, note="руководитель").status_code == 200
    AfterCall.objects.filter(pk=call.pk).update(done_at=timezone.now() - timedelta(days=40))
    assert patch(clara, call, rev=4, note="ещё").json()["code"] == "too_late"
    assert patch(ada, call, rev=4, note="ещё").json()["code"] == "no_reason"
    assert patch(ada, call, rev=4, note="ещё", reason="ой").status_code == 400
    assert patch(ada, call, rev=4, note="ещё", reason="Просьба сотрудника").status_code == 200
    assert patch(anna, CallRequest(pk=uuid.uuid4()), rev=1).status_code == 404


def test_outcome_speaks_of_the_line_and_a_correction_takes_it_back(anna: User) -> None:
    call = called(anna, "unknown")
    day, hour = call.counted_on, call.counted_hour
    patch(anna, call, rev=1, outcome="interested", done=True)
    call.refresh_from_db()
    assert (call.call_status, call.counted_on, call.counted_hour) == ("connected", day, hour)
    patch(anna, call, rev=2, outcome="machine", done=True)
    call.refresh_from_db()
    assert call.call_status == "no_answer"
    # at equal rank the person's word stays, what is better than both wins, and nothing lowers a talk
    assert tell(anna, call, "busy").call_status == "no_answer"
    assert tell(anna, call, "connected", call_duration_seconds=40).talk_s == 40
    patch(anna, call, rev=3, outcome="machine", note="всё же", done=True)
    call.refresh_from_db()
    assert (call.call_status, card(call).is_required) == ("connected", True)
    assert CallReport.objects.filter(call=call, transport=Teller.PERSON).count() == 2


def test_nobody_makes_a_talk_of_a_call_that_no_phone_saw_answered(anna: User) -> None:
    call = called(anna, "no_answer")
    assert patch(anna, call, rev=1, outcome="interested", done=True).status_code == 200
    call.refresh_from_db()
    assert (call.call_status, card(call).is_required) == ("no_answer", False)


def test_effects_of_outcomes(anna: User, boris: User) -> None:
    company = Company.objects.create(name="ООО «Север»", responsible=boris, branch=boris.branch)
    number = add_phone(holder=company, raw=NUMBER)
    call = called(anna, company=company)
    for _ in range(2):
        assert patch(anna, call, answer_id="a", outcome="wrong_number", done=True).status_code == 200
    number.refresh_from_db()
    assert number.is_invalid
    person = add_contact(company=company, last_name="Котов")
    add_phone(holder=person, raw="+7 343 000-55-55")
    second = called(anna, phone="+7 343 000-55-55", contact=person)
    assert patch(anna, second, rev=1, outcome="stop", done=True).status_code == 200
    person.refresh_from_db()
    assert person.do_not_call
    third = called(anna, phone="+7 343 000-66-66")
    assert patch(anna, third, rev=1, outcome="stop", done=True).status_code == 200
    assert DoNotCall.objects.get().e164 == "+73430006666"
    assert (CompanyNote.objects.count(), PhoneNumber.objects.filter(is_invalid=True).count()) == (0, 1)


def test_unfilled_queue_share_and_a_person_who_leaves(anna: User, boris: User, clara: User, dan: User) -> None:
    first, second = called(anna), called(anna, phone="+7 343 000-44-44")
    called(anna, "no_answer", phone="+7 343 000-45-45")
    called(dan)
    waiting = page(anna).get("/api/v1/calls/after/").json()
    assert (waiting["count"], waiting["results"][0]["opens"]) == (2, True)
    patch(anna, first, rev=1, outcome="offer", done=True)
    day = card(first).call.counted_on
    assert day is not None
    share = filled_share(clara, day, day)
    assert share == {anna.pk: Share(1, 1, 0)}
    assert str(share[anna.pk].percent) == "50.0"
    assert (NO_CARDS.percent, filled_share(boris, day, day)) == (None, {})
    CallRequest.objects.filter(pk=second.pk).update(is_private=True)
    assert not unfilled(anna).exists()
    assert patch(anna, second, rev=1, note="x").json()["code"] == "not_counted"
    assert skip_cards(owner=anna, reason="уволен") == 1
    assert card(second).state == "skipped"


def test_an_unfilled_card_blocks_no_click(anna: User) -> None:
    called(anna)
    answer = page(anna).post("/api/v1/calls/", {"phone": "+7 343 000-99-99"}, content_type="application/json")
    assert answer.status_code == 201


def test_merged_outcomes_keep_their_cards_and_the_systems_own_stays(anna: User, ada: User) -> None:
    call = called(anna)
    patch(anna, call, rev=1, outcome="away", done=True)
    keep, gone, own = (Outcome.objects.get(code=code) for code in ("message", "away", "not_reached"))
    assert outcomes.usage([keep, gone]) == {keep.pk: 0, gone.pk: 1}
    admin = page(ada)
    data = {"action": "merge", "_selected_action": [keep.pk, gone.pk]}
    asked = admin.post("/admin/phonebridge/outcome/", data).content.decode()
    assert "Нет на месте (итогов: 1)" in asked
    admin.post("/admin/phonebridge/outcome/", {**data, "keep": keep.pk})
    assert card(call).outcome == keep
    assert not Outcome.objects.filter(code="away").exists()
    with pytest.raises(outcomes.BadMerge):
        outcomes.merge_outcomes(actor=ada, keep=keep, gone=[own])
    assert admin.get(f"/admin/phonebridge/outcome/{keep.pk}/delete/").status_code == 403


def test_moments_of_the_next_step() -> None:
    zone = "Asia/Yekaterinburg"
    hours = Hours(zone)
    friday = datetime(2026, 11, 27, 12, 1, tzinfo=UTC)
    assert nextstep.moment_of(NextStep.IN_15_MIN, friday, hours) == datetime(2026, 11, 27, 12, 20, tzinfo=UTC)
    assert nextstep.moment_of(NextStep.IN_1_HOUR, friday, hours) == datetime(2026, 11, 27, 13, 5, tzinfo=UTC)
    assert nextstep.moment_of(NextStep.MORNING, friday, hours) == datetime(2026, 11, 30, 5, 0, tzinfo=UTC)
    assert nextstep.morning_words(friday, hours) == "пн 10:00"
    assert nextstep.morning_words(friday - timedelta(days=1), hours) == "завтра 10:00"
    assert nextstep.end_of_next_working_day(friday, hours) == datetime(2026, 11, 30, 19, 0, tzinfo=UTC)
    # the last working day before the long holidays, and a Saturday on which this branch works
    eve = datetime(2026, 12, 30, 9, 0, tzinfo=UTC)
    assert nextstep.morning_words(eve, hours) == "пн 11.01 10:00"
    assert nextstep.moment_of(NextStep.MORNING, eve, hours) == datetime(2027, 1, 11, 5, 0, tzinfo=UTC)
    own = Hours(zone, days={date(2026, 11, 28): True})
    assert nextstep.morning_words(friday, own) == "завтра 10:00"
    assert nextstep.read_moment("2026-12-01T10:00", zone) == datetime(2026, 12, 1, 5, 0, tzinfo=UTC)


def test_a_step_that_was_refused_is_not_put_back(anna: User) -> None:
    call = called(anna)
    api = f"/api/v1/calls/{call.pk}/after/"
    said = {"outcome": "call_back", "next_at": "", "done": True, "answer_id": "a1"}
    refused = page(anna).patch(api, said, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "no_next")
    del said["next_at"]
    assert page(anna).patch(api, {**said, "answer_id": "a2"}, content_type="application/json").status_code == 200
    assert card(call).next_at is not None


def test_a_reason_has_a_length(anna: User) -> None:
    call = called(anna)
    said = {"outcome": "interested", "done": True, "answer_id": "a1", "reason": "я" * 1001}
    refused = page(anna).patch(f"/api/v1/calls/{call.pk}/after/", said, content_type="application/json")
    assert (refused.status_code, refused.json()["field"]) == (400, "reason")


def test_a_private_call_that_is_taken_back_has_its_card_again(anna: User) -> None:
    call = tell(anna, direction="incoming", phone="+73430009999", event_id="e1")
    assert card(call).state == "draft"
    incoming.mark_private(actor=anna, call=call, source=Source.UI)
    assert card(call).state == "skipped"
    incoming.unmark_private(actor=anna, call=call, source=Source.UI)
    assert card(call).state == "draft"
    assert unfilled(anna).count() == 1


def test_names_of_a_card_out_of_sight_stand_nowhere(anna: User, dan: User) -> None:
    """The base knows whose number rang; the person who was called does not see that card."""
    User.objects.filter(pk=dan.pk).update(data_scope="self")
    dan.refresh_from_db()
    firm = Company.objects.create(name="ООО «Тайна»", responsible=anna, branch=anna.branch)
    add_phone(holder=add_contact(company=firm, last_name="Скрытый", first_name="Пётр"), raw="+7 343 000-77-77")
    call = tell(dan, direction="incoming", phone="+73430007777", event_id="e1")
    assert call.company == firm
    client = page(dan)
    doors = (
        "/api/v1/calls/after/", "/api/v1/calls/", "/calls/after/", f"/calls/{call.pk}/after/", f"/calls/{call.pk}/",
    )  # fmt: skip
    for door in doors:
        text = client.get(door).text
        assert "Тайна" not in text, door
        assert "Скрытый" not in text, door
    # erased: nobody can tell any more who might have seen it
    CallRequest.objects.filter(pk=call.pk).update(company=None, contact=None)
    assert "Тайна" not in client.get("/api/v1/calls/").text
    assert "Тайна" not in client.get("/calls/").text
