"""REST at its edges: tags, repeats with a key, merged cards, what nobody should send."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connections, transaction
from django.test import Client

from accounts.idempotency import claim, purge
from accounts.models import KeptAnswer, User
from accounts.roles import DataScope
from accounts.throttles import RecordThrottle
from common.clock import db_now_plus
from companies.merging.services import Order, merge_companies
from companies.models import Company, PhoneNumber
from companies.services import add_contact, add_phone, create_company
from phonebridge.tests.fixtures import phone_client

pytestmark = pytest.mark.django_db
LIST = "/api/v1/companies/"
LONG_AGO = timedelta(hours=25)


@pytest.fixture(autouse=True)
def fresh_pace() -> None:
    cache.clear()


@pytest.fixture
def card(anna: User) -> Company:
    company = create_company(actor=anna, name="ООО «Кабель»", responsible=anna)
    add_phone(holder=company, raw="8 (343) 200-00-01")
    return company


def url(card: Company) -> str:
    return f"{LIST}{card.pk}/"


def test_tags(anna: User, clara: User, card: Company) -> None:
    client: Any = phone_client(anna)
    read = client.get(url(card))
    tag = read.headers["ETag"]
    assert tag == f'"company-{card.pk}-{read.json()["version"]}"'
    same = client.get(url(card), HTTP_IF_NONE_MATCH=f'"x", W/{tag}')
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert client.put(url(card), {"name": "Х"}, format="json").json()["code"] == "precondition_required"
    assert client.delete(f"{LIST}{card.pk}/").status_code == 428
    phone_client(clara).patch(url(card), {"city": "Пермь"}, format="json")
    stale = client.patch(url(card), {"website": "example.com"}, format="json", HTTP_IF_MATCH=tag)
    body = stale.json()
    assert (stale.status_code, body["code"], body["version"]) == (412, "stale", read.json()["version"] + 1)
    assert [(c["field"], c["by"]) for c in body["changed"]] == [("city", clara.label)]
    # what no row has had is stale as well: the future, another card, weak tags, nonsense
    for said in (f'"company-{card.pk}-99"', f'"company-{card.pk + 1}-1"', f"W/{tag}", "x", '"company-1--1"'):
        answer = client.patch(url(card), {"city": "Уфа"}, format="json", HTTP_IF_MATCH=said)
        assert (answer.status_code, answer.json()["changed"]) == (412, [])
    assert client.patch(url(card), {"city": "Уфа"}, format="json", HTTP_IF_MATCH="*").status_code == 200
    assert client.get(url(card), HTTP_IF_NONE_MATCH=tag).status_code == 200
    assert client.get(f"{LIST}999999/", HTTP_IF_MATCH='"x"').status_code == 404


def test_a_key_makes_one_row(anna: User, boris: User) -> None:
    client: Any = phone_client(anna)
    body = {"name": "Сосна"}
    first = client.post(LIST, body, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    again = client.post(LIST, body, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert (again.headers["ETag"], again.headers["Location"]) == (first.headers["ETag"], first.headers["Location"])
    assert again.headers["Idempotency-Replayed"] == "true"
    other = client.post(LIST, {"name": "Ель"}, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert Company.objects.count() == 1
    # another person's key is another key; a refusal keeps nothing; a key has a shape
    assert phone_client(boris).post(LIST, body, format="json", HTTP_IDEMPOTENCY_KEY="k1").status_code == 201
    assert client.post(LIST, {"name": ""}, format="json", HTTP_IDEMPOTENCY_KEY="k2").status_code == 400
    assert client.post(LIST, {"name": "Бук"}, format="json", HTTP_IDEMPOTENCY_KEY="k2").status_code == 201
    for key in ("", "a b", "x" * 201, "ключ".encode().decode("latin-1")):
        answer = client.post(LIST, body, format="json", HTTP_IDEMPOTENCY_KEY=key)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_key")
    # after a day the key is forgotten, by the sweep or by its next use
    KeptAnswer.objects.update(created_at=db_now_plus(-LONG_AGO))
    assert client.post(LIST, {"name": "Дуб"}, format="json", HTTP_IDEMPOTENCY_KEY="k1").status_code == 201
    assert (purge(), KeptAnswer.objects.count()) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_key(anna: User, settings: LazySettings) -> None:
    """The second waits for the first: for its answer, or as long as the setting says."""
    heard: list[Any] = []

    def post() -> None:
        answer = phone_client(anna).post(LIST, {"name": "Сосна"}, format="json", HTTP_IDEMPOTENCY_KEY="k")
        heard.append((answer.status_code, answer.json().get("code") or answer.json()["id"]))
        connections.close_all()

    together([post, post])
    assert heard[0] == heard[1]
    assert (heard[0][0], Company.objects.count()) == (201, 1)
    settings.IDEMPOTENCY = {**settings.IDEMPOTENCY, "wait": settings.IDEMPOTENCY["wait"] / 20}
    KeptAnswer.objects.all().delete()
    heard.clear()
    with transaction.atomic():
        claim(user=anna, path=LIST, key="k", body=b"")
        together([post])
    assert heard == [(409, "in_progress")]


def together(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_a_merged_card_says_where_it_went(anna: User, boris: User, card: Company) -> None:
    one, two = (create_company(actor=anna, name=name, responsible=anna) for name in ("Ель", "Бук"))
    for winner, loser in ((two, one), (card, two)):
        for each in (winner, loser):
            each.refresh_from_db()
        merge_companies(Order(anna, winner.pk, loser.pk, (winner.version, loser.version)))
    client: Any = phone_client(anna)
    read = client.get(url(one))
    assert (read.status_code, read.json()["code"], read.json()["merged_into"]) == (410, "merged", card.pk)
    for ask in (client.patch, client.put, client.delete):
        assert ask(url(one), {"name": "Х"}, format="json").json()["code"] == "merged"
    assert client.patch(url(one), {}, format="json").status_code == 409
    User.objects.filter(pk=boris.pk).update(data_scope=DataScope.SELF)
    hidden = phone_client(boris)
    missing = hidden.get(f"{LIST}999999/")
    assert hidden.get(url(one)).json() == hidden.get(url(card)).json() == missing.json()
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("pk", ["0", "-1", str(2**63 - 1), str(2**63), "9" * 30, "x", "0197-aa", "1.5"])
@pytest.mark.parametrize("kind", ["companies", "contacts", "company-notes"])
def test_numbers_that_no_row_has(kind: str, pk: str, anna: User) -> None:
    client: Any = phone_client(anna)
    for ask in (client.get, client.patch, client.delete):
        answer = ask(f"/api/v1/{kind}/{pk}/")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


BAD = [
    "[]",
    "1",
    "null",
    '"x"',
    "{",
    "{}",
    '{"name": null}',
    '{"name": ""}',
    '{"name": 5}',
    '{"name": "\\u0000"}',
    '{"name": "%s"}' % ("я" * 256),
    '{"name": "Ы", "nonsense": 1}',
    '{"name": "Ы", "id": 7}',
    '{"name": "Ы", "bank_details": "\\u0000"}',
    '{"name": "Ы", "kpp": "12"}',
    '{"name": "Ы", "kpp": "667101001", "inn": "667100000312"}',
    '{"name": "Ы", "status": 9223372036854775808}',
    '{"name": "Ы", "status": -1}',
    '{"name": "Ы", "status": true}',
    '{"name": "Ы", "status": [1]}',
    '{"name": "Ы", "spheres": [0]}',
    '{"name": "Ы", "spheres": ["1"]}',
    '{"name": "Ы", "spheres": 9223372036854775808}',
    '{"name": "Ы", "spheres": [9223372036854775808]}',
    '{"name": "Ы", "responsible": 9223372036854775808}',
    '{"name": "Ы", "responsible": "x"}',
    '{"name": "Ы", "head_company": 0}',
    '{"name": "Ы", "branch": 0}',
    '{"name": "Ы", "branch": null, "contract_type": "нет"}',
    '{"name": "Ы", "contract_type": 1}',
    '{"name": "Ы", "contract_type": "\\u0000"}',
    '{"name": "Ы", "contract_until": "31.12.2026"}',
    '{"name": "Ы", "contract_until": "9999-01-01"}',
    '{"name": "Ы", "contract_until": 20260101}',
    '{"name": "Ы", "contract_amount": "1e400"}',
    '{"name": "Ы", "contract_amount": NaN}',
    '{"name": "Ы", "workday_start": "25:00"}',
    '{"name": "Ы", "workday_start": 9}',
    '{"name": "Ы", "zone": "../etc"}',
    '{"name": "Ы", "lead_state": "hot"}',
    '{"name": "Ы", "lead_state": null}',
    '{"name": "Ы", "is_cold_call": "да"}',
    '{"name": "Ы", "phone": 5}',
    '{"name": "Ы", "phone": "83432000001;+7 343 200-00-02"}',
    '{"name": "Ы", "phone": "%s"}' % ("1" * 65),
    '{"name": "Ы", "phones": {}}',
    '{"name": "Ы", "phones": ["8 343 200-00-01"]}',
    '{"name": "Ы", "phones": [{}]}',
    '{"name": "Ы", "phones": [{"raw": ""}]}',
    '{"name": "Ы", "phones": [{"raw": "\\u0000"}]}',
    '{"name": "Ы", "phones": [{"raw": "2000001", "type": "нет"}]}',
    '{"name": "Ы", "phones": [{"raw": "2000001", "nonsense": 1}]}',
    '{"name": "Ы", "phones": [{"raw": "2000001", "id": 999999999}]}',
    '{"name": "Ы", "phones": [{"raw": "2000001", "id": [1]}]}',
    '{"name": "Ы", "phones": [{"raw": "2000001", "is_primary": 1}]}',
    json.dumps({"name": "Ы", "phones": [{"raw": f"20000{n}"} for n in range(10, 31)]}),
    '{"name": "Ы", "phones": [{"raw": "2000001", "is_primary": true}, {"raw": "2000002", "is_primary": true}]}',
    '{"name": "Ы", "email": "a@"}',
    '{"name": "Ы", "emails": [{"raw": "a@b"}]}',
    '{"name": "Ы", "contact_name": 5}',
    '{"name": "Ы", "contact_name": "%s"}' % ("я" * 300),
    '{"name": "Ы", "contact_position": "кто"}',
    '{"name": "Ы", "allow_duplicates": "да"}',
    '{"name": "\\ud800"}',
    '{"name": "Ы", "bank_details": "\\ud800"}',
    '{"name": "Ы", "phones": [{"raw": "2000001", "comment": "\\ud800"}]}',
    "[" * 5000,
]


def test_bodies_that_nobody_should_send(anna: User, card: Company) -> None:
    client: Any = phone_client(anna)
    count, wrong = Company.objects.count(), []
    for body in BAD:
        answers = [client.post(LIST, body, content_type="application/json")]
        if body not in {"{}", '{"name": "Ы", "allow_duplicates": "да"}'}:
            answers.append(client.patch(url(card), body, content_type="application/json"))
        wrong += [
            (body[:80], a.status_code) for a in answers if a.status_code not in {400, 403} or not a.json()["code"]
        ]
    assert wrong == []
    assert Company.objects.count() == count
    assert (PhoneNumber.objects.count(), Company.objects.get(pk=card.pk).name) == (1, "ООО «Кабель»")


def test_contacts_and_notes_that_nobody_should_send(anna: User, card: Company) -> None:
    client: Any = phone_client(anna)
    person = add_contact(company=card, last_name="Котов")
    bad_people = [
        {},
        {"company": 0, "last_name": "Ы"},
        {"company": 2**63, "last_name": "Ы"},
        {"company": "x", "last_name": "Ы"},
        {"company": card.pk},
        {"company": card.pk, "last_name": "\x00"},
        {"company": card.pk, "last_name": "Ы", "note": "\x00"},
        {"company": card.pk, "last_name": "Ы", "birthday": "1800-01-01"},
        {"company": card.pk, "last_name": "Ы", "is_primary": "да"},
        {"company": card.pk, "last_name": "Ы", "is_cold_call": 1},
        {"last_name": "Ы", "is_primary": True},
        {"last_name": "Ы", "responsible": anna.pk},
    ]
    for body in bad_people:
        answer = client.post("/api/v1/contacts/", body, format="json")
        assert answer.status_code == 400, (body, answer.json())
    bad_notes: list[dict[str, Any]] = [
        {},
        {"company": card.pk},
        {"company": card.pk, "text": " "},
        {"company": card.pk, "text": 5},
        {"company": card.pk, "text": "\x00"},
        {"company": card.pk, "text": "я" * 10_001},
        {"company": 2**63, "text": "Ы"},
        {"company": True, "text": "Ы"},
        {"company": card.pk, "contact": person.pk + 1, "text": "Ы"},
        {"company": card.pk, "contact": "x", "text": "Ы"},
        {"company": card.pk, "text": "Ы", "is_pinned": "да"},
        {"company": card.pk, "text": "Ы", "author": 1},
    ]
    for body in bad_notes:
        answer = client.post("/api/v1/company-notes/", body, format="json")
        assert answer.status_code == 400, (body, answer.json())
    assert card.contacts.count() == 1


@pytest.mark.parametrize("kind", ["companies", "contacts", "company-notes"])
def test_lists_refuse_what_they_do_not_understand(kind: str, anna: User, card: Company) -> None:
    client: Any = phone_client(anna)
    for query in (
        "nonsense=1",
        "company.has=x",
        "created.gte=вчера",
        "sort=address",
        "sort=--id",
        "page_size=0",
        "page_size=201",
        "page_size=x",
        "cursor=x",
        "cursor=%00",
        "cursor=W10",
        "cursor=WyJpZCIsICJ4IiwgOTIyMzM3MjAzNjg1NDc3NTgwOF0",
        "id=9223372036854775808",
    ):
        answer = client.get(f"/api/v1/{kind}/?{query}")
        assert answer.status_code == 400, (query, answer.json())
        assert answer.json()["code"] in {"unknown_filter", "bad_cursor", "invalid"}
    for page in ("0", "-1", "x", "2", "300", "9" * 30):
        assert client.get(f"/api/v1/{kind}/?page={page}").status_code == 404
    assert client.get(f"/api/v1/{kind}/?q=%00'%26%7C").status_code in {200, 400}


def test_pace_is_bounded(anna: User, card: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordThrottle, "limit", 2)
    client: Any = phone_client(anna)
    assert [client.get(url(card)).status_code for _ in range(3)] == [200, 200, 429]


def test_a_page_needs_its_csrf_token(anna: User, card: Company) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    answer = client.patch(url(card), {"city": "Уфа"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
