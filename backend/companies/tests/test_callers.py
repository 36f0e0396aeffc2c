"""Who is calling: the card that a number means, and only to those who may see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import DataScope
from companies.models import Company, CompanyNote, Contact, PhoneNumber
from companies.selectors import callers, who_calls
from companies.selectors.callers import MAX_NOTE
from companies.services import add_contact, add_note, add_phone, create_company

pytestmark = pytest.mark.django_db
OWN, DIRECTORS = "+73430124567", "+78610007731"


@pytest.fixture
def company(anna: User) -> Company:
    """A card of Anna's with a number of its own, one of its director, and two notes."""
    company = create_company(actor=anna, name="ООО «Уральский кабель»", responsible=anna)
    add_phone(holder=company, raw="8 (343) 012-45-67 доб. 12")
    director = add_contact(company=company, last_name="Петрова", first_name="Ирина")
    add_phone(holder=director, raw="+7 (861) 000-77-31")
    add_note(actor=anna, company=company, text="Первый разговор")
    add_note(actor=anna, company=company, text="Уточнить\n  срок поставки")
    return company


def said(viewer: User, phone: str) -> tuple[str, str, str] | None:
    caller = who_calls(viewer=viewer, phone=phone)
    return (caller.title, caller.contact, caller.note) if caller else None


def titles(phone: str, *people: User) -> dict[str, str]:
    found = {user.username: who_calls(viewer=user, phone=phone) for user in people}
    return {name: caller.title for name, caller in found.items() if caller}


def touched(company: Company, *, hours_ago: int) -> None:
    Company.objects.filter(pk=company.pk).update(updated_at=timezone.now() - timedelta(hours=hours_ago))


@pytest.mark.parametrize(
    "phone",
    [OWN, "83430124567", "73430124567", "3430124567", "8 (343) 012-45-67", "+7 343 012 45 67", f"{OWN} доб. 12"],
)
def test_every_spelling_of_the_company_s_number_names_it(anna: User, company: Company, phone: str) -> None:
    assert said(anna, phone) == (company.name, "", "Уточнить срок поставки")


def test_number_of_a_person_names_the_company_and_the_person(anna: User, company: Company) -> None:
    found = said(anna, DIRECTORS)
    assert found == (company.name, "Петрова Ирина", "Уточнить срок поставки")


@pytest.mark.parametrize("raw", ["тел. 8 343 077-00-11 вахта", "вахта +7 343 077-00-11", "343 077-00-11 вахта"])
def test_number_that_was_not_recognised_is_found_by_its_digits(anna: User, company: Company, raw: str) -> None:
    assert add_phone(holder=company, raw=raw).e164 is None
    assert titles("+73430770011", anna) == {"anna": company.name}


def test_number_abroad_with_the_same_digits_is_somebody_else(anna: User, company: Company) -> None:
    assert add_phone(holder=company, raw="+92 21234567").e164 == "+9221234567"
    assert who_calls(viewer=anna, phone="+7 922 123-45-67") is None
    assert titles("+92 21 234567", anna) == {"anna": company.name}


@pytest.mark.parametrize(
    "phone",
    [
        *(
            "",
            " ",
            "\x00",
            "0",
            "112",
            "4567",
            "0124567",
            "343012",
            "+7 343 012-45",
            "Private",
            "-1",
            "\ud800",
            "\u202e",
        ),
        *("+7 343 012-45-68", "8 343 012-45-67; 8 343 012-45-68", "9" * 60, "я" * 10_000, "' OR 1=1 --", "%"),
    ],
)
def test_what_is_no_whole_number_or_unknown_finds_nobody(ada: User, company: Company, phone: str) -> None:
    assert who_calls(viewer=ada, phone=phone) is None


def test_everybody_learns_what_the_scope_lets_them_see(
    anna: User, boris: User, clara: User, dan: User, gleb: User, ada: User, company: Company
) -> None:
    everybody = (anna, boris, clara, dan, gleb, ada)
    wide = dict.fromkeys(("anna", "boris", "clara", "dan", "gleb", "ada"), company.name)
    assert titles(OWN, *everybody) == titles(DIRECTORS, *everybody) == wide
    for user in everybody:
        user.data_scope = DataScope.BRANCH
    boris.data_scope = DataScope.SELF
    own = dict.fromkeys(("anna", "clara", "ada"), company.name)
    assert titles(OWN, *everybody) == titles(DIRECTORS, *everybody) == own
    boris.data_scope = DataScope.BRANCH
    assert titles(OWN, boris) == {"boris": company.name}
    anna.is_active = ada.is_active = False
    assert titles(OWN, anna, ada) == {}


def test_own_company_comes_first_then_the_last_changed(anna: User, boris: User, dan: User, company: Company) -> None:
    for number, owner in enumerate((boris, dan)):
        other = create_company(actor=owner, name=f"Другая {number}", responsible=owner)
        add_phone(holder=other, raw=OWN)
        touched(other, hours_ago=number + 1)
    touched(company, hours_ago=9)
    clerk = User.objects.create(username="clerk")
    assert titles(OWN, anna, boris, dan, clerk) == {
        "anna": company.name,
        "boris": "Другая 0",
        "dan": "Другая 1",
        "clerk": "Другая 0",
    }


