"""Changes as lines of the history: who, old and new in words, nothing of cards that the viewer does not see."""

from __future__ import annotations

import pytest

from accounts.models import User
from accounts.roles import DataScope
from companies.changes import ChangeLine, timeline_items
from companies.edits import marks, stops
from companies.edits.fields import Edit, change_company, change_contact
from companies.edits.transfer import transfer_company
from companies.models import Company, CompanyStatus
from companies.services import add_contact, create_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(anna: User) -> Company:
    return create_company(actor=anna, name="ООО «Северный лес»", responsible=anna)


def told(card: Company, viewer: User) -> list[str]:
    lines = []
    for item in timeline_items([card.pk], viewer, None, 50):
        row = item.row
        assert isinstance(row, ChangeLine)
        parts = ", ".join(f"{p.label}: {p.old} → {p.new}" for p in row.parts)
        lines.append(f"{row.about} {parts or row.words} / {row.by}".strip())
    return lines


def test_lines_say_who_and_what(anna: User, boris: User, clara: User, card: Company) -> None:
    status = CompanyStatus.objects.create(name="В работе")
    person = add_contact(company=card, last_name="Котов")
    change_company(card.pk, Edit(anna, {"status": status.pk, "city": "Пермь", "contract_until": "2026-12-31"}))
    change_contact(person.pk, Edit(anna, {"position": "директор"}))
    transfer_company(actor=anna, company_id=card.pk, to_id=boris.pk)
    marks.mark_cold(actor=clara, target=Company.objects.get(pk=card.pk))
    stops.stop_calls(actor=clara, target=Company.objects.get(pk=card.pk), reason="Просили")
    lines = told(card, clara)
    assert lines[0] == "Не звонить: ООО «Северный лес». Просили / Клара Орлова"
    assert lines[1] == "Отмечено: холодный звонок: ООО «Северный лес» / Клара Орлова"
    assert lines[2] == "Ответственный: Анна Зайцева → Борис Мельник / Анна Зайцева"
    assert lines[3] == "Котов Должность: — → директор / Анна Зайцева"
    assert set(lines[4].removesuffix(" / Анна Зайцева").split(", ")) == {
        "Статус: — → В работе",
        "Город: — → Пермь",
        "Договор до: — → 31.12.2026",
    }
    assert lines[5] == "Карточка создана / Анна Зайцева"


def test_head_company_that_is_not_seen_has_no_name(anna: User, boris: User, ada: User, card: Company) -> None:
    secret = create_company(actor=ada, name="Тайная", responsible=boris)
    change_company(card.pk, Edit(ada, {"head_company": secret.pk}))
    assert "Головная компания: — → Тайная" in told(card, ada)[0]
    User.objects.filter(pk=anna.pk).update(data_scope=DataScope.SELF)
    assert "Головная компания: — → недоступно" in told(card, User.objects.get(pk=anna.pk))[0]


def test_number_of_queries_does_not_grow(anna: User, card: Company, django_assert_max_num_queries: object) -> None:
    for number in range(12):
        change_company(card.pk, Edit(anna, {"city": f"Город {number}", "status": None}))
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        timeline_items([card.pk], anna, None, 31)
