"""Warnings about the same company: reasons in words, only cards that the person sees."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.models import User
from accounts.roles import DataScope
from audit.models import AuditLog
from companies.duplicates import Draft, find_duplicates
from companies.edits.create import PossibleDuplicates, draft_of, new_company
from companies.edits.fields import NotAllowed, Taken
from companies.edits.numbers import Line
from companies.models import Company, PhoneNumber
from companies.records import BadRecord
from companies.services import add_contact, add_email, add_phone, create_company

pytestmark = pytest.mark.django_db
INN, KPP = "7707083893", "770701001"


@pytest.fixture
def card(anna: User) -> Company:
    card = create_company(
        actor=anna,
        name="ООО «Уральский кабель»",
        inn=INN,
        kpp=KPP,
        website="https://kabel.example.com/",
        responsible=anna,
    )
    Company.objects.filter(pk=card.pk).update(region="Свердловская область", ogrn="1027700132195")
    add_phone(holder=add_contact(company=card, last_name="Котов"), raw="8 343 200-00-01 доб. 5")
    add_email(holder=card, raw="sales@kabel.example.com")
    return card


@pytest.mark.parametrize(
    ("draft", "code", "strength"),
    [
        (Draft(inn=INN, kpp=KPP), "inn_kpp", "blocks"),
        (Draft(inn=INN), "inn_no_kpp", "strong"),
        (Draft(inn=INN, kpp="770701002"), "inn_other_kpp", "branch"),
        (Draft(ogrn="1027700132195"), "ogrn", "strong"),
        (Draft(phones=(("+73432000001", "5"),)), "phone", "strong"),
        (Draft(emails=("sales@kabel.example.com",)), "email", "strong"),
        (Draft(website="kabel.example.com/contacts"), "site", "medium"),
        (Draft(name="Уральский Кабель, АО", region="свердловская область"), "name_place", "medium"),
        (Draft(name="уральский кабель"), "name", "weak"),
        (Draft(name="Уральский кабиль"), "name_typo", "weak"),
        (Draft(name="Кабель уральский"), "name_typo", "weak"),
    ],
)
def test_each_reason(anna: User, card: Company, draft: Draft, code: str, strength: str) -> None:
    found = find_duplicates(viewer=anna, draft=draft)
    assert [(row.company, row.code, row.strength) for row in found.rows] == [(card, code, strength)]
    assert found.rows[0].words


@pytest.mark.parametrize(
    "draft",
    [
        Draft(),
        Draft(name="«»"),
        Draft(name="ООО"),
        Draft(inn="770708389"),
        Draft(phones=(("+73432000001", ""),)),
        Draft(website="vk.com/kabel"),
        Draft(name="Южный провод"),
    ],
)
def test_no_reason(anna: User, card: Company, draft: Draft) -> None:
    found = find_duplicates(viewer=anna, draft=draft)
    assert (found.rows, found.is_hidden) == ([], False)


def test_common_number_says_nothing(anna: User) -> None:
    for n in range(6):
        add_phone(holder=create_company(actor=anna, name=f"Компания {n}", responsible=anna), raw="8 800 200-00-00")
    assert find_duplicates(viewer=anna, draft=Draft(phones=(("+78002000000", ""),))).rows == []


def test_a_card_that_is_not_seen_blocks_without_a_name(dan: User, card: Company) -> None:
    User.objects.filter(pk=dan.pk).update(data_scope=DataScope.SELF)
    dan = User.objects.get(pk=dan.pk)
    found = find_duplicates(viewer=dan, draft=Draft(name=card.name, inn=INN, kpp=KPP))
    assert (found.rows, found.is_hidden, found.is_blocked) == ([], True, True)
    assert find_duplicates(viewer=dan, draft=Draft(name=card.name, inn=INN)).rows == []
    with pytest.raises(Taken) as refusal:
        new_company(actor=dan, values={"name": "Моя", "inn": INN, "kpp": KPP})
    assert "Кабель" not in refusal.value.detail


def test_strong_likeness_needs_a_word(anna: User, card: Company) -> None:
    values = {"name": "Совсем другая", "inn": INN}
    with pytest.raises(PossibleDuplicates) as refusal:
        new_company(actor=anna, values=values)
    assert refusal.value.extra["duplicates"] == [
        {"id": card.pk, "name": card.name, "reason": "inn_no_kpp", "words": "тот же ИНН, КПП указан не везде"}
    ]
    made = new_company(actor=anna, values=values, allow_duplicates=True)
    assert (made.responsible, made.branch, made.lead_state) == (anna, anna.branch, "cold")
    with pytest.raises(Taken, match="Уральский кабель"):
        new_company(actor=anna, values={"name": "Ещё", "inn": INN, "kpp": KPP}, allow_duplicates=True)


def test_new_card_with_numbers_or_nothing(anna: User) -> None:
    values = {"name": "Новая", "city": "Пермь", "contract_until": "2027-01-01"}
    made = new_company(
        actor=anna,
        values=values,
        lead_state="warm",
        phones=(Line("8 343 200-00-07", "mobile"),),
        emails=(Line("a@example.com"),),
    )
    assert (made.folded, str(PhoneNumber.objects.get(company=made)), made.lead_state) == (
        "новая",
        "+7 (343) 200-00-07",
        "warm",
    )
    for bad in ({"phones": (Line("8 343 200-00-08; 8 343 200-00-09"),)}, {"emails": (Line("нет"),)}):
        with pytest.raises(BadRecord):
            new_company(actor=anna, values={"name": "Половина"}, **bad)  # type: ignore[arg-type]
    assert not Company.objects.filter(name="Половина").exists()


def test_who_becomes_responsible(anna: User, boris: User, clara: User, dan: User, gleb: User, ada: User) -> None:
    assert new_company(actor=clara, values={"name": "А"}, responsible=boris).responsible == boris
    assert new_company(actor=gleb, values={"name": "Б"}, responsible=dan).branch == dan.branch
    assert new_company(actor=ada, values={"name": "В"}).responsible is None
    for actor, to in ((anna, boris), (clara, dan), (gleb, ada)):
        with pytest.raises(NotAllowed):
            new_company(actor=actor, values={"name": "Х"}, responsible=to)


def test_card_that_exists_does_not_find_itself(anna: User, card: Company) -> None:
    assert find_duplicates(viewer=anna, draft=draft_of(card)).rows == []


def test_hints_about_hidden_cards_are_few_and_in_the_trail(
    anna: User, dan: User, card: Company, settings: LazySettings
) -> None:
    dan.data_scope = DataScope.SELF
    dan.save()
    settings.LISTS = {**settings.LISTS, "hidden_hints": 1}
    create_company(actor=anna, name="Другая", inn="7736050003", responsible=anna)
    client = Client()
    client.force_login(dan)
    for query, is_told in (
        (f"inn={INN}&kpp={KPP}", True),
        ("inn=7736050003", False),
        (f"inn={INN}&kpp={KPP}&name=Х", True),
    ):
        answer = client.get(f"/companies/duplicates/?{query}")
        assert ("уже ведётся другим сотрудником" in answer.content.decode()) is is_told, query
    assert AuditLog.objects.filter(actor=dan, entity_type="hidden_company").count() == 1
    with pytest.raises(Taken):
        new_company(actor=dan, values={"name": "Х", "inn": "7736050003"})
