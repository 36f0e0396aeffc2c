"""What a person writes of a call on the phone."""

from __future__ import annotations

import importlib
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.models import User
from accounts.roles import DataScope
from companies.models import Company, CompanyNote
from companies.services import create_company
from phonebridge.answers import Answer
from phonebridge.enums import Status
from phonebridge.models import AfterCall, CallRequest
from phonebridge.services.after import save_card

pytestmark = pytest.mark.django_db
NUMBER = "+73430001234"


@pytest.fixture
def outcomes(db: None) -> None:
    """The shipped dictionary, also after a test that emptied the tables."""
    importlib.import_module("phonebridge.migrations.0007_after_call").ship(apps, None)


def make_call(user: User, company: Company | None = None, **columns: object) -> CallRequest:
    return CallRequest.objects.create(
        user=user, branch=user.branch, company=company, phone_e164=NUMBER, status=Status.CONSUMED, **columns
    )


def say(user: User, path: str = "/api/phone/calls/note/", **body: Any) -> Any:
    access = tokens.issue_pair(user, rotating=True).access
    headers = {"Authorization": f"Bearer {access}", "X-CRM-Protocol": "1"}
    return Client().post(path, body, content_type="application/json", headers=headers)


def test_note_stands_on_the_card_once(anna: User) -> None:
    company = create_company(actor=anna, name="ООО «Пример»")
    call = make_call(anna, company)
    body = {"note_id": "n1", "call_request_id": str(call.pk), "outcome": "agreed", "note": " Ждут счёт "}
    assert [say(anna, **body).status_code for _ in range(2)] == [200, 200]
    note = CompanyNote.objects.get()
    assert (note.company, note.author, note.type, note.text) == (company, anna, "call", "Договорились. Ждут счёт")
    assert say(anna, **{**body, "note_id": "n2", "note": "", "outcome": "Перезвонить"}).status_code == 200
    assert CompanyNote.objects.count() == 2


def test_without_a_card_it_stands_on_the_call(anna: User) -> None:
    call = make_call(anna, note="было", event_id="e-1")
    for _ in range(2):
        assert say(anna, note_id="n1", event_id="e-1", note="Частное лицо").status_code == 200
    call.refresh_from_db()
    assert (call.note, call.rev > 0) == ("было\nЧастное лицо", True)
    # a note that is part of another one is a note of its own
    assert say(anna, note_id="n2", event_id="e-1", note="Частное").status_code == 200
    call.refresh_from_db()
    assert call.note == "было\nЧастное лицо\nЧастное"


def test_card_that_the_person_no_longer_sees_gets_nothing(anna: User, dan: User) -> None:
    User.objects.filter(pk=dan.pk).update(data_scope=DataScope.SELF)
    dan.refresh_from_db()
    call = make_call(dan, create_company(actor=anna, name="ООО «Чужое»"))
    assert say(dan, note_id="n1", call_request_id=str(call.pk), note="Тайна").status_code == 200
    assert CompanyNote.objects.count() == 0
    call.refresh_from_db()
    assert call.note == "Тайна"


def test_repeat_is_found_by_the_phones_own_id(anna: User) -> None:
    first = make_call(anna)
    report = {
        "report_id": "r1",
        "call_request_id": str(first.pk),
        "event_id": "own-7",
        "phone": NUMBER,
        "call_status": "connected",
        "call_duration_seconds": 5,
    }
    assert say(anna, "/api/phone/calls/update/", **report).status_code == 200
    assert say(anna, note_id="n1", event_id="own-7", note="Второй разговор").status_code == 200
    assert CallRequest.objects.get().note == "Второй разговор"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "unknown_call"),
        ({"call_request_id": str(uuid.uuid4()), "note": "x"}, "unknown_call"),
        ({"event_id": "\x00", "note": "x"}, "unknown_call"),
        ({"event_id": {"a": 1}, "note": "x"}, "unknown_call"),
        ({"event_id": "e-1"}, "bad_note"),
        ({"event_id": "e-1", "note": "x", "note_id": ""}, "bad_note"),
        ({"event_id": "e-1", "note": "  ", "outcome": ["x"]}, "bad_note"),
    ],
)
def test_what_is_no_note_is_said_in_words(anna: User, body: dict[str, Any], code: str) -> None:
    make_call(anna, event_id="e-1")
    answer = say(anna, **{"note_id": "n", **body})
    assert answer.json()["code"] == code
    assert answer.json()["detail"]


def test_call_of_somebody_else_is_not_there(anna: User, clara: User) -> None:
    call = make_call(anna)
    assert say(clara, note_id="n", call_request_id=str(call.pk), note="x").status_code == 404


def told(user: User, call: CallRequest) -> AfterCall:
    say(user, "/api/phone/calls/update/", call_request_id=str(call.pk), call_status="connected", report_id="r1")
    return AfterCall.objects.get(pk=call.pk)


@pytest.mark.parametrize(
    ("outcome", "text", "state", "kept"),
    [
        ("agreed", "", "done", ("interested", "")),
        ("call_back", "", "done", ("call_back", "")),
        ("not_interested", "дорого", "done", ("refusal", "дорого")),
        ("not_interested", "", "draft", ("refusal", "")),
        ("no_answer", "", "draft", (None, "")),
        ("свои слова", "", "draft", (None, "")),
    ],
)
def test_the_outcome_answers_the_card_after_the_call(
    anna: User, outcomes: None, outcome: str, text: str, state: str, kept: tuple[str | None, str]
) -> None:
    call = make_call(anna)
    assert told(anna, call).state == "draft"
    for _ in range(2):
        assert say(anna, note_id="n1", call_request_id=str(call.pk), outcome=outcome, note=text).status_code == 200
    card = AfterCall.objects.select_related("outcome").get(pk=call.pk)
    assert (card.state, card.outcome.code if card.outcome else None, card.note) == (state, *kept)
    if kept[0] is not None:
        assert card.rev == told(anna, call).rev > 0
    assert (card.next_at is not None) is (outcome == "call_back")


def test_a_card_that_somebody_writes_is_left_to_them(anna: User, outcomes: None) -> None:
    call = make_call(anna)
    card = told(anna, call)
    save_card(actor=anna, call_id=call.pk, answer=Answer({"note": "пишу"}, rev=card.rev), now=timezone.now())
    assert say(anna, note_id="n1", call_request_id=str(call.pk), outcome="agreed").status_code == 200
    card.refresh_from_db()
    assert (card.state, card.outcome, card.note) == ("draft", None, "пишу")


def test_several_lines_are_one_note(anna: User) -> None:
    call = make_call(anna)
    for _ in range(3):
        assert say(anna, note_id="n1", call_request_id=str(call.pk), note="раз\nдва").status_code == 200
    call.refresh_from_db()
    assert call.note == "раз\nдва"
    said = [
        say(anna, note_id=f"m{n}", call_request_id=str(call.pk), note=f"{n}" * 2000).status_code for n in range(11)
    ]
    assert said[0] == 200
    assert said[-1] == 400
