"""People who were deleted come back, of a card or of none; a new person has a number at once."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from companies.edits.people import delete_contact, new_lone_contact
from companies.models import Contact, PhoneNumber
from companies.services import create_company

pytestmark = pytest.mark.django_db


def page(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_person_of_no_company_comes_back_to_whoever_may_change_it(anna: User, boris: User, clara: User) -> None:
    person = new_lone_contact(actor=anna, values={"last_name": "Котов"}, phone="8 343 200-00-01")
    delete_contact(actor=anna, contact_id=person.pk)
    restore = reverse("contact_restore", args=[person.pk])
    assert "Котов" not in page(boris).get("/contacts/deleted/").text
    assert page(boris).post(restore).status_code == 404
    assert "Котов" in page(anna).get("/contacts/deleted/").text
    assert "Котов" in page(clara).get("/contacts/deleted/").text
    answer = page(anna).post(restore)
    assert (answer.status_code, answer["Location"]) == (302, reverse("contact_list"))
    assert Contact.objects.get(pk=person.pk).deleted_at is None
    assert page(anna).post(restore).status_code == 404


def test_a_new_person_of_a_card_has_a_number_at_once(anna: User) -> None:
    company = create_company(actor=anna, name="ООО «Лес»", responsible=anna)
    url, client = reverse("contact_new", args=[company.pk]), page(anna)
    wrong = client.post(url, {"last_name": "Котов", "phone": "8 343 200-00-01, 8 343 200-00-02"})
    assert wrong.status_code == 422
    assert not Contact.objects.exists()
    assert client.post(url, {"last_name": "Котов", "phone": "8 343 200-00-01"}).status_code == 302
    assert PhoneNumber.objects.get().contact == Contact.objects.get(company=company)
