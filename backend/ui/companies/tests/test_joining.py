"""A person without a company comes to one, with numbers and calls."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import DataScope
from audit.models import AuditLog, FieldChange
from companies.edits.people import new_lone_contact
from companies.models import Company, Contact
from companies.search import index
from companies.search.query import search
from companies.services import add_contact, create_company
from phonebridge.models import CallRequest

pytestmark = pytest.mark.django_db
INN = "7707083893"


def page(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def person(anna: User) -> Contact:
    return new_lone_contact(actor=anna, values={"last_name": "Котов"}, phone="8 343 200-00-01")


@pytest.fixture
def forest(anna: User) -> Company:
    return create_company(actor=anna, name="ООО «Лес»", inn=INN, responsible=anna)


def join(person: Contact) -> str:
    return reverse("contact_join", args=[person.pk])


def test_a_person_is_found_a_company_and_comes_to_it(anna: User, person: Contact, forest: Company) -> None:
    call = CallRequest.objects.create(user=anna, contact=person, closed_at=timezone.now(), phone_raw="+73432000001")
    client = page(anna)
    assert join(person) in client.get("/contacts/").text
    assert join(person) in client.get(reverse("contact_edit", args=[person.pk])).text
    assert "Какая компания" in client.get(join(person)).text
    assert "ООО «Лес»" in client.get(join(person), {"q": INN[:6]}).text
    answer = client.post(join(person), {"company": forest.pk})
    assert (answer.status_code, answer["Location"]) == (302, reverse("company_detail", args=[forest.pk]))
    joined = Contact.objects.get(pk=person.pk)
    assert (joined.company, joined.responsible, joined.branch, joined.is_primary) == (forest, None, None, True)
    assert joined.version == person.version + 1
    card = client.get(answer["Location"]).text
    assert "Котов" in card
    assert "200-00-01" in card
    call.refresh_from_db()
    assert call.company == forest
    assert FieldChange.objects.filter(entity_type="company", entity_id=forest.pk, field="contacts").exists()
    assert AuditLog.objects.filter(entity_type="contact", entity_id=str(person.pk), message__contains="Лес").exists()
    assert index.differences([forest.pk], [person.pk], is_mended=False) == []
    assert [hit.company_id for hit in search(anna, "котов", 5).results] == [forest.pk]


def test_who_comes_second_is_not_the_primary_one(anna: User, person: Contact, forest: Company) -> None:
    add_contact(company=forest, last_name="Орлова", is_primary=True)
    page(anna).post(join(person), {"company": forest.pk})
    assert Contact.objects.get(is_primary=True).last_name == "Орлова"
    again = page(anna).post(join(person), {"company": forest.pk})
    assert again.status_code == 404


@pytest.mark.parametrize("chosen", ["", "0", "-1", "9" * 30, "лес", "٣"])
def test_no_company_is_chosen(anna: User, person: Contact, chosen: str) -> None:
    answer = page(anna).post(join(person), {"company": chosen})
    assert answer.status_code == 404
    assert "Не найдено." in answer.text
    assert Contact.objects.get(pk=person.pk).company is None


def test_rights_on_both_sides(anna: User, boris: User, dan: User, person: Contact, forest: Company) -> None:
    hidden = create_company(actor=dan, name="Тайна", responsible=dan)
    User.objects.filter(pk=anna.pk).update(data_scope=DataScope.SELF)
    assert "Тайна" not in page(anna).get(join(person), {"q": "тайна"}).text
    assert page(anna).post(join(person), {"company": hidden.pk}).status_code == 404
    seen = create_company(actor=boris, name="Поле", responsible=boris)
    User.objects.filter(pk=anna.pk).update(data_scope=DataScope.GLOBAL)
    found = page(anna).get(join(person), {"q": "поле"}).text
    assert "Поле" in found
    assert "Выбрать" not in found
    refused = page(anna).post(join(person), {"company": seen.pk})
    assert refused.status_code == 403
    assert "Ответственный" in refused.text
    # Boris sees the person, who is Anna's
    assert page(boris).post(join(person), {"company": seen.pk}).status_code == 403
    assert Contact.objects.get(pk=person.pk).company is None


def test_programs_do_it_by_the_field_company(anna: User, person: Contact, forest: Company) -> None:
    client, url = page(anna), f"/api/v1/contacts/{person.pk}/"

    def patch(company: object) -> tuple[int, object]:
        answer = client.patch(url, json.dumps({"company": company}), content_type="application/json")
        return answer.status_code, answer.json()

    for wrong in (10**9, "лес", True, 2**70):
        assert patch(wrong)[0] == 400
    status, said = patch(forest.pk)
    assert (status, isinstance(said, dict) and said["company"]) == (200, forest.pk)
    other = create_company(actor=anna, name="Поле", responsible=anna)
    assert patch(other.pk)[0] == 400
    assert patch(None)[0] == 400
    assert Contact.objects.get(pk=person.pk).company == forest
