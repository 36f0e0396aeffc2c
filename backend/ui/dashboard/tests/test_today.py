"""«Сегодня»: figures by right, people by reach, regions that answer alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from common.clock import local_day
from phonebridge.enums import CallStatus, Status
from phonebridge.models import CallRequest
from ui.tests.doors import client_of

pytestmark = pytest.mark.django_db
REGIONS = ("/", "/today/figures/", "/today/now/", "/today/latest/")


def make_talk(user: User, seconds: int) -> CallRequest:
    now = timezone.now()
    return CallRequest.objects.create(
        user=user,
        branch=user.branch,
        zone=user.day_zone,
        phone_e164="+73430001234",
        status=Status.CONSUMED,
        call_status=CallStatus.CONNECTED,
        call_duration_seconds=seconds,
        created_at=now,
        closed_at=now,
        counted_at=now,
        counted_on=local_day(now, user.day_zone),
    )


def tiles(user: User) -> dict[str, str]:
    return {tile.label: tile.value for tile in client_of(user).get("/today/figures/").context["tiles"]}


@pytest.mark.parametrize("path", REGIONS)
def test_regions_need_log_in(path: str) -> None:
    assert Client().get(path).status_code == 302


def test_an_empty_day_has_no_nonsense(anna: User) -> None:
    assert tiles(anna) == {
        "Звонки": "0",
        "Дозвоны": "0",
        "Дозвоняемость": "—",
        "В разговоре": "—",
        "Без результата": "0",
    }
    page = client_of(anna).get("/")
    assert page.status_code == 200
    assert "None" not in page.text
    assert "Звонков пока нет" in page.text


def test_figures_follow_rights(anna: User, boris: User, clara: User, dan: User, gleb: User, ada: User) -> None:
    make_talk(anna, 3600 + 12 * 60)
    make_talk(boris, 60)
    seen = {user.username: tiles(user)["Звонки"] for user in (anna, boris, clara, dan, gleb, ada)}
    assert seen == {"anna": "1", "boris": "1", "clara": "2", "dan": "0", "gleb": "2", "ada": "2"}
    assert tiles(anna)["В разговоре"] == "1 ч 12 мин"
    assert tiles(anna)["Дозвоняемость"] == "100,0\N{NO-BREAK SPACE}%"


def test_a_manager_sees_the_own_place_alone(anna: User, boris: User, clara: User, dan: User) -> None:
    make_talk(boris, 60)
    seen = {user.username: tiles(user).get("Место сегодня") for user in (anna, boris, clara, dan)}
    assert seen == {"anna": "2 из 2", "boris": "1 из 2", "clara": None, "dan": None}


def test_every_tile_leads_to_the_calls_behind_it(clara: User, anna: User) -> None:
    make_talk(anna, 60)
    client = client_of(clara)
    by_label = {tile.label: tile for tile in client.get("/").context["tiles"]}
    for label, count in (("Звонки", 1), ("Дозвоны", 1), ("Без результата", 0)):
        assert len(client.get(by_label[label].href).context["rows"]) == count, label


def test_people_now_by_reach(anna: User, boris: User, clara: User, dan: User, gleb: User) -> None:
    CallRequest.objects.create(
        user=boris,
        branch=boris.branch,
        company_name="ООО «Техснаб»",
        phone_e164="+73430001234",
        expires_at=timezone.now() + timedelta(minutes=1),
    )
    people = {
        user.username: [person.name for person in client_of(user).get("/today/now/").context["people"]]
        for user in (anna, clara, gleb)
    }
    assert people["anna"] == ["Анна Зайцева"]
    assert people["clara"] == ["Борис Мельник", "Анна Зайцева", "Клара Орлова"]
    assert set(people["gleb"]) == {"Борис Мельник", "Анна Зайцева", "Клара Орлова", "Дан Тимофеев"}
    assert "Техснаб" in client_of(clara).get("/today/now/").text


def test_number_of_queries_is_fixed(
    clara: User, anna: User, boris: User, django_assert_max_num_queries: object
) -> None:
    for _ in range(8):
        make_talk(anna, 60)
        make_talk(boris, 60)
    client = client_of(clara)
    client.get("/")
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        client.get("/")
