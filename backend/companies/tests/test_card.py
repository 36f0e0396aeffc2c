"""The card: whose it is, what may be dialled, and why not."""

from __future__ import annotations

import pytest

from accounts.models import User
from accounts.roles import DataScope
from companies.models import Company, DoNotCall
from companies.selectors import company_card
from companies.services import add_contact, add_email, add_phone, create_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(anna: User) -> Company:
    company = create_company(actor=anna, name="ООО «Сибирь-Профиль»", responsible=anna)
    add_phone(holder=company, raw="+7 343 000-00-01")
    add_phone(holder=company, raw="спросить на вахте")
    director = add_contact(company=company, last_name="Дёмин", first_name="Кирилл")
    add_phone(holder=director, raw="+7 343 000-00-02")
    add_email(holder=director, raw="d@example.com")
    return company


def test_numbers_stand_with_reasons(anna: User, company: Company) -> None:
    DoNotCall.objects.create(e164="+73430000001", by=anna)
    card = company_card(anna, company.pk)
    assert card is not None
    reasons = {line.shown: line.refusal for line in card.phones}
    assert reasons["+7 (343) 000-00-01"].startswith("просили не звонить: ")
    assert reasons["спросить на вахте"] == "номер не распознан"
    assert reasons["+7 (343) 000-00-02"] == ""
    assert card.first_phone is not None
    assert card.first_phone.person == "Дёмин Кирилл"
    assert card.contacts[0].emails[0].raw == "d@example.com"


def test_flag_of_the_card_stops_every_number(anna: User, company: Company) -> None:
    Company.objects.filter(pk=company.pk).update(do_not_call=True)
    card = company_card(anna, company.pk)
    assert card is not None
    assert all(line.refusal for line in card.phones)
    assert card.first_phone is None


def test_invisible_and_missing_are_the_same(
    anna: User, boris: User, clara: User, dan: User, gleb: User, ada: User, company: Company
) -> None:
    for user in (boris, clara, dan, gleb):
        user.data_scope = DataScope.BRANCH
    boris.data_scope = DataScope.SELF
    seen = {user.username for user in (anna, boris, clara, dan, gleb, ada) if company_card(user, company.pk)}
    assert seen == {"anna", "clara", "ada"}
    for pk in (0, -1, company.pk + 1000, 2**63, 2**70):
        assert company_card(ada, pk) is None


def test_fixed_number_of_queries(anna: User, company: Company, django_assert_max_num_queries: object) -> None:
    for number in range(10):
        person = add_contact(company=company, last_name=f"Человек {number}")
        add_phone(holder=person, raw=f"+7 343 000-01-{number:02}")
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        card = company_card(anna, company.pk)
    assert card is not None
    assert len(card.phones) == 13
