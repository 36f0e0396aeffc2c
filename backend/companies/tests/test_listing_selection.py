"""What filters mean: rows by right, then by the address; what is unreadable never widens a set."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import DataScope
from companies.listing import COMPANIES, CONTACTS, UnknownFilter, apply, contact_selection, parse, selection
from companies.models import Company, CompanySphere, CompanyStatus, Contact, ContractType, DoNotCall, LeadState
from companies.records import prepare_contact
from companies.search import index
from companies.services import add_contact, add_email, add_phone, create_company
from jobs.models import Job, JobRow
from phonebridge.models import CallRequest

pytestmark = pytest.mark.django_db


def names(user: User, query: str, verb: str = "view") -> set[str]:
    return set(selection(user, verb, query).values_list("name", flat=True))


def people(user: User, query: str) -> set[str]:
    return {contact.last_name for contact in contact_selection(user, "view", query)}


@pytest.fixture
def three(anna: User, boris: User, dan: User) -> tuple[Company, Company, Company]:
    today = timezone.now().date()
    work = CompanyStatus.objects.create(code="t-work", name="В деле")
    wood = CompanySphere.objects.create(name="Лес и доски")
    frame = ContractType.objects.create(code="t-frame", name="Рамка")
    a = create_company(
        actor=anna,
        name="ООО «Альфа»",
        inn="6671000003",
        city="Пермь",
        status=work,
        spheres=[wood],
        responsible=anna,
        contract_type=frame,
        contract_until=today + timedelta(days=10),
        contract_amount=Decimal("1500.50"),
    )
    b = create_company(actor=boris, name="Бета", city="Уфа", responsible=boris, lead_state=LeadState.WARM)
    c = create_company(actor=dan, name="Гамма", website="g.example.com", contract_until=today - timedelta(days=1))
    add_phone(holder=a, raw="8 (343) 012-45-67")
    person = add_contact(company=b, last_name="Дёмин")
    add_phone(holder=person, raw="+7 (861) 000-77-31")
    add_email(holder=person, raw="demin@beta.example.com")
    return a, b, c


A, B, C = "ООО «Альфа»", "Бета", "Гамма"


CONDITIONS: tuple[tuple[str, set[str]], ...] = (
    ("", {A, B, C}),
    ("status={status}", {A}),
    ("status.not={status}", {B, C}),
    ("status={status},none", {A, B, C}),
    ("status=987654", set()),
    ("sphere={sphere}", {A}),
    ("sphere=none", {B, C}),
    ("sphere.not={sphere}", {B, C}),
    ("responsible=me", {A}),
    ("responsible=none", {C}),
    ("responsible.not=me", {B, C}),
    ("responsible=me,none", {A, C}),
    ("responsible=inactive", set()),
    ("branch=me", {A, B}),
    ("branch=none", {C}),
    ("lead_state=warm", {B}),
    ("city=Пермь,Уфа", {A, B}),
    ("city.empty=1", {C}),
    ("inn.has=1", {A}),
    ("contract_until.lte=14d", {A, C}),
    ("contract_until.gte=today&contract_until.lte=14d", {A}),
    ("contract_until.empty=1", {B}),
    ("contract_amount.gte=1500", {A}),
    ("contract_type.has=1", {A}),
    ("phone.has=1", {A, B}),
    ("phone.empty=1", {C}),
    ("email.has=1", {B}),
    ("website.has=1", {C}),
    ("contact.empty=1", {A, C}),
    ("created.gte=today", {A, B, C}),
    ("created.lte=-1d", set()),
    ("updated=today", {A, B, C}),
    ("created_by=me", {A}),
    ("head_company=none", {A, B, C}),
    ("last_call.empty=1", {A, B, C}),
    ("last_call.gte=-30d", set()),
    ("cold.has=1", set()),
    ("do_not_call.empty=1", {A, B, C}),
    ("q=альфа", {A}),
    ("q=дёмин", {B}),
    ("q=4567", {A}),
    ("q=альфа 4567", {A}),
    ("q=бета 7731", {B}),
    ("q=бета 4567", set()),
    ("q=6671000003", {A}),
    ("q=demin@beta", {B}),
    ("q=ООО", set()),
    ("q=а", set()),
    ("q=альфа&responsible=none", set()),
)


def test_each_condition(anna: User, three: tuple[Company, Company, Company]) -> None:
    known = {"status": three[0].status_id, "sphere": three[0].spheres.get().pk}
    for query, found in CONDITIONS:
        assert names(anna, query.format(**known)) == found, query


def test_marks_and_refusals_roll_up(anna: User, ada: User, three: tuple[Company, Company, Company]) -> None:
    person = Contact.objects.get(last_name="Дёмин")
    person.phones.update(cold_marked_at=timezone.now())
    DoNotCall.objects.create(e164="+73430124567")
    assert names(ada, "cold.has=1") == {B}
    assert names(ada, "do_not_call.has=1") == {A}
    assert names(ada, "do_not_call.empty=1") == {B, C}
    assert people(ada, "cold.has=1") == {"Дёмин"}


def test_last_call_is_the_newest_one(anna: User, three: tuple[Company, Company, Company]) -> None:
    for company, days in ((three[0], 40), (three[0], 3), (three[1], 40)):
        at = timezone.now() - timedelta(days=days)
        call = CallRequest.objects.create(user=anna, company=company, status="consumed", closed_at=at)
        CallRequest.objects.filter(pk=call.pk).update(created_at=at)
    assert names(anna, "last_call.gte=-7d") == {A}
    assert names(anna, "last_call.lte=-30d") == {B}
    assert names(anna, "last_call.lte=-30d,none") == {B, C}
    assert names(anna, "last_call.has=1") == {A, B}


def test_cards_of_a_job_open_as_a_list(anna: User, boris: User, three: tuple[Company, Company, Company]) -> None:
    job = Job.objects.create(kind="t", title="t", created_by=anna, group="t")
    for n, code in enumerate(("gone", "not_own"), start=1):
        JobRow.objects.create(job=job, n=n, target_id=three[n].pk, status="refused", code=code)
    assert names(anna, f"job={job.pk}") == {B, C}
    assert names(anna, f"job={job.pk}:not_own") == {C}
    assert names(boris, f"job={job.pk}") == set()


def test_rights_cut_before_filters(
    anna: User, boris: User, clara: User, dan: User, three: tuple[Company, Company, Company]
) -> None:
    assert names(anna, "", "bulk") == {A}
    assert names(clara, "phone.has=1", "bulk") == {A, B}
    assert names(boris, "status.not=1&q=альфа", "export") == set()
    boris.data_scope = DataScope.SELF
    assert names(boris, "q=альфа") == set()
    assert names(boris, "phone.has=1") == {B}


@pytest.mark.parametrize("query", ["foo=1", "status=x", "status=1&lead_state.near=warm", "sort=secret", "view=99"])
def test_an_unreadable_filter_is_refused(anna: User, three: tuple[Company, Company, Company], query: str) -> None:
    with pytest.raises(UnknownFilter) as refusal:
        selection(anna, "view", query)
    assert refusal.value.code == "unknown_filter"
    assert not apply(parse("foo=1", COMPANIES), Company.objects.all(), anna).exists()


def test_people_are_owned_by_their_company_or_by_themselves(
    anna: User, dan: User, three: tuple[Company, Company, Company]
) -> None:
    lone = prepare_contact(Contact(last_name="Вольный", responsible=dan, branch=dan.branch, position="мастер"))
    lone.save()
    index.refresh_contacts([lone.pk])
    assert people(anna, "") == {"Дёмин", "Вольный"}
    assert people(anna, "company=none") == {"Вольный"}
    assert people(anna, f"responsible={dan.pk}") == {"Вольный"}
    assert people(anna, f"responsible.not={dan.pk}") == {"Дёмин"}
    assert people(anna, "branch=me") == {"Дёмин"}
    assert people(anna, "lead_state=warm") == {"Дёмин"}
    assert people(anna, "city=Уфа") == {"Дёмин"}
    assert people(anna, "phone.empty=1&position=мастер") == {"Вольный"}
    assert people(anna, "q=вольн") == {"Вольный"}
    assert people(anna, "q=бета") == {"Дёмин"}
    assert people(anna, "q=7731") == {"Дёмин"}
    assert people(anna, "q=дёмин 7731") == {"Дёмин"}
    anna.data_scope = DataScope.BRANCH
    assert people(anna, "") == {"Дёмин"}
    assert not apply(parse("nonsense=1", CONTACTS), Contact.objects.all(), anna).exists()
