"""What holds of the search in every world: rights, what is always found, one answer to all spellings, rows = cards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Branch, User
from accounts.roles import DataScope, Role
from common import phones
from common.requisites import complete_inn
from companies import records
from companies.models import Company, Contact, EmailAddress, PhoneNumber, SearchRow, SearchWord
from companies.search import index, vocabulary
from companies.search.layout import swap
from companies.search.query import search
from companies.search.rebuild import rebuild
from companies.services import add_contact, add_email, add_phone, create_company

pytestmark = pytest.mark.django_db
in_many_worlds = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

STEMS = ("ромашка", "ромашкин", "ёлка", "ежевика", "север", "северный", "лес", "сталь", "чугун", "щука", "жук", "бюро")
FORMS = ("ООО «{}»", "АО {}", "ИП {}", "{}", "{} (ЗАО)", "OOO {}")
LAST_NAMES = ("Иванов", "Петрова", "Щёголев", "Ёжиков", "Жуков", "Северный")


@dataclass(frozen=True)
class Card:
    """One company with its person; numbers are made of the place in the list."""

    form: str
    stems: tuple[str, ...]
    legal: str
    owner: int | None
    branch: str | None
    last_name: str
    has_site: bool


cards = st.builds(
    Card,
    form=st.sampled_from(FORMS),
    stems=st.lists(st.sampled_from(STEMS), min_size=1, max_size=3).map(tuple),
    legal=st.sampled_from(["", *STEMS]),
    owner=st.sampled_from([None, 0, 1, 2]),
    branch=st.sampled_from([None, "a", "b"]),
    last_name=st.sampled_from(LAST_NAMES),
    has_site=st.booleans(),
)
scopes = st.lists(st.sampled_from(DataScope), min_size=3, max_size=3)
worlds = st.tuples(st.lists(cards, min_size=1, max_size=4), scopes)
World = tuple[list[Card], list[DataScope]]


def build(world: World) -> tuple[list[User], list[Company]]:
    """The rows of a world, alone in the base: two people of branch a, one of branch b."""
    for model in (SearchWord, Contact, Company, User, Branch):
        model._default_manager.all().delete()
    branches = {code: Branch.objects.create(code=code, name=code, area_code="343") for code in ("a", "b")}
    users = [
        User.objects.create(username=f"u{n}", role=Role.MANAGER, data_scope=scope, branch=branches["aab"[n]])
        for n, scope in enumerate(world[1])
    ]
    return users, [make(card, n, users, branches) for n, card in enumerate(world[0])]


def make(card: Card, n: int, users: list[User], branches: dict[str, Branch]) -> Company:
    company = create_company(
        actor=None,
        name=card.form.format(" ".join(card.stems).title()),
        legal_name=card.legal,
        inn=complete_inn(f"66710{n:04}"),
        website=f"https://www.firm{n}.example/" if card.has_site else "",
        responsible=None if card.owner is None else users[card.owner],
        branch=branches.get(card.branch or ""),
    )
    add_phone(holder=company, raw=f"8 (343) 0{n}2-{n}5-67")
    add_phone(holder=company, raw=f"20{n}-1{n}-15")
    add_email(holder=company, raw=f"Office{n}@firm{n}.example")
    person = add_contact(company=company, last_name=card.last_name, first_name="Лев")
    add_phone(holder=person, raw=f"+7 922 0{n}0-11-22")
    add_email(holder=person, raw=f"lev{n}@почта{n}.рф")
    return company


def seen_companies(user: User) -> set[int]:
    return set(Company.objects.visible_to(user).values_list("pk", flat=True))


def found(user: User, q: str) -> set[int | None]:
    return {hit.company_id for hit in search(user, q).results}


def asked_of(company: Company) -> list[str]:
    """What must find the card: requisites, numbers of it and of its people, addresses, the folded name."""
    held = PhoneNumber.objects.filter(company=company) | PhoneNumber.objects.filter(contact__company=company)
    emails = EmailAddress.objects.filter(company=company) | EmailAddress.objects.filter(contact__company=company)
    return [
        company.inn or "",
        *(number.digits[-7:] for number in held),
        *(email.raw for email in emails),
        *(email.norm for email in emails),
        company.folded,
        company.name,
    ]


@in_many_worlds
@given(world=worlds)
def test_every_visible_card_is_found_and_no_other(world: World) -> None:
    users, companies = build(world)
    for user in users:
        visible = seen_companies(user)
        people = set(Contact.objects.visible_to(user).values_list("pk", flat=True))
        for company in companies:
            for q in asked_of(company):
                answer = search(user, q)
                assert {hit.company_id for hit in answer.results} <= visible, q
                assert {hit.id for hit in answer.results if hit.kind == "contact"} <= people
                assert all(hit.matched for hit in answer.results), q
                if company.pk in visible:
                    assert company.pk in {hit.company_id for hit in answer.results}, q
                if not answer.results:
                    assert answer.shown_for == "", q


@in_many_worlds
@given(
    world=worlds, typed=st.lists(st.sampled_from([*STEMS, *LAST_NAMES, "ромашак", "чигун"]), min_size=1, max_size=2)
)
def test_all_spellings_have_one_answer(world: World, typed: list[str]) -> None:
    users, companies = build(world)
    user = users[0]
    q = " ".join(typed)
    plain = search(user, q).results
    for spelling in (q.upper(), q.title(), q.replace("ё", "е"), q.replace("о", "o"), f"ООО «{q}»", f"  {q}  "):
        assert search(user, spelling).results == plain, spelling
        assert search(user, swap(spelling)).results == plain, swap(spelling)
    for number in PhoneNumber.objects.filter(company=companies[0]):
        e164 = number.e164 or ""
        whole = search(user, e164).results
        shown = phones.national(e164)
        bare = e164[2:]
        for spelling in (shown, e164[1:], "8" + bare, bare, f"8 ({bare[:3]}) {bare[3:]}", shown.replace("-", " ")):
            assert search(user, spelling).results == whole, spelling


@in_many_worlds
@given(world=worlds, strangers=st.lists(cards, min_size=1, max_size=4))
def test_an_invisible_card_changes_no_byte(world: World, strangers: list[Card]) -> None:
    users, _ = build((world[0], [DataScope.BRANCH, DataScope.SELF, DataScope.BRANCH]))
    anna, boris, dan = users
    queries = [
        *STEMS,
        *LAST_NAMES,
        "ромашк",
        "рамашка",
        "ежевека",
        "северынй",
        "4567",
        "0115",
        "6671",
        "lev",
        "office",
    ]
    queries += ["cnfkm", "жук 4567", "firm9", "office9@", "чигуна", "ромашкина"]
    before = {(user.pk, q): asdict(search(user, q)) for user in (anna, boris) for q in queries}
    secret = {"b": Branch.objects.get(code="b")}
    for n, card in enumerate(strangers):
        make(Card(**{**asdict(card), "owner": 0, "branch": "b"}), 6 + n, [dan], secret)
    vocabulary.recount()
    for user in (anna, boris):
        for q in queries:
            assert asdict(search(user, q)) == before[user.pk, q], q


def rename(company: Company) -> None:
    company.name = f"{company.name} Плюс"
    records.prepare_company(company).save()
    index.refresh_companies([company.pk])


def transfer(company: Company) -> None:
    company.responsible = User.objects.exclude(pk=company.responsible_id or 0).order_by("pk")[0]
    company.branch = company.responsible.branch
    company.save()
    index.refresh_companies([company.pk])


def delete(company: Company) -> None:
    company.deleted_at = None if company.deleted_at else timezone.now()
    company.save()
    index.refresh_companies([company.pk])


def part(company: Company) -> None:
    """Its people leave: one without a company, or into the bin."""
    for n, person in enumerate(Contact.objects.filter(company=company).order_by("pk")):
        person.company = None
        person.responsible = User.objects.order_by("pk")[0]
        person.deleted_at = timezone.now() if n else None
        person.save()
        index.refresh_contacts([person.pk])


def hire(company: Company) -> None:
    add_contact(company=company, last_name="Новый")


def again(company: Company) -> None:
    people = Contact.objects.filter(company=company).values_list("pk", flat=True)
    index.refresh_bulk(companies=[company.pk], contacts=list(people))


STEPS: list[Callable[[Company], None]] = [rename, transfer, delete, part, hire, again]


@in_many_worlds
@given(world=worlds, steps=st.lists(st.tuples(st.integers(0, 5), st.sampled_from(STEPS)), max_size=12))
def test_rows_are_a_rebuild_after_any_history(
    world: World, steps: list[tuple[int, Callable[[Company], None]]]
) -> None:
    users, companies = build(world)
    for place, step in steps:
        step(companies[place % len(companies)])
    assert list(rebuild(check=True)) == []
    rows = set(SearchRow.objects.values_list("company_id", "contact_id", "folded", "terms"))
    SearchRow.objects.all().delete()
    assert len(list(rebuild(check=False))) == len(rows)
    assert set(SearchRow.objects.values_list("company_id", "contact_id", "folded", "terms")) == rows
    live = Company.objects.filter(deleted_at__isnull=True)
    people = Contact.objects.filter(deleted_at__isnull=True).exclude(company__deleted_at__isnull=False)
    assert len(rows) == live.count() + people.count()
    for user in users:
        for company in live:
            if company.pk in seen_companies(user):
                assert company.pk in found(user, company.folded)


def test_words_are_added_once_and_counted_at_night() -> None:
    create_company(actor=None, name="Ромашка")
    create_company(actor=None, name="Ромашка полевая")
    assert list(SearchWord.objects.order_by("word").values_list("word", "df")) == [("полевая", 0), ("ромашка", 0)]
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO search_word (word) VALUES ('ромашка')")
    Company.objects.filter(name="Ромашка").delete()
    vocabulary.recount()
    assert list(SearchWord.objects.order_by("word").values_list("word", "df")) == [("полевая", 1), ("ромашка", 1)]
    assert vocabulary.recount() == 0


@pytest.mark.parametrize("count", [1, 30])
def test_a_batch_takes_a_fixed_number_of_statements(count: int, django_assert_max_num_queries: object) -> None:
    companies = Company.objects.bulk_create(Company(name=f"Фирма {n}", folded=f"фирма {n}") for n in range(count))
    people = Contact.objects.bulk_create(Contact(company=c, last_name="Лев", folded="лев") for c in companies)
    ids = [c.pk for c in companies], [p.pk for p in people]
    with django_assert_max_num_queries(9):  # type: ignore[operator]
        index.refresh_bulk(companies=ids[0], contacts=ids[1])
    assert SearchRow.objects.count() == 2 * count
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        index.refresh_bulk(companies=ids[0], contacts=ids[1])
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        Company.objects.update(name="Другая")
        index.refresh_companies(ids[0])
