"""The export by its command: by rights, safe, counted; and what it writes the import takes back unchanged."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from accounts.models import User
from accounts.roles import DataScope
from audit.models import AuditLog
from companies.exporting import pages
from companies.exporting.columns import safe, seen
from companies.models import Company
from companies.services import add_contact, add_email, add_phone, create_company
from notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def card(anna: User) -> Company:
    card = create_company(
        actor=anna, name="=СУММ(A1) «Кабель»", inn="7707083893", website="a.example.com", responsible=anna
    )
    add_phone(holder=card, raw="8 343 200-00-01 доб. 5")
    person = add_contact(company=card, last_name="Котов", first_name="Иван", position="директор")
    add_phone(holder=person, raw="+7 922 000-00-01")
    add_email(holder=card, raw="info@example.com")
    return card


def export(user: User, path: Path, kind: str = "csv") -> str:
    out = StringIO()
    call_command("export_companies", str(path), user=user.username, format=kind, stdout=out)
    return out.getvalue().strip()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_csv_as_excel_in_russia_opens_it(anna: User, card: Company, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    assert export(anna, path) == "Выгружено: 1"
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == 2
    (row,) = rows_of(path)
    assert (row["Название"], row["Телефон"], row["ФИО контакта"], row["Телефоны контакта"]) == (
        "'=СУММ(A1) «Кабель»",
        "8 (343) 200-00-01, доб. 5",
        "Котов Иван",
        "8 (922) 000-00-01",
    )
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]


def test_xlsx_holds_strings_only(anna: User, card: Company, tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    export(anna, path, "xlsx")
    sheet = load_workbook(path).active
    assert sheet is not None
    values = list(sheet.iter_rows(min_row=2))
    assert len(values) == 1
    assert {cell.data_type for cell in values[0] if cell.value is not None} == {"s"}
    assert values[0][1].value == "=СУММ(A1) «Кабель»"


def test_everyone_exports_what_the_matrix_says(
    anna: User, boris: User, clara: User, dan: User, gleb: User, card: Company, tmp_path: Path
) -> None:
    create_company(actor=boris, name="Бориса", responsible=boris)
    create_company(actor=dan, name="Дана", responsible=dan)
    counts = {user.username: export(user, tmp_path / f"{user.pk}.csv") for user in (anna, boris, clara, dan, gleb)}
    assert counts == {
        "anna": "Выгружено: 1",
        "boris": "Выгружено: 1",
        "clara": "Выгружено: 2",
        "dan": "Выгружено: 1",
        "gleb": "Выгружено: 3",
    }
    User.objects.filter(pk=clara.pk).update(data_scope=DataScope.SELF)
    assert export(clara, tmp_path / "self.csv") == "Выгружено: 0"


def test_day_has_a_cap_and_the_refusal_is_kept(
    anna: User, card: Company, tmp_path: Path, settings: LazySettings
) -> None:
    settings.EXPORT_ROWS = {"manager": 3, "head": 5}
    create_company(actor=anna, name="Вторая", responsible=anna)
    export(anna, tmp_path / "a.csv")
    with pytest.raises(CommandError, match="ещё 1 строк из 3"):
        export(anna, tmp_path / "b.csv")
    assert not (tmp_path / "b.csv").exists()
    rows = AuditLog.objects.filter(verb="export").order_by("pk").values_list("meta", flat=True)
    assert list(rows) == [{"rows": 2, "asked": 2}, {"rows": 0, "asked": 2}]


def test_large_export_is_told_to_the_head(
    anna: User, clara: User, card: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "TELL_ABOVE", 0)
    export(anna, tmp_path / "a.csv")
    assert Notification.objects.get(user=clara).body == f"{anna.label}: 1 строк"


def test_what_was_exported_is_imported_unchanged(anna: User, tmp_path: Path) -> None:
    names = ("Кабель; провод", '«Кавычки» "двойные"', "+7 причин", "Ёлка\nи иголка", "-минус", "@почта")
    for n, name in enumerate(names):
        card = create_company(actor=anna, name=name, responsible=anna)
        add_phone(holder=card, raw=f"8 343 200-01-0{n}")
    path = tmp_path / "out.csv"
    export(anna, path)
    out = StringIO()
    call_command("import_companies", str(path), user="anna", json=True, stdout=out)
    report = json.loads(out.getvalue().splitlines()[-1])
    assert (report["created"], report["updated"], report["refused"]) == (0, 0, 0), report
    assert report["unchanged"] == len(names)


def test_words_stay_apart_and_unseen_signs_go() -> None:
    assert seen("ООО\u00a0Лес\tи\u202fполе\n\x00вторая\u202e строка") == "ООО Лес и поле\nвторая строка"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "  =1", "\u00a0=1"])
def test_no_cell_begins_a_formula(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert safe("обычный = текст") == "обычный = текст"