def test_invisible_company_does_not_hide_the_visible_one(anna: User, dan: User, company: Company) -> None:
    dan.data_scope = DataScope.BRANCH
    theirs = create_company(actor=dan, name="Наша", responsible=dan)
    add_phone(holder=theirs, raw=DIRECTORS)
    touched(theirs, hours_ago=99)
    assert titles(DIRECTORS, dan) == {"dan": "Наша"}


def test_of_several_people_the_one_who_holds_the_number_and_extension(anna: User, company: Company) -> None:
    for last_name, raw in (("Общий", f"{OWN} доб. 7"), ("Восьмой", f"{OWN} доб. 8"), ("Чужой", "+73430000001")):
        add_phone(holder=add_contact(company=company, last_name=last_name), raw=raw)
    named = {ext: who_calls(viewer=anna, phone=f"{OWN}{ext}") for ext in (" доб. 7", " доб. 8", "")}
    assert [caller.contact for caller in named.values() if caller] == ["Общий", "Восьмой", "Общий"]


@pytest.mark.parametrize("gone", ["deleted", "merged"])
def test_company_that_is_gone_is_not_named(ada: User, anna: User, company: Company, gone: str) -> None:
    heir = create_company(actor=anna, name="Наследник", responsible=anna)
    changes: dict[str, Any] = {"deleted_at": timezone.now()} if gone == "deleted" else {"merged_into": heir}
    Company.objects.filter(pk=company.pk).update(**changes)
    assert titles(OWN, ada) == titles(DIRECTORS, ada) == {}
    add_phone(holder=heir, raw=OWN)
    assert titles(OWN, ada) == {"ada": "Наследник"}


def test_deleted_person_and_wrong_number_name_nobody(anna: User, company: Company) -> None:
    Contact.objects.filter(company=company).update(deleted_at=timezone.now())
    assert who_calls(viewer=anna, phone=DIRECTORS) is None
    PhoneNumber.objects.filter(company=company).update(is_invalid=True)
    assert who_calls(viewer=anna, phone=OWN) is None


def test_person_without_a_company_is_named_by_own_rights(anna: User, boris: User, dan: User) -> None:
    person = Contact.objects.create(last_name="Сам", first_name="Посебе", responsible=anna, note="Звонить утром")
    add_phone(holder=person, raw=OWN)
    boris.data_scope = dan.data_scope = DataScope.SELF
    assert said(anna, OWN) == ("Сам Посебе", "", "Звонить утром")
    assert titles(OWN, anna, boris, dan) == {"anna": "Сам Посебе"}


def test_note_is_the_last_one_that_still_stands(anna: User, company: Company) -> None:
    CompanyNote.objects.filter(text__startswith="Уточнить").update(deleted_at=timezone.now())
    found = who_calls(viewer=anna, phone=OWN)
    assert found is not None and found.note == "Первый разговор"
    CompanyNote.objects.all().update(deleted_at=timezone.now())
    assert said(anna, OWN) == (company.name, "", "")


def test_note_is_hidden_with_its_company(anna: User, dan: User, company: Company) -> None:
    """Two cards have the number: Dan reads the note of his own only."""
    dan.data_scope = DataScope.BRANCH
    theirs = create_company(actor=dan, name="Наша", responsible=dan)
    add_phone(holder=theirs, raw=OWN)
    assert said(dan, OWN) == ("Наша", "", "")


@pytest.mark.parametrize(
    "text", ["слово " * 300, "я" * 5_000, "\n\n\t  начало" + "\n" * 200 + "конец", "ё" * MAX_NOTE]
)
def test_note_is_one_short_line(anna: User, company: Company, text: str) -> None:
    add_note(actor=anna, company=company, text=text)
    found = who_calls(viewer=anna, phone=OWN)
    assert found is not None and 0 < len(found.note) <= MAX_NOTE
    assert found.note.isprintable()
    assert text.split()[0].startswith(found.note.split()[0].removesuffix("…"))


def test_of_a_number_on_very_many_cards_the_newest_are_looked_at(
    anna: User, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "MOST_ROWS", 3)
    for number in range(5):
        other = create_company(actor=anna, name=f"Компания {number}", responsible=anna)
        add_phone(holder=add_contact(company=other, last_name=f"Человек {number}"), raw=OWN)
        touched(other, hours_ago=number + 1)
    found = said(anna, OWN)
    assert found == ("Компания 2", "Человек 2", "")


@pytest.mark.parametrize("phone", [OWN, DIRECTORS, "+73430009999"])
def test_two_queries_however_many_hold_the_number(
    anna: User, company: Company, phone: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        other = create_company(actor=anna, name=f"Компания {number}", responsible=anna)
        add_phone(holder=other, raw=OWN)
        add_phone(holder=add_contact(company=other, last_name="Человек"), raw=DIRECTORS)
    with django_assert_max_num_queries(2):
        who_calls(viewer=anna, phone=phone)
