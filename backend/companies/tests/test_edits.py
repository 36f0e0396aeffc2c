"""Editing cards: versions, the trail, two people at once, numbers and addresses row by row."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from django.conf import LazySettings

from accounts.models import User
from accounts.roles import DataScope
from audit.models import AuditLog, FieldChange
from companies.edits import numbers
from companies.edits.fields import (
    Clash,
    Edit,
    NotAllowed,
    NotFound,
    Saved,
    Stale,
    Taken,
    change_company,
    change_contact,
)
from companies.edits.numbers import Changed, Double, Line
from companies.merging.services import preview
from companies.models import CardKind, Company, CompanySphere, CompanyStatus, EmailAddress, PhoneNumber
from companies.records import BadRecord
from companies.services import add_contact, add_phone, create_company

pytestmark = pytest.mark.django_db
INN = "7707083893"


@pytest.fixture
def card(anna: User) -> Company:
    return create_company(actor=anna, name="ООО «Кабель»", city="Екатеринбург", responsible=anna)


def change(who: User, card: Company, base: int | None = None, **values: Any) -> Saved:
    return change_company(card.pk, Edit(who, values, base_version=base))


def test_change_is_a_version_and_a_row_a_field(anna: User, card: Company) -> None:
    saved = change(anna, card, name="ООО «Провод»", city="Екатеринбург", website="http://www.Кабель.рф/x")
    card.refresh_from_db()
    assert (saved.changed, card.version, card.folded, card.site_host) == (
        ("name", "website"),
        2,
        "провод",
        "xn--80acmri6h.xn--p1ai",
    )
    rows = FieldChange.objects.filter(entity_type="company", entity_id=card.pk).order_by("field")
    assert [(r.field, r.old, r.new, r.version, r.actor) for r in rows] == [
        ("name", "ООО «Кабель»", "ООО «Провод»", 2, anna),
        ("website", "", "http://www.Кабель.рф/x", 2, anna),
    ]
    assert AuditLog.objects.get(verb="update", entity_id=str(card.pk)).message == "Изменено: Название, Сайт"
    assert change(anna, card, name="ООО «Провод»").changed == ()
    card.refresh_from_db()
    assert card.version == 2, "the same again is no change"


def test_two_people_change_different_fields(anna: User, clara: User, card: Company) -> None:
    change(clara, card, base=1, city="Пермь")
    saved = change(anna, card, base=1, name="Новое имя", city="Екатеринбург")
    card.refresh_from_db()
    assert (card.name, card.city, card.version) == ("Новое имя", "Пермь", 3)
    assert [(t.label, t.shown, t.by) for t in saved.others] == [("Город", "Пермь", clara.label)]


def test_two_people_change_one_field_and_the_second_chooses(anna: User, clara: User, card: Company) -> None:
    change(clara, card, base=1, name="Имя Клары", city="Пермь")
    with pytest.raises(Clash) as clash:
        change(anna, card, base=1, name="Имя Анны", address="Ленина, 1")
    assert clash.value.version == 2
    theirs = clash.value.theirs
    assert {name: (t.shown, t.by) for name, t in theirs.items()} == {"name": ("Имя Клары", clara.label)}
    card.refresh_from_db()
    assert (card.name, card.address) == ("Имя Клары", ""), "nothing is half-saved"
    change(anna, card, base=clash.value.version, name="Имя Анны", address="Ленина, 1")
    card.refresh_from_db()
    assert (card.name, card.address, card.city) == ("Имя Анны", "Ленина, 1", "Пермь")


def test_requisites_clash_together(anna: User, clara: User, card: Company) -> None:
    change(clara, card, base=1, inn=INN, kpp="770701001")
    with pytest.raises(Clash) as clash:
        change(anna, card, base=1, ogrn="1027700132195")
    assert set(clash.value.theirs) == {"inn", "kpp"}


def test_spheres_merge_by_element(anna: User, clara: User, card: Company) -> None:
    a, b, c = (CompanySphere.objects.create(name=f"Сфера {n}").pk for n in range(3))
    change(anna, card, spheres=[a, b])
    change(clara, card, base=2, spheres=[a, b, c])
    change(anna, card, base=2, spheres=[b])
    assert sorted(card.spheres.values_list("pk", flat=True)) == [b, c]


def test_a_caller_that_insists_on_a_version_is_told_what_changed(anna: User, clara: User, card: Company) -> None:
    change(clara, card, city="Пермь")
    with pytest.raises(Stale) as stale:
        change_company(card.pk, Edit(anna, {"name": "Х"}, base_version=1, is_strict=True))
    assert stale.value.extra["version"] == 2
    changed = stale.value.extra["changed"]
    assert isinstance(changed, list)
    assert [row["field"] for row in changed] == ["city"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"nonsense": 1}, "bad_record"),
        ({"name": "  "}, "bad_record"),
        ({"name": None}, "bad_record"),
        ({"name": 5}, "bad_record"),
        ({"name": "x" * 256}, "bad_record"),
        ({"kpp": "12345"}, "bad_record"),
        ({"inn": "500100732259", "kpp": "770701001"}, "bad_record"),
        ({"contract_until": "31.12.2026"}, "bad_record"),
        ({"contract_until": "1900-01-01"}, "bad_record"),
        ({"contract_until": "9999-12-31"}, "bad_record"),
        ({"contract_amount": "NaN"}, "bad_record"),
        ({"contract_amount": "-1"}, "bad_record"),
        ({"contract_amount": "1e30"}, "bad_record"),
        ({"workday_start": "25:00"}, "bad_record"),
        ({"zone": "Луна"}, "bad_record"),
        ({"status": 10**30}, "bad_record"),
        ({"status": "abc"}, "bad_record"),
        ({"status": True}, "bad_record"),
        ({"spheres": [1, "x"]}, "bad_record"),
        ({"spheres": [987654321]}, "bad_record"),
        ({"spheres": None}, "bad_record"),
        ({"bank_details": "a\x00b"}, "bad_record"),
        ({"head_company": 987654321}, "bad_record"),
        ({"branch": None}, "not_allowed"),
    ],
)
def test_bad_values_are_refused_with_words(anna: User, card: Company, values: dict[str, Any], code: str) -> None:
    with pytest.raises((BadRecord, NotAllowed)) as refusal:
        change(anna, card, **values)
    assert refusal.value.code == code
    assert refusal.value.detail
    card.refresh_from_db()
    assert card.version == 1


def test_rights(boris: User, clara: User, dan: User, card: Company) -> None:
    with pytest.raises(NotAllowed) as refusal:
        change(boris, card, name="Чужое")
    assert "Анна" in refusal.value.detail
    change(clara, card, name="Голова филиала может")
    User.objects.filter(pk=dan.pk).update(data_scope="self")
    with pytest.raises(NotFound):
        change(User.objects.get(pk=dan.pk), card, name="Невидимое")


def test_version_of_the_future_is_refused(anna: User, card: Company) -> None:
    with pytest.raises(BadRecord):
        change(anna, card, base=99, name="Х")


def test_wrong_check_digit_warns_or_blocks(anna: User, card: Company, settings: LazySettings) -> None:
    assert change(anna, card, inn="7707083894").warnings
    settings.REQUISITES_CHECK = "block"
    with pytest.raises(BadRecord, match="Контрольная цифра"):
        change(anna, card, inn="7707083895")


def test_taken_numbers_name_only_a_card_that_is_seen(anna: User, dan: User, card: Company) -> None:
    other = create_company(actor=dan, name="Тайна", inn=INN, responsible=dan)
    with pytest.raises(Taken) as seen:
        change(anna, card, inn=INN)
    assert other.name in seen.value.detail
    User.objects.filter(pk=anna.pk).update(data_scope="self")
    with pytest.raises(Taken) as unseen:
        change(User.objects.get(pk=anna.pk), card, inn=INN)
    assert other.name not in unseen.value.detail
    assert unseen.value.extra == {"field": "inn"}


def test_tree_has_no_circle_and_five_levels(anna: User, card: Company) -> None:
    chain = [card] + [create_company(actor=anna, name=f"Дочка {n}", responsible=anna) for n in range(5)]
    for parent, child in pairwise(chain[:4]):
        change(anna, child, head_company=parent.pk)
    with pytest.raises(BadRecord, match="круг"):
        change(anna, card, head_company=chain[3].pk)
    with pytest.raises(BadRecord, match="самой себя"):
        change(anna, card, head_company=card.pk)
    change(anna, chain[4], head_company=chain[3].pk)
    with pytest.raises(BadRecord, match="5 уровней"):
        change(anna, chain[5], head_company=chain[4].pk)


def test_status_and_other_links_are_shown_in_words(anna: User, clara: User, card: Company) -> None:
    status = CompanyStatus.objects.create(code="work", name="В работе")
    change(clara, card, base=1, status=status.pk, contract_until="2027-02-01")
    saved = change(anna, card, base=1, name="Х")
    assert {t.label: t.shown for t in saved.others} == {"Статус": "В работе", "Договор до": "01.02.2027"}


def test_contact_is_changed_as_its_company(anna: User, boris: User, card: Company) -> None:
    person = add_contact(company=card, last_name="Котов")
    change_contact(person.pk, Edit(anna, {"first_name": "Иван", "birthday": "1980-02-29"}))
    person.refresh_from_db()
    assert (person.full_name, person.version, person.folded) == ("Котов Иван", 2, "котов иван")
    with pytest.raises(BadRecord, match="имя"):
        change_contact(person.pk, Edit(anna, {"first_name": "", "last_name": ""}))
    with pytest.raises(NotAllowed):
        change_contact(person.pk, Edit(boris, {"first_name": "Пётр"}))


def test_numbers_row_by_row(anna: User, clara: User, boris: User, card: Company) -> None:
    first = numbers.add_phone(actor=anna, holder=card, line=Line("8 343 200-00-01"))
    second = numbers.add_phone(actor=anna, holder=card, line=Line("8 343 200-00-02", "mobile", "приёмная"))
    again = numbers.add_phone(actor=anna, holder=card, line=Line("+7 343 200 00 02"))
    card.refresh_from_db()
    assert (again.pk, card.version, first.is_primary, second.is_primary) == (second.pk, 3, True, False)
    base = Line("8 343 200-00-02", "mobile", "приёмная")
    numbers.change_phone(
        actor=clara, phone_id=second.pk, line=Line("8 343 200-00-03", "mobile", "приёмная"), base=base
    )
    with pytest.raises(Changed, match="200-00-03"):
        numbers.change_phone(actor=anna, phone_id=second.pk, line=Line("8 343 200-00-04", "mobile"), base=base)
    with pytest.raises(Double):
        numbers.change_phone(actor=anna, phone_id=second.pk, line=Line("8 343 200-00-01"))
    numbers.change_phone(actor=anna, phone_id=second.pk, line=Line("8 343 200-00-05", is_primary=True))
    assert list(PhoneNumber.objects.filter(company=card).values_list("e164", "is_primary").order_by("pk")) == [
        ("+73432000001", False),
        ("+73432000005", True),
    ]
    numbers.delete_phone(actor=anna, phone_id=second.pk)
    assert PhoneNumber.objects.get(company=card).is_primary
    with pytest.raises(NotFound):
        numbers.delete_phone(actor=anna, phone_id=second.pk)
    with pytest.raises(NotAllowed):
        numbers.delete_phone(actor=boris, phone_id=first.pk)
    with pytest.raises(BadRecord):
        numbers.add_phone(actor=anna, holder=card, line=Line("8 343 200-00-09", "satellite"))
    card.refresh_from_db()
    assert card.version == FieldChange.objects.filter(entity_id=card.pk).order_by("-version")[0].version == 6


def test_addresses_row_by_row(anna: User, card: Company) -> None:
    person = add_contact(company=card, last_name="Котов")
    address = numbers.add_email(actor=anna, holder=person, line=Line("Kotov@Example.com", "personal"))
    numbers.change_email(actor=anna, email_id=address.pk, line=Line("ivan@example.com", "personal"))
    address.refresh_from_db()
    assert (address.norm, address.is_primary) == ("ivan@example.com", True)
    numbers.delete_email(actor=anna, email_id=address.pk)
    assert not EmailAddress.objects.filter(contact=person).exists()
    assert FieldChange.objects.filter(entity_type="contact", entity_id=person.pk, field="emails").count() == 3


def test_twentyfirst_number_is_refused(anna: User, card: Company) -> None:
    for n in range(20):
        add_phone(holder=card, raw=f"8 343 200-00-{n:02}")
    with pytest.raises(BadRecord, match="Не больше 20"):
        numbers.add_phone(actor=anna, holder=card, line=Line("8 343 200-01-00"))


def test_exactly_one_primary_whatever_is_done(anna: User, card: Company) -> None:
    rng = random.Random(11)  # noqa: S311
    for step in range(120):
        rows = list(PhoneNumber.objects.filter(company=card))
        act = rng.randrange(4)
        if act == 0 or not rows:
            line = Line(f"8 343 2{step:06}", is_primary=rng.random() < 0.3)
            if len(rows) < 20:
                numbers.add_phone(actor=anna, holder=card, line=line)
        elif act == 1:
            numbers.delete_phone(actor=anna, phone_id=rng.choice(rows).pk)
        else:
            row = rng.choice(rows)
            line = Line(f"8 343 3{step:06}", is_primary=rng.random() < 0.5 or row.is_primary)
            numbers.change_phone(actor=anna, phone_id=row.pk, line=line)
        left = list(PhoneNumber.objects.filter(company=card).values_list("is_primary", flat=True))
        assert sum(left) == bool(left)


def test_queries_of_a_change_do_not_grow(anna: User, card: Company, django_assert_max_num_queries: Any) -> None:
    for n in range(3):
        change(anna, card, city=f"Город {n}")
    with django_assert_max_num_queries(16):
        change(anna, card, base=1, name="Х")


def test_deleted_and_missing_cards_are_alike(anna: User, card: Company) -> None:
    Company.objects.filter(pk=card.pk).update(deleted_at="2026-01-01T00:00:00Z")
    for pk in (card.pk, 0, 2**63 - 1):
        with pytest.raises(NotFound, match="Не найдено"):
            change_company(pk, Edit(anna, {"name": "Х"}))


def test_a_head_out_of_sight_has_no_name(anna: User, clara: User, dan: User, card: Company) -> None:
    secret = create_company(actor=dan, name="Потайная", responsible=dan)
    change(clara, card, head_company=secret.pk)
    anna.data_scope = DataScope.BRANCH
    anna.save()
    own = create_company(actor=anna, name="Своя", responsible=anna)
    with pytest.raises(Clash) as clash:
        change(anna, card, base=1, head_company=own.pk)
    assert clash.value.theirs["head_company"].shown == "недоступно"
    plan = preview(CardKind.COMPANY, actor=anna, winner_id=own.pk, loser_id=card.pk)
    assert [c.loser for c in plan.choices if c.key == "head_company"] == ["недоступно"]
    assert change(anna, card, base=1, head_company=None, city="Уфа").changed == ("city",)  # left as the form had it
    assert change(anna, card, head_company=secret.pk).changed == ()
