"""The palette's parts that need no browser: what was opened lately, and the commands of one's role."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from companies.edits.deletion import delete_company
from companies.models import Company
from companies.services import add_phone

pytestmark = pytest.mark.django_db
RECENT = "/api/v1/search/recent/"


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def card(name: str, owner: User) -> Company:
    return Company.objects.create(name=name, responsible=owner, branch=owner.branch)


def titles(client: Client) -> list[str]:
    return [hit["title"] for hit in client.get(RECENT).json()["results"]]


def test_opened_cards_come_newest_first_and_each_once(client: Client, anna: User) -> None:
    client.force_login(anna)
    cards = [card(f"ООО «Лес {n}»", anna) for n in range(10)]
    add_phone(holder=cards[9], raw="+7 343 000-12-34")
    for each in [*cards, cards[4]]:
        assert client.get(f"/companies/{each.pk}/").status_code == 200
    assert titles(client) == [f"ООО «Лес {n}»" for n in (4, 9, 8, 7, 6, 5, 3, 2)]
    second = client.get(RECENT).json()["results"][1]
    assert second["phone"]["shown"] == "+7 (343) 000-12-34"
    assert (second["url"], second["matched"]) == (f"/companies/{cards[9].pk}/", "недавно")


def test_a_card_out_of_sight_is_not_remembered_aloud(client: Client, anna: User, boris: User, ada: User) -> None:
    anna.data_scope = "self"
    anna.save()
    client.force_login(anna)
    own, passed, gone = (card(name, anna) for name in ("Своя", "Переданная", "Удалённая"))
    for each in (own, passed, gone):
        client.get(f"/companies/{each.pk}/")
    Company.objects.filter(pk=passed.pk).update(responsible=boris)
    delete_company(actor=ada, company_id=gone.pk, reason="Дубль карточки")
    assert titles(client) == ["Своя"]


def test_refused_card_is_not_remembered(client: Client, anna: User, dan: User) -> None:
    anna.data_scope = "self"
    anna.save()
    foreign = card("Чужая", dan)
    client.force_login(anna)
    assert client.get(f"/companies/{foreign.pk}/").status_code == 404
    anna.data_scope = "global"
    anna.save()
    assert titles(client) == []


def test_commands_are_those_of_the_role(client: Client, anna: User, ada: User) -> None:
    for person, sees in ((anna, False), (ada, True)):
        client.force_login(person)
        text = client.get("/").content.decode().split('id="palette"')[1].split("</dialog>")[0]
        assert "Новая компания" in text
        assert "Звонки" in text
        assert ("Администрирование" in text) is sees
