"""A card that an import has made is one thing in its log: it goes whole, or stays whole with a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from accounts.models import Branch, User
from accounts.roles import DataScope
from companies.importing.brought import people_of
from companies.models import Company, CompanyNote, Contact, DoNotCall, EmailAddress, PhoneNumber
from companies.search import index
from companies.search.query import search
from companies.services import add_note, add_phone
from companies.tests.test_import import HEAD, INN, OTHER_INN, ROW, Importer, state, undo
from jobs.models import ChangeLog, Job, Op

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = f"Второй;{OTHER_INN};;8 343 200-00-07;two@example.com;Орлова Мария;;;;;;"


@pytest.fixture
def load(tmp_path: Path, anna: User) -> Importer:
    return Importer(tmp_path, anna)


def reasons(job_id: str) -> list[str]:
    kept = ChangeLog.objects.filter(job_id=job_id, undo_status="kept")
    return list(kept.order_by("pk").values_list("undo_reason", flat=True))


def test_a_new_card_is_one_entry_with_all_that_its_row_gave_it(load: Importer) -> None:
    report = load(ROW, OTHER, f";{INN};770701001;8 343 200-00-09;;Пушкина Анна;;;;;;")
    entries = ChangeLog.objects.filter(job_id=report["id"]).order_by("n", "pk")
    assert [(entry.n, entry.op, entry.model.partition(".")[2]) for entry in entries] == [
        (1, Op.CREATE, "company"),
        (2, Op.CREATE, "company"),
        (3, Op.ADD, "contact"),
        (3, Op.ADD, "phonenumber"),
    ]
    brought = {label.partition(".")[2]: len(found) for label, found in (entries[0].new or {}).items()}
    assert brought == {"contact": 1, "phonenumber": 2, "emailaddress": 1, "companynote": 1}
    assert people_of(Job.objects.get(pk=report["id"])) == Contact.objects.count() == 3
    assert undo(report["id"], load.user).keys() == {"id", "undone"}
    assert not any(state().values())


def touch_phone(card: Company, clara: User) -> None:
    PhoneNumber.objects.filter(company=card, is_primary=True).update(e164="+73432000099", digits="73432000099")


def touch_person(card: Company, clara: User) -> None:
    Contact.objects.filter(company=card).update(version=2)


def call_number(card: Company, clara: User) -> None:
    PhoneNumber.objects.filter(company=card, is_primary=True).update(last_result_at="2026-11-01T10:00:00Z")


def silence(card: Company, clara: User) -> None:
    DoNotCall.objects.create(e164="+73432000001", reason="Просили не звонить", by=clara)


def pin(card: Company, clara: User) -> None:
    CompanyNote.objects.filter(company=card).update(is_pinned=True)


def touch_address(card: Company, clara: User) -> None:
    EmailAddress.objects.filter(norm__startswith="info@").update(raw="new@example.com", norm="new@example.com")


def more_notes(card: Company, clara: User) -> None:
    add_note(actor=clara, company=card, text="Уже работаем")


def more_phones(card: Company, clara: User) -> None:
    add_phone(holder=Contact.objects.get(company=card), raw="8 343 200-00-55")


IN_WORDS = "Контакт, номер, адрес или заметку изменили, или на номер уже звонили."


@pytest.mark.parametrize(
    ("touch", "reason"),
    [
        (touch_phone, IN_WORDS),
        (touch_person, IN_WORDS),
        (call_number, IN_WORDS),
        (silence, IN_WORDS),
        (pin, IN_WORDS),
        (touch_address, IN_WORDS),
        (more_notes, "Заметки: 1."),
        (more_phones, IN_WORDS),
    ],
)
def test_a_touched_card_stays_whole_and_says_why(
    load: Importer, clara: User, touch: Callable[[Company, User], None], reason: str
) -> None:
    report = load(ROW, OTHER)
    card = Company.objects.get(inn=INN)
    touch(card, clara)
    held = {name: [row for row in rows if "Второй" not in row] for name, rows in state().items()}
    held["emails"] = [row for row in held["emails"] if row[0] != "two@example.com"]
    held["phones"] = [row for row in held["phones"] if row[1] != "Орлова"]
    said = undo(report["id"], load.user)
    assert (said["undone"], said["kept"]) == (1, 1)
    assert state() == held
    assert reasons(report["id"]) == [reason]
    again = undo(report["id"], load.user)
    assert again["kept"] == 1
    assert state() == held


def test_a_card_is_found_by_its_new_branch_with_its_people(
    tmp_path: Path, gleb: User, anna: User, dan: User, branch_krd: Branch
) -> None:
    """An import may move a card to another branch: the rows of its people move with its own."""
    User.objects.filter(pk=dan.pk).update(data_scope=DataScope.BRANCH)
    dan.refresh_from_db()
    load = Importer(tmp_path, anna)
    load(ROW)
    assert [hit.kind for hit in search(dan, "котов", 5).results] == []
    mover = Importer(tmp_path, gleb)
    report = mover(f"{INN};770701001;Краснодар", head="ИНН;КПП;Филиал")
    assert report["updated"] == 1, report
    assert Company.objects.get().branch == branch_krd
    companies, contacts = (list(model.objects.values_list("pk", flat=True)) for model in (Company, Contact))
    assert index.differences(companies, contacts, is_mended=False) == []
    assert [hit.kind for hit in search(dan, "котов", 5).results] == ["contact"]


def test_a_note_of_each_new_card_is_kept(load: Importer) -> None:
    rows = [f"Карточка {n};;;8 343 200-00-{n:02};;;;;;;Одни слова;" for n in range(10, 14)]
    load(*rows, head=HEAD)
    assert sorted(CompanyNote.objects.values_list("company__name", flat=True)) == [
        f"Карточка {n}" for n in range(10, 14)
    ]
