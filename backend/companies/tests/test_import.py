"""The import by its commands: matched, written once, repeated without effect, taken back."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Model

from accounts.models import User
from accounts.roles import DataScope
from audit.models import AuditLog, FieldChange
from companies.edits.fields import Edit, change_company
from companies.edits.transfer import transfer_company
from companies.merging.services import Order, merge_companies
from companies.models import (
    Company,
    CompanyNote,
    CompanySphere,
    CompanyStatus,
    Contact,
    EmailAddress,
    ExternalRef,
    PhoneNumber,
)
from companies.search.query import search
from companies.services import add_contact, add_note, add_phone, create_company
from jobs.models import ChangeLog
from notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)
INN, OTHER_INN = "7707083893", "7736050003"
HEAD = "Название;ИНН;КПП;Телефон;E-mail;ФИО;Должность;Сайт;Статус;Сферы;Комментарий;Код"
ROW = (
    "ООО «Кабель»;7707083893;770701001;8 343 200-00-01, 8 343 200-00-02;info@kabel.example.com;"
    "Котов Иван Петрович;директор;kabel.example.com;В работе;Опт, Розница;Звонить утром;A-1"
)
MODELS: tuple[type[Model], ...] = (Company, Contact, PhoneNumber, EmailAddress, CompanyNote, ExternalRef)


@pytest.fixture(autouse=True)
def _dictionaries(db: None) -> None:
    CompanyStatus.objects.create(code="work", name="В работе")
    for name in ("Опт", "Розница"):
        CompanySphere.objects.create(name=name)


class Importer:
    """Writes a file and gives it to the command."""

    def __init__(self, folder: Path, user: User) -> None:
        self.folder, self.user = folder, user

    def __call__(self, *rows: str, head: str = HEAD, **options: Any) -> dict[str, Any]:
        path = self.folder / "компании.csv"
        path.write_text("\n".join([head, *rows]), encoding="utf-8")
        return self.file(path, **options)

    def file(self, path: Path, user: User | None = None, **options: Any) -> dict[str, Any]:
        out = StringIO()
        call_command(
            "import_companies", str(path), user=(user or self.user).username, json=True, stdout=out, **options
        )
        found: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
        return found


@pytest.fixture
def load(tmp_path: Path, anna: User) -> Importer:
    return Importer(tmp_path, anna)


def counts(report: dict[str, Any]) -> tuple[int, int, int, int]:
    return report["created"], report["updated"], report["unchanged"], report["refused"]


def state() -> dict[str, list[Any]]:
    """Everything that an import writes, without numbers and moments."""
    return {
        "companies": sorted(
            Company.objects.values_list("name", "inn", "kpp", "website", "status__code", "responsible__username"),
            key=str,
        ),
        "spheres": sorted(Company.objects.exclude(spheres=None).values_list("name", "spheres__name")),
        "people": sorted(Contact.objects.values_list("company__name", "last_name", "position", "is_primary")),
        "phones": sorted(
            PhoneNumber.objects.values_list("company__name", "contact__last_name", "e164", "is_primary"), key=str
        ),
        "emails": sorted(EmailAddress.objects.values_list("norm", "is_primary")),
        "notes": sorted(CompanyNote.objects.values_list("company__name", "text")),
    }


def undo(job_id: str, user: User) -> dict[str, int]:
    out = StringIO()
    call_command("undo_import", job_id, user=user.username, stdout=out)
    found: dict[str, int] = json.loads(out.getvalue())
    return found


def test_row_becomes_a_card_with_everything_on_it(load: Importer, anna: User) -> None:
    report = load(ROW)
    assert counts(report) == (1, 0, 0, 0), report
    card = Company.objects.get()
    assert (card.inn, card.kpp, card.responsible, card.branch, card.site_host) == (
        INN,
        "770701001",
        anna,
        anna.branch,
        "kabel.example.com",
    )
    assert state()["spheres"] == [("ООО «Кабель»", "Опт"), ("ООО «Кабель»", "Розница")]
    assert state()["phones"] == [
        ("ООО «Кабель»", None, "+73432000001", True),
        ("ООО «Кабель»", None, "+73432000002", False),
    ]
    assert [p.full_name for p in Contact.objects.all()] == ["Котов Иван Петрович"]
    assert CompanyNote.objects.get().text == "Звонить утром"
    assert [hit.id for hit in search(anna, "кабель", 5).results if hit.kind == "company"] == [card.pk]


def test_file_twice_is_file_once(load: Importer) -> None:
    load(ROW)
    before = state()
    report = load(ROW)
    assert counts(report) == (0, 0, 1, 0), report
    assert state() == before
    assert Company.objects.get().version == 1


def test_dry_run_counts_the_same_and_writes_nothing(load: Importer) -> None:
    create_company(actor=None, name="ООО «Второй»", inn=OTHER_INN, responsible=load.user)
    rows = (ROW, f"Второй;{OTHER_INN};;8 343 200-00-03;;;;;;;;", ";;;;;;;;;;;", "Чужой;123;;;;;;;;;;")
    before = state()
    tried = load(*rows, dry_run=True)
    assert (tried["id"], state()) == ("", before)
    done = load(*rows)
    assert counts(tried) == counts(done) == (2, 1, 0, 0), (tried, done)
    assert [p["code"] for p in tried["problems"]] == [p["code"] for p in done["problems"]]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"Другое имя;{INN};770701001;;;;;;;;;", "updated"),
        (f";{INN};;8 343 200-00-09;;;;;;;;", "updated"),
        ("Кабель;;;8 343 200-00-01;;;;;;;;", "updated"),
        ("Кабель;;;;INFO@kabel.example.com;;;;;;;", "updated"),
        ("кабель, ооо;;;;;;;new.example.com;;;;", "updated"),
        ("Что угодно;;;;;;;;;;;A-1", "updated"),
        ("Кабель;7736050003;;8 343 200-00-01;;;;;;;;", "created"),
        ("Совсем другое;;;;;;;;;;;", "created"),
        (f"Филиал;{INN};770701002;;;;;;;;;", "created"),
    ],
)
def test_what_is_recognised(load: Importer, row: str, expected: str) -> None:
    load(ROW)
    report = load(row)
    assert report[expected] == 1, report


@pytest.mark.parametrize(
    ("mode", "row", "code"),
    [
        ("create", f"Кабель;{INN};770701001;;;;;;;;;", "exists"),
        ("update", "Новая;;;;;;;;;;;", "not_found"),
        ("both", "Кабель;;;8 343 200-00-01, 8 343 200-00-07;;;;;;;;", "ambiguous"),
        ("both", f"Кабель;{OTHER_INN};;;;;;;;;;A-1", "conflict"),
        ("both", ";;;;;;;;;;;Z-9", "empty"),
    ],
)
def test_refusals_with_their_reason(load: Importer, mode: str, row: str, code: str) -> None:
    load(ROW, f"Второй;{OTHER_INN};;8 343 200-00-07;;;;;;;;")
    before = state()
    report = load(row, mode=mode)
    assert [(p["row"], p["code"], p["refused"]) for p in report["problems"]] == [(2, code, True)], report
    assert report["problems"][0]["reason"]
    assert state() == before


def test_deleted_external_number_is_not_brought_back(load: Importer, ada: User) -> None:
    load(ROW)
    Company.objects.update(deleted_at="2026-01-01T00:00:00Z")
    assert load("Кабель;;;;;;;;;;;A-1")["problems"][0]["code"] == "deleted"


def test_cards_of_others_are_left_alone_and_not_named(load: Importer, boris: User, dan: User) -> None:
    create_company(actor=boris, name="Секрет Бориса", inn=INN, responsible=boris)
    secret = create_company(actor=dan, name="Секрет Дана", responsible=dan)
    add_phone(holder=secret, raw="8 861 200-00-01")
    seen = load(f"Моё;{INN};;;;;;;;;;")
    assert (seen["refused"], seen["problems"][0]["code"]) == (1, "not_yours")
    User.objects.filter(pk=load.user.pk).update(data_scope=DataScope.SELF)
    hidden = load(f"Моё;{INN};;;;;;;;;;", "Новая;;;8 861 200-00-01;;;;;;;;")
    assert counts(hidden) == (1, 0, 0, 1)
    assert "Секрет" not in json.dumps(hidden, ensure_ascii=False)
    told = AuditLog.objects.filter(actor=load.user, entity_type="hidden_companies").order_by("pk")
    assert [event.entity_id for event in told] == [seen["id"], hidden["id"]]
    assert all(event.message.endswith("строк о компаниях других сотрудников — 1") for event in told)


def test_rows_of_one_company_add_people(load: Importer) -> None:
    report = load(
        ROW,
        f"Другое имя;{INN};770701001;8 343 200-00-05;;Орлова Мария;бухгалтер;;;;;",
        f";{INN};770701001;;;Котов Иван Петрович;;;;;;",
    )
    assert counts(report) == (1, 1, 1, 0), report
    assert [p["code"] for p in report["problems"]] == ["differs"]
    assert Company.objects.get().name == "ООО «Кабель»"
    assert Contact.objects.filter(is_primary=True).count() == 1
    assert state()["people"] == [
        ("ООО «Кабель»", "Котов", "директор", True),
        ("ООО «Кабель»", "Орлова", "бухгалтер", False),
    ]


def test_unknown_names_are_warnings(load: Importer, boris: User) -> None:
    head = "Название;Статус;Сферы;Ответственный;Филиал;Вид договора"
    report = load("Новая;Неведомый;Нет такой;Борис Мельник;Краснодар;Вечный", head=head)
    assert report["created"] == 1
    row = Company.objects.get()
    assert (row.responsible, row.status) == (load.user, None)


def test_head_may_name_a_responsible_of_the_branch(load: Importer, boris: User, clara: User, dan: User) -> None:
    head = "Название;Ответственный"
    path = load.folder / "x.csv"
    path.write_text(f"{head}\nПервая;Мельник Борис\nВторая;dan\nТретья;\n", encoding="utf-8")
    load.file(path, user=clara)
    owners = dict(Company.objects.values_list("name", "responsible__username"))
    assert owners == {"Первая": "boris", "Вторая": "clara", "Третья": "clara"}


def test_undo_takes_everything_back(load: Importer, anna: User) -> None:
    old = create_company(actor=anna, name="Старая", inn=OTHER_INN, responsible=anna)
    before = state()
    rest = "8 343 200-00-08;old@example.com;Лев Толстой;;old.example.com;В работе;Опт;Заметка;"
    report = load(ROW, f"Старая новая;{OTHER_INN};;{rest}")
    assert counts(report) == (1, 1, 0, 0), report
    done = undo(report["id"], anna)
    assert set(done) == {"id", "undone"}, done
    assert state() == before
    old.refresh_from_db()
    assert (old.name, old.version > 1) == ("Старая", True)
    again = load(ROW)
    assert counts(again) == (1, 0, 0, 0)


def test_undo_keeps_what_people_did_since(load: Importer, anna: User, clara: User) -> None:
    old = create_company(actor=anna, name="Старая", inn=OTHER_INN, responsible=anna)
    report = load(ROW, f"Имя из файла;{OTHER_INN};;;;;;old.example.com;;;;", "Третья;;;8 343 200-00-33;;;;;;;;")
    change_company(old.pk, Edit(clara, {"name": "Имя Клары"}))
    add_note(actor=anna, company=Company.objects.get(name="Третья"), text="Уже работаем")
    add_contact(company=Company.objects.get(inn=INN), last_name="Добавлен человеком")
    undo(report["id"], anna)
    old.refresh_from_db()
    assert (old.name, old.website) == ("Имя Клары", "")
    assert set(Company.objects.values_list("name", flat=True)) == {"Имя Клары", "Третья", "ООО «Кабель»"}
    again = undo(report["id"], anna)
    assert again["kept"] > 0
    old.refresh_from_db()
    assert old.name == "Имя Клары"


def test_change_there_and_back_counts_as_edited(load: Importer, anna: User, clara: User) -> None:
    old = create_company(actor=anna, name="Старая", inn=OTHER_INN, responsible=anna)
    report = load(f"Имя из файла;{OTHER_INN};;;;;;;;;;")
    for name in ("Третье", "Имя из файла"):
        change_company(old.pk, Edit(clara, {"name": name}))
    undo(report["id"], anna)
    old.refresh_from_db()
    assert old.name == "Имя из файла"


def test_trail_names_the_batch(load: Importer, anna: User) -> None:
    create_company(actor=anna, name="Старая", inn=OTHER_INN, responsible=anna)
    report = load(f"Новое имя;{OTHER_INN};;;;;;;;;;")
    change = FieldChange.objects.get(field="name")
    assert (str(change.batch), change.source, change.old, change.new) == (
        report["id"],
        "import",
        "Старая",
        "Новое имя",
    )


def test_stranger_may_not_undo(load: Importer, boris: User, clara: User) -> None:
    report = load(ROW)
    with pytest.raises(CommandError):
        undo(report["id"], boris)
    assert undo(report["id"], clara)["undone"] > 0
    with pytest.raises(CommandError):
        undo("nonsense", clara)


def test_undo_touches_no_card_that_went_to_others(load: Importer, anna: User, dan: User, ada: User) -> None:
    given, joined = (
        create_company(actor=anna, name=n, inn=i, responsible=anna) for n, i in (("А", INN), ("Б", OTHER_INN))
    )
    more = "info@kabel.example.com;Котов Иван Петрович;;;;Опт;Заметка;"
    report = load(f"А;{INN};;8 343 200-00-01;{more}", f"Б;{OTHER_INN};;8 343 200-00-02;b{more}")
    assert counts(report) == (0, 2, 0, 0), report
    transfer_company(actor=ada, company_id=given.pk, to_id=dan.pk)
    secret = create_company(actor=dan, name="Потайная", responsible=dan)
    joined.refresh_from_db()
    merge_companies(Order(ada, secret.pk, joined.pk, (secret.version, joined.version)))
    anna.data_scope = DataScope.SELF
    anna.save()
    before = state()
    assert undo(report["id"], anna)["kept"] > 0
    assert state() == before
    told = " ".join(ChangeLog.objects.filter(job_id=report["id"]).values_list("undo_reason", flat=True))
    assert "Компания теперь у другого сотрудника." in told
    assert "Потайная" not in told


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"%PDF-1.4 x", b"<html></html>", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)]
)
def test_file_that_is_no_table_ends_with_a_sentence(load: Importer, content: bytes) -> None:
    path = load.folder / "bad.xlsx"
    path.write_bytes(content)
    with pytest.raises(CommandError) as refusal:
        load.file(path)
    assert str(refusal.value).endswith((".", ")"))
    assert Company.objects.count() == 0
    with pytest.raises(CommandError):
        load.file(load.folder / "нет.csv")


def test_header_alone_is_no_import(load: Importer) -> None:
    with pytest.raises(CommandError, match="ни одной строки"):
        load()


def test_the_author_hears_that_an_import_has_ended(load: Importer, anna: User) -> None:
    report = load(ROW, "ООО «Лес»;7736050003;;8 343 200-00-09;;;;;;;;", ";;;;;;;;;;;")
    bell = Notification.objects.get(user=anna)
    assert bell.url == f"/imports/{report['id']}/"
    assert bell.body == "создано 2, дополнено 0"
    assert bell.title == "Готово: Загрузка компании.csv"
    undo(report["id"], anna)
    assert Notification.objects.count() == 1


def test_two_rows_of_one_code_are_one_card(load: Importer) -> None:
    head = "Название;Телефон;Код"
    report = load("ООО «Лес»;8 343 200-00-01;A-7", "ООО «Лес»;8 343 200-00-02;A-7", head=head)
    assert (report["created"], report["updated"] + report["unchanged"], report["refused"]) == (1, 1, 0)
    assert Company.objects.get().phones.count() == 2
