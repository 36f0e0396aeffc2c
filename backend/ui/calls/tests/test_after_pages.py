"""The card after a call on the pages: without a script, in the queue, in lists, on the call, on the company."""

from __future__ import annotations

import importlib
from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from accounts.models import User
from companies.models import Company
from phonebridge.models import AfterCall, CallRequest
from phonebridge.tests.fixtures import click, device_of, phone_client
from ui.tests.doors import client_of, make_card

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shipped(db: None) -> None:
    importlib.import_module("phonebridge.migrations.0007_after_call").ship(apps, None)


def talk(user: User, company: Company | None = None) -> CallRequest:
    device_of(user)
    call = click(user, company=company)
    body = {"call_request_id": str(call.pk), "call_status": "connected", "call_duration_seconds": 42}
    assert phone_client(user).post("/api/phone/calls/update/", body, format="json").status_code == 200
    return CallRequest.objects.get(pk=call.pk)


def test_the_card_is_filled_without_a_script(anna: User, clara: User) -> None:
    company = make_card(anna)
    call = talk(anna, company)
    client = client_of(anna)
    queue = client.get("/calls/after/").text
    assert "Заполнить" in queue
    assert "Без итога" in client.get("/calls/after/badge/").text
    url = f"/calls/{call.pk}/after/"
    form = {"rev": "1", "outcome": "refusal", "note": "", "next": "", "next_at": "", "next_text": "Набрать весной"}
    refused = client.post(url, form)
    assert (refused.status_code, "напишите в заметке почему" in refused.text) == (422, True)
    assert "Набрать весной" in refused.text
    done = client.post(url, {**form, "note": "Дорого", "next": "morning"})
    assert (done.status_code, done["Location"]) == (302, "/calls/after/")
    card = AfterCall.objects.get()
    assert (card.state, card.note, card.next_at is not None) == ("done", "Дорого", True)
    assert "Без итога" not in client.get("/calls/after/badge/").text
    row = client_of(clara).get("/calls/").text
    detail = client_of(clara).get(f"/calls/{call.pk}/").text
    for words in ("Отказ", "Дорого", "Набрать весной"):
        assert words in row
        assert words in detail
    assert "Заполнено 1 из 1 за 30 дней: 100,0" in detail
    assert "Отказ" in client.get(f"/companies/{company.pk}/").text


def test_a_colleague_reads_the_outcome_on_the_card_but_not_the_note(anna: User, boris: User) -> None:
    company = make_card(anna)
    call = talk(anna, company)
    client_of(anna).post(f"/calls/{call.pk}/after/", {"rev": "1", "outcome": "offer", "note": "Тайное"})
    shown = client_of(boris).get(f"/companies/{company.pk}/").text
    assert ("Отправить КП" in shown, "Тайное" in shown) == (True, False)
    assert client_of(boris).get(f"/calls/{call.pk}/after/").status_code == 404


def test_the_fragment_of_the_dock_and_what_waits_for_long(anna: User, clara: User) -> None:
    call = talk(anna)
    AfterCall.objects.update(ended_at=timezone.now() - timedelta(minutes=20))
    client = client_of(anna)
    assert "ждёт давно" in client.get("/calls/after/rows/").text
    assert "is-red" in client.get("/").text
    part = client.get(f"/calls/{call.pk}/after/", headers={"X-Fragment": "after"}).text
    assert part.lstrip().startswith("<form")
    assert ('data-digit="1"' in part, "Не дозвонились" in part) == (True, False)
    head = client_of(clara).get(f"/calls/{call.pk}/after/", headers={"X-Fragment": "after"}).text
    assert "Итог заполняет тот, кто звонил." in head
