"""«Не звонить»: any level stops every call, whoever has called may set it, a head takes it off with a reason."""

from __future__ import annotations

import pytest

from accounts.models import User
from common.errors import DomainError
from companies.edits import stops
from companies.edits.marks import Target
from companies.models import Company, Contact, DoNotCall, PhoneNumber
from companies.selectors.callers import who_calls
from companies.selectors.stops import stop_of, stop_of_number
from companies.services import add_contact, add_phone, create_company
from phonebridge.services.clicks import request_call

pytestmark = pytest.mark.django_db
OWN, PERSONAL = "+7 343 000-12-34", "+7 343 000-56-78"


@pytest.fixture
def card(anna: User) -> Company:
    company = create_company(actor=anna, name="ООО «Северный лес»", responsible=anna)
    add_phone(holder=company, raw=OWN)
    add_phone(holder=add_contact(company=company, last_name="Котов"), raw=PERSONAL)
    return company


def target_of(card: Company, level: str) -> Target:
    if level == "company":
        return Company.objects.get(pk=card.pk)
    if level == "contact":
        return Contact.objects.get(company=card)
    return PhoneNumber.objects.get(contact__company=card)


def refused(user: User, **kwargs: object) -> str:
    with pytest.raises(DomainError) as caught:
        request_call(actor=user, **kwargs)  # type: ignore[arg-type]
    assert caught.value.code == "do_not_call"
    return caught.value.detail


@pytest.mark.parametrize("level", ["company", "contact", "phone"])
def test_every_level_stops_every_way_to_call(level: str, anna: User, boris: User, clara: User, card: Company) -> None:
    with pytest.raises(DomainError):
        stops.stop_calls(actor=boris, target=target_of(card, level))
    assert stops.stop_calls(actor=boris, target=target_of(card, level), reason="Просил Котов", is_own_call=True)
    assert not stops.stop_calls(actor=anna, target=target_of(card, level)), "the first word stays"
    fresh, person = Company.objects.get(pk=card.pk), Contact.objects.get(company=card)
    refused(anna, phone=PERSONAL, company=fresh, contact=person)
    refused(anna, phone=PERSONAL, company=fresh)
    refused(anna, phone="8 (343) 000-56-78")
    if level == "company":
        assert "Борис Мельник" in refused(anna, phone=OWN, company=fresh)
    other = create_company(actor=anna, name="Другая", responsible=anna)
    add_phone(holder=other, raw=PERSONAL)
    if level == "phone":
        assert "Борис Мельник" in refused(anna, phone=PERSONAL, company=other)
    with pytest.raises(DomainError, match="руководитель"):
        stops.allow_calls(actor=anna, target=target_of(card, level), reason="Передумали")
    with pytest.raises(DomainError, match="пяти букв"):
        stops.allow_calls(actor=clara, target=target_of(card, level), reason="  ?")
    stops.allow_calls(actor=clara, target=target_of(card, level), reason="Сами попросили")
    with pytest.raises(DomainError, match="уже нет"):
        stops.allow_calls(actor=clara, target=target_of(card, level), reason="Ещё раз")
    assert request_call(actor=anna, phone=PERSONAL, company=Company.objects.get(pk=card.pk)).created


def test_who_and_when_are_known(anna: User, card: Company) -> None:
    stops.stop_calls(actor=anna, target=card)
    found = stop_of(Company.objects.get(pk=card.pk))
    assert found is not None
    assert found.words.startswith("Просили не звонить: ")
    assert found.words.endswith(", Анна Зайцева")
    number = PhoneNumber.objects.get(company=card)
    stops.stop_calls(actor=anna, target=number, reason="Ошиблись номером")
    known = stop_of_number(number.e164 or "")
    assert known is not None
    assert known.reason == "Ошиблись номером"
    number.delete()
    assert DoNotCall.objects.count() == 1, "the list does not forget with the card"
    assert who_calls(viewer=anna, phone=PERSONAL) is not None


def test_nothing_to_stop_and_strangers(anna: User, dan: User, card: Company) -> None:
    odd = add_phone(holder=card, raw="звонить Ивану")
    with pytest.raises(DomainError, match="не распознан"):
        stops.stop_calls(actor=anna, target=odd)
    User.objects.filter(pk=dan.pk).update(data_scope="self")
    with pytest.raises(DomainError, match="Не найдено"):
        stops.stop_calls(actor=User.objects.get(pk=dan.pk), target=card, is_own_call=True)
