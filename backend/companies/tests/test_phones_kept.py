"""What people type is kept, understood where it can be, and never breaks anything (rules of records)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from common import phones
from companies.models import Company, PhoneNumber
from companies.records import BadPhoneText, BadRecord
from companies.services import TooMany, add_contact, add_email, add_phone, create_company

typed = st.one_of(
    st.text(max_size=64),
    st.text(alphabet="0123456789+-() .", min_size=1, max_size=64),
    st.sampled_from(["\x00", "‮8 343 000-12-34", "😀", "9" * 60, "+49 123456789012345", "2-34-56", "доб. 12"]),
)


@given(typed)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = phones.normalise(text, area_code="343")
    assert phones.normalise(once.raw, area_code="343") == once


@given(typed)
def test_e164_and_digits_fit_their_columns(text: str) -> None:
    phone = phones.normalise(text, area_code="343")
    assert len(phone.raw) <= 64
    assert len(phone.e164) <= 16
    assert len(phone.ext) <= 8
    assert len(phone.digits) <= 64


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=typed)
def test_any_text_is_kept_whole_or_refused_with_words(anna: User, text: str) -> None:
    company = create_company(actor=anna, name="Проба", responsible=anna)
    try:
        phone = add_phone(holder=company, raw=text)
    except BadPhoneText as refusal:
        assert refusal.detail
        assert not PhoneNumber.objects.filter(company=company).exists()
    else:
        assert phone.raw == phones.clean_text(text)
        assert PhoneNumber.objects.get(company=company).is_primary


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=10))
def test_exactly_one_number_is_primary(anna: User, steps: list[tuple[int, bool]]) -> None:
    company = create_company(actor=anna, name="Проба", responsible=anna)
    for number, is_primary in steps:
        wanted = add_phone(holder=company, raw=f"+7 343 000-00-0{number}", is_primary=is_primary)
        primary = PhoneNumber.objects.get(company=company, is_primary=True)
        if is_primary:
            assert primary == wanted
    assert PhoneNumber.objects.filter(company=company).count() == len({number for number, _ in steps})


@pytest.mark.django_db
def test_local_number_takes_the_city_code_of_the_branch(anna: User) -> None:
    company = create_company(actor=anna, name="Проба", responsible=anna)
    assert add_phone(holder=company, raw="012-34-56").e164 == "+73430123456"


@pytest.mark.django_db
def test_unknown_number_is_shown_and_not_dialled(anna: User) -> None:
    company = create_company(actor=anna, name="Проба", responsible=anna)
    phone = add_phone(holder=company, raw="спросить у секретаря 12")
    assert phone.e164 is None
    assert phone.shown == "спросить у секретаря 12"
    assert phone.refusal == "номер не распознан"


@pytest.mark.django_db
def test_same_number_spelled_otherwise_is_the_same_row(anna: User) -> None:
    company = create_company(actor=anna, name="Проба", responsible=anna)
    first = add_phone(holder=company, raw="8 (343) 000-12-34")
    assert add_phone(holder=company, raw="+73430001234") == first
    assert add_phone(holder=company, raw="+73430001234 доб. 5") != first


@pytest.mark.django_db
def test_twenty_numbers_and_no_more(anna: User) -> None:
    company = create_company(actor=anna, name="Проба", responsible=anna)
    for number in range(20):
        add_phone(holder=company, raw=f"+7 343 000-00-{number:02}")
    with pytest.raises(TooMany):
        add_phone(holder=company, raw="+7 343 000-01-00")
    assert PhoneNumber.objects.filter(company=company).count() == 20


@pytest.mark.django_db
def test_first_contact_is_the_primary_one(anna: User) -> None:
    company = create_company(actor=anna, name="Проба", responsible=anna)
    first = add_contact(company=company, last_name="Дёмин", first_name="Кирилл")
    second = add_contact(company=company, last_name="Попова", is_primary=True)
    first.refresh_from_db()
    assert (first.is_primary, second.is_primary) == (False, True)
    assert first.folded == "демин кирилл"
    with pytest.raises(BadRecord):
        add_contact(company=company)


@pytest.mark.django_db
def test_email_is_kept_in_normal_form(anna: User) -> None:
    company = create_company(actor=anna, name="Проба", responsible=anna)
    email = add_email(holder=company, raw=" <mailto:Info@Почта.example> ".replace("<mailto:", "mailto:<"))
    assert email.norm == "info@xn--80a1acny.example"
    assert email.domain == "xn--80a1acny.example"
    assert add_email(holder=company, raw="INFO@почта.example") == email
    with pytest.raises(BadRecord):
        add_email(holder=company, raw="не адрес")


@pytest.mark.django_db
def test_requisites_that_break_the_rules_are_kept_aside(anna: User) -> None:
    company = create_company(actor=anna, name="Проба", inn="не знаем", responsible=anna)
    assert (company.inn, company.inn_raw) == (None, "не знаем")
    assert create_company(actor=anna, name="Другая", inn="7707 083 893", kpp="773601001").inn == "7707083893"
    with pytest.raises(BadRecord):
        create_company(actor=anna, name="Третья", inn="500100732259", kpp="773601001")


@pytest.mark.django_db
def test_company_takes_branch_of_its_responsible(anna: User) -> None:
    company = create_company(actor=anna, name="ООО «Ёлка»", website="https://www.Ёлка.example/о нас", responsible=anna)
    assert company.branch == anna.branch
    assert company.folded == "елка"
    assert Company.objects.get().site_host == "xn--80atc1g.example"
