"""«Who is calling?»: the socket's frame and its REST door give the same answer within the person's rights."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError

from accounts.models import User
from accounts.roles import DataScope
from common.tests.sockets import Client, stop_loops
from companies.models import Company
from companies.services import add_contact, add_note, add_phone, create_company
from phonebridge import lookups
from phonebridge.tests.fixtures import phone_client
from phonebridge.tests.test_phone_socket import enter

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/phone/calls/lookup/"
NUMBER = "+78610007731"
FOUND = {"title": "ООО «Уральский кабель»", "contact": "Петрова Ирина", "note": "Уточнить срок поставки"}


@pytest.fixture(autouse=True)
def _fresh_pace() -> Iterator[None]:
    cache.clear()
    yield


@pytest.fixture
async def _loops() -> AsyncIterator[None]:
    yield
    await stop_loops()


@pytest.fixture
def company(anna: User) -> Company:
    company = create_company(actor=anna, name=FOUND["title"], responsible=anna)
    director = add_contact(company=company, last_name="Петрова", first_name="Ирина")
    add_phone(holder=director, raw=NUMBER)
    add_note(actor=anna, company=company, text=FOUND["note"])
    return company


async def ask(phone: Client, query_id: str, number: Any = NUMBER) -> dict[str, Any]:
    await phone.say(type="lookup", query_id=query_id, phone=number)
    return await phone.next("caller")


@pytest.mark.usefixtures("_loops")
async def test_phone_hears_who_calls(anna: User, company: Company) -> None:
    phone = await enter(anna)
    assert await ask(phone, "q-17") == {"type": "caller", "query_id": "q-17", **FOUND}
    assert await ask(phone, " q 18\n", "8 861 000-77-31") == {"type": "caller", "query_id": " q 18\n", **FOUND}
    assert await ask(phone, "q-19", "+73430009999") == {"type": "caller", "query_id": "q-19"}
    await phone.disconnect()


@pytest.mark.usefixtures("_loops")
@pytest.mark.parametrize("number", ["", "112", "\x00", "\ud800", None, 5, 1e300, True, ["+7"], {"a": 1}, "9" * 30_000])
async def test_what_is_no_number_gets_an_empty_caller(anna: User, company: Company, number: Any) -> None:
    phone = await enter(anna)
    assert await ask(phone, "q", number) == {"type": "caller", "query_id": "q"}
    await phone.say(type="lookup", query_id="bare")
    assert await phone.next("caller") == {"type": "caller", "query_id": "bare"}
    assert await ask(phone, "after") == {"type": "caller", "query_id": "after", **FOUND}
    await phone.disconnect()


@pytest.mark.usefixtures("_loops")
@pytest.mark.parametrize("query_id", ["q" * 65, 5, None, ["q"]])
async def test_question_without_a_usable_id_is_a_bad_frame(anna: User, query_id: Any) -> None:
    phone = await enter(anna)
    await phone.say(type="lookup", query_id=query_id, phone=NUMBER)
    assert (await phone.next("error"))["code"] == "bad_frame"
    await phone.disconnect()


@pytest.mark.usefixtures("_loops")
async def test_socket_that_missed_the_change_of_rights_still_asks_by_the_new_ones(
    boris: User, company: Company
) -> None:
    phone = await enter(boris)
    assert (await ask(phone, "before"))["title"] == company.name
    await User.objects.filter(pk=boris.pk).aupdate(data_scope=DataScope.SELF)
    assert await ask(phone, "after") == {"type": "caller", "query_id": "after"}
    await phone.disconnect()


@pytest.mark.usefixtures("_loops")
async def test_many_questions_are_answered_in_order_and_those_above_the_pace_empty(
    anna: User, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "WITHIN_S", 60.0)  # a slow machine stays within one window
    phone = await enter(anna)
    for number in range(40):
        await phone.say(type="lookup", query_id=f"q-{number}", phone=NUMBER)
    heard = [await phone.next("caller") for _ in range(40)]
    assert [frame["query_id"] for frame in heard] == [f"q-{number}" for number in range(40)]
    assert [("title" in frame) for frame in heard] == [True] * lookups.MOST + [False] * (40 - lookups.MOST)
    await phone.disconnect()


@pytest.mark.usefixtures("_loops")
async def test_database_away_is_told_and_the_next_question_is_answered(
    anna: User, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(user_id: int, said: Any) -> None:
        raise OperationalError("the connection is lost")

    phone = await enter(anna)
    with monkeypatch.context() as patch:
        patch.setattr(lookups, "look_up", away)
        await phone.say(type="lookup", query_id="q", phone=NUMBER)
        error = await phone.next("error")
    assert (error["code"], error["retry"], error["about"]) == ("database_away", True, "lookup")
    assert (await ask(phone, "again"))["title"] == company.name
    await phone.disconnect()


def test_rest_names_the_caller_to_those_who_may_see(
    anna: User, boris: User, clara: User, dan: User, gleb: User, ada: User, company: Company
) -> None:
    User.objects.exclude(pk=boris.pk).update(data_scope=DataScope.BRANCH)
    User.objects.filter(pk=boris.pk).update(data_scope=DataScope.SELF)
    answers = {
        user.username: phone_client(user).post(URL, {"phone": "8 861 000-77-31"}, format="json")
        for user in (anna, boris, clara, dan, gleb, ada)
    }
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses == {"anna": 200, "boris": 204, "clara": 200, "dan": 204, "gleb": 204, "ada": 200}
    assert answers["anna"].json() == answers["ada"].json() == FOUND
    assert (answers["dan"].content, answers["dan"]["Cache-Control"]) == (b"", "no-store")


@pytest.mark.parametrize(
    "body", [{}, {"phone": ""}, {"phone": None}, {"phone": ["x"]}, {"phone": "112"}, {"phone": 5}]
)
def test_rest_finds_nobody_for_what_is_no_number(anna: User, company: Company, body: dict[str, Any]) -> None:
    answer = phone_client(anna).post(URL, body, format="json")
    assert (answer.status_code, answer.content) == (204, b"")


def test_rest_refuses_what_is_no_question(anna: User) -> None:
    phone = phone_client(anna)
    assert phone.post(URL, "{", content_type="application/json").status_code == 400
    assert phone.post(URL, [NUMBER], format="json").status_code == 400
    assert phone.get(URL).status_code == 405


def test_rest_has_a_pace(anna: User, boris: User) -> None:
    phone = phone_client(anna)
    statuses = {phone.post(URL, {"phone": NUMBER}, format="json").status_code for _ in range(130)}
    assert statuses == {204, 429}
    assert phone_client(boris).post(URL, {"phone": NUMBER}, format="json").status_code == 204


def test_three_queries_at_most_for_a_socket(anna: User, company: Company, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(3):
        found = lookups.look_up(anna.pk, NUMBER)
    assert found is not None and lookups.words(found) == FOUND
