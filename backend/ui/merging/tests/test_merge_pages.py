"""The pages of merging, the bin and the dictionaries: what people see, and what stands in the way."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import DataScope
from companies.edits.deletion import delete_company
from companies.edits.people import delete_contact
from companies.merging.services import Order, merge_companies
from companies.models import Company, CompanySphere, CompanyStatus, Contact, Merge, NotDuplicate
from companies.services import add_contact, add_note, add_phone, create_company

pytestmark = pytest.mark.django_db
Pair = tuple[Company, Company]


@pytest.fixture
def pair(anna: User) -> Pair:
    first = create_company(actor=anna, name="ООО «Кабель»", responsible=anna)
    second = create_company(actor=anna, name="Кабель Плюс", inn="6671000001", responsible=anna)
    for card in (first, second):
        add_phone(holder=card, raw="8 343 200-00-01")
    add_note(actor=anna, company=second, text="Звонить утром")
    return first, second


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, pair: Pair, **more: str) -> Any:
    url = reverse("company_merge_with", args=[card.pk for card in pair])
    versions = {
        f"{name}_version": str(Company.objects.get(pk=card.pk).version)
        for name, card in zip(("winner", "loser"), pair, strict=True)
    }
    return client.post(url, {**versions, **more})


def test_from_the_hint_on_the_card_to_the_result_and_back(client: Client, anna: User, pair: Pair) -> None:
    client.force_login(anna)
    first, second = pair
    url = reverse("company_merge_with", args=[first.pk, second.pk])
    similar = page(client, reverse("company_similar", args=[first.pk]))
    assert url in similar
    assert "Тот же телефон" in similar
    assert "Кабель Плюс" in page(client, f"{reverse('company_merge', args=[first.pk])}?q=6671000001")
    choice = page(client, url)
    assert choice.count('type="radio"') == 4
    assert "<dt>Заметки</dt>" in choice
    answer = send(client, pair, **{"choice-name": "loser"})
    merge = Merge.objects.get()
    assert answer.headers["Location"] == reverse("merge_detail", args=[merge.pk])
    result = page(client, answer.headers["Location"])
    assert "совпало и стало одним 1" in result
    moved = client.get(reverse("company_detail", args=[second.pk]))
    assert (moved.status_code, moved.headers["Cache-Control"]) == (302, "no-store")
    assert moved.headers["Location"] == reverse("company_detail", args=[first.pk])
    undo = reverse("merge_undo", args=[merge.pk])
    assert "вернётся всё" in page(client, undo)
    assert Company.objects.get(pk=second.pk).merged_into_id == first.pk
    assert client.post(undo).status_code == 302
    assert client.get(reverse("company_detail", args=[second.pk])).status_code == 200


def test_an_old_page_and_odd_input_change_nothing(client: Client, anna: User, pair: Pair) -> None:
    client.force_login(anna)
    url = reverse("company_merge_with", args=[card.pk for card in pair])
    stale = client.post(url, {"winner_version": "7", "loser_version": "x"})
    assert (stale.status_code, "посмотрите ещё раз" in stale.content.decode()) == (409, True)
    odd = send(client, pair, **{"choice-wealth": "loser"})
    assert (odd.status_code, "Неизвестное поле" in odd.content.decode()) == (422, True)
    assert send(client, pair, **{"choice-name": "both"}).status_code == 422
    assert client.get(reverse("company_merge_with", args=[pair[0].pk, pair[0].pk])).status_code == 409
    assert client.get(reverse("company_merge_with", args=[pair[0].pk, 2**63])).status_code == 404
    assert Merge.objects.count() == 0


def test_who_does_not_see_the_new_card_is_not_led_there(client: Client, anna: User, dan: User, pair: Pair) -> None:
    first, second = pair
    merge = merge_companies(Order(anna, first.pk, second.pk, (first.version, second.version)))
    dan.data_scope = DataScope.SELF
    dan.save()
    client.force_login(dan)
    for url in (reverse("company_detail", args=[second.pk]), reverse("merge_detail", args=[merge.pk])):
        assert client.get(url).status_code == 404
    assert client.post(reverse("merge_undo", args=[merge.pk])).status_code == 404


def test_not_a_duplicate(client: Client, anna: User, pair: Pair) -> None:
    client.force_login(anna)
    client.post(reverse("company_different", args=[pair[1].pk, pair[0].pk]))
    assert NotDuplicate.objects.get().reasons == ["phone"]
    assert "Кабель Плюс" not in page(client, reverse("company_similar", args=[pair[0].pk]))


def test_bin_gives_back_what_is_free_and_erases_at_once(client: Client, ada: User, pair: Pair) -> None:
    first, second = pair
    delete_company(actor=ada, company_id=second.pk, reason="Повтор карточки")
    Company.objects.filter(pk=first.pk).update(inn="6671000001")
    client.force_login(ada)
    shown = page(client, reverse("company_bin"))
    assert all(words in shown for words in ("Кабель Плюс", "Повтор карточки", "ещё 30 дн.", "Ада Лаптева"))
    taken = client.post(reverse("company_restore", args=[second.pk]))
    assert (taken.status_code, reverse("company_detail", args=[first.pk]) in taken.content.decode()) == (409, True)
    Company.objects.filter(pk=first.pk).update(inn=None)
    assert client.post(reverse("company_restore", args=[second.pk])).status_code == 302
    delete_company(actor=ada, company_id=second.pk, reason="Всё-таки повтор")
    assert client.post(reverse("company_purge", args=[second.pk])).status_code == 302
    assert not Company.objects.filter(pk=second.pk).exists()


def test_deleted_people_come_back(client: Client, anna: User, pair: Pair) -> None:
    person = add_contact(company=pair[0], last_name="Котов")
    delete_contact(actor=anna, contact_id=person.pk)
    client.force_login(anna)
    assert "Удалённые контакты: 1" in page(client, reverse("company_people", args=[pair[0].pk]))
    assert "Котов" in page(client, reverse("contact_bin", args=[pair[0].pk]))
    client.post(reverse("contact_restore", args=[person.pk]))
    assert Contact.objects.get(pk=person.pk).deleted_at is None


def test_values_of_a_dictionary_become_one(client: Client, ada: User, pair: Pair) -> None:
    kept, gone = (CompanySphere.objects.create(name=name) for name in ("Лес", "Лесное дело"))
    pair[0].spheres.set([kept, gone])
    pair[1].spheres.set([gone])
    client.force_login(ada)
    url = reverse("admin:companies_companysphere_changelist")
    data = {"action": "merge", "_selected_action": [kept.pk, gone.pk]}
    assert "карточек: 2" in client.post(url, data).content.decode()
    client.post(url, {**data, "keep": kept.pk})
    assert [list(card.spheres.all()) for card in pair] == [[kept], [kept]]
    assert Company.objects.get(pk=pair[1].pk).version == pair[1].version + 1
    old, new = (CompanyStatus.objects.create(code=code, name=code) for code in ("old", "new"))
    Company.objects.filter(pk=pair[0].pk).update(status=old)
    url = reverse("admin:companies_companystatus_changelist")
    client.post(url, {"action": "merge", "_selected_action": [old.pk, new.pk], "keep": new.pk})
    assert Company.objects.get(pk=pair[0].pk).status == new
    assert not CompanyStatus.objects.filter(pk=old.pk).exists()
