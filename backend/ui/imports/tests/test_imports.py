"""The import at its pages: from the file to the undo, with every state and the refusals in words."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

from accounts.models import User
from companies.edits.fields import Edit, change_company
from companies.importing import uploads
from companies.importing.handler import KIND
from companies.importing.services import import_now
from companies.models import Company, CompanyStatus, Contact
from jobs import engine, files, upkeep
from jobs.leases import due
from jobs.models import Job, JobRow, Status
from ui.tests.doors import client_of

pytestmark = pytest.mark.django_db
HEAD = "Название;ИНН;Телефон;ФИО;Сайт;Заметка на полях"
ROWS = (
    "ООО «Кабель»;7707083893;8 343 200-00-01;Котов Иван Петрович;kabel.example.com;a",
    "ООО «Слово»;123;;;;b",
    ";;;Котов Пётр;;c",
)


@pytest.fixture(autouse=True)
def _media(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def table(*rows: str, head: str = HEAD, encoding: str = "utf-8") -> bytes:
    return "\n".join([head, *rows]).encode(encoding)


def send(client: Client, data: bytes, name: str = "компании.csv") -> Job:
    answer = client.post("/imports/new/", {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 302, answer.context["refusal"]
    return Job.objects.get(pk=answer.headers["Location"].strip("/").split("/")[1])


def work() -> None:
    """What a worker does: everything that is due."""
    while upkeep.sweep() or due().exists():
        for job_id in list(due().values_list("pk", flat=True)):
            engine.run(job_id=job_id)


def form_of(client: Client, job: Job) -> dict[str, str]:
    """What a browser would send back unchanged."""
    context = client.get(f"/imports/{job.pk}/columns/").context
    fields = {f"field-{column.index}": column.field for column in context["columns"]}
    kept = {f"keep-{column.index}": "1" for column in context["columns"] if column.keep}
    return {**fields, **kept, "mode": next(mode.value for mode in context["modes"] if mode.is_on)}


def checked(client: Client, job: Job, **changes: str) -> Job:
    answer = client.post(f"/imports/{job.pk}/columns/", {**form_of(client, job), **changes})
    assert answer.status_code == 302, answer.context["refusal"]
    work()
    job.refresh_from_db()
    return job


def start(client: Client, job: Job) -> Job:
    client.post(f"/imports/{job.pk}/start/", {"check": job.params["check"]["job"]})
    work()
    job.refresh_from_db()
    return job


def tiles(client: Client, job: Job) -> list[str]:
    return [tile.value for tile in client.get(f"/imports/{job.pk}/").context["tiles"]]


def test_from_the_file_to_the_undo(anna: User) -> None:
    client = client_of(anna)
    job = send(client, table(*ROWS))
    page = client.get(f"/imports/{job.pk}/")
    assert [c.field for c in page.context["columns"]] == ["name", "inn", "phones", "fio", "site", ""]
    assert "строк: 3 · CSV · UTF-8" in page.text
    job = checked(client, job)
    assert (Company.objects.count(), job.status) == (0, Status.STAGING)
    page = client.get(f"/imports/{job.pk}/")
    assert tiles(client, job) == ["2", "0", "0", "1", "1"]
    assert [(p.number, p.outcome) for p in page.context["problems"]] == [(3, "Будет создана"), (4, "Не загрузится")]
    assert [row.outcome for row in page.context["preview"]] == ["Будет создана", "Будет создана", "Не загрузится"]
    assert "Загрузить 2 строки" in page.text
    assert [p.number for p in client.get(f"/imports/{job.pk}/?show=refused").context["problems"]] == [4]
    job = start(client, job)
    assert job.status == Status.DONE
    assert tiles(client, job) == ["2", "0", "0", "1", "1"]
    assert Contact.objects.get().last_name == "Котов"
    assert "Отменить загрузку" in client.get(f"/imports/{job.pk}/").text
    client.post(f"/imports/{job.pk}/undo/")
    work()
    page = client.get(f"/imports/{job.pk}/")
    assert (page.context["state"], Company.objects.count()) == ("Отменена", 0)
    assert Job.objects.filter(kind=KIND).count() == Job.objects.count() == 1, "helpers are forgotten"


def test_undo_keeps_what_people_did_and_says_why(anna: User, clara: User, boris: User) -> None:
    client = client_of(anna)
    job = start(client, checked(client, send(client, table(*ROWS[:2]))))
    card = Company.objects.get(inn="7707083893")
    change_company(card.pk, Edit(anna, {"website": "new.example.com"}))
    assert client_of(boris).post(f"/imports/{job.pk}/undo/").status_code == 404, "somebody else's batch"
    head = client_of(clara)
    assert "Отменить загрузку" in head.get(f"/imports/{job.pk}/").text, "a head may undo a batch of the branch"
    assert head.post(f"/imports/{job.pk}/start/", {"check": "x"}).status_code == 302
    assert head.post(f"/jobs/{job.pk}/undo/").status_code == 404, "only the door that asks by whose rights"
    head.post(f"/imports/{job.pk}/undo/")
    work()
    job.refresh_from_db()
    assert (job.status, job.params["undo_by"]) == (Status.UNDONE, clara.pk)
    assert [c.pk for c in Company.objects.all()] == [card.pk]
    page = client.get(f"/imports/{job.pk}/")
    assert ("Изменена: Анна Зайцева." in page.text, [row.number for row in page.context["kept"]]) == (True, [2])
    assert "Отменить оставленное" in page.text


def test_workbook_of_errors_can_be_loaded_as_it_stands(anna: User) -> None:
    client = client_of(anna)
    job = checked(client, send(client, table(*ROWS, ';;;=HYPERLINK("x");;')))
    job = start(client, job)
    answer = client.get(f"/imports/{job.pk}/errors/")
    data = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    sheet = load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    rows = [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == [*HEAD.split(";"), "Строка", "Причина", "Что сделано"]
    assert [row[6:] for row in rows[1:]] == [
        ["3", "ИНН: ИНН записан не по правилам: нужно 10 или 12 цифр.", "Создана"],
        ["4", "В строке нет ни названия, ни ИНН, ни телефона.", "Не загружена"],
        ["5", f"{rows[2][7]} ФИО: ФИО не разобрано: записано целиком в фамилию.", "Не загружена"],
    ]
    assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}, "no formulas"
    again = send(client, data, "замечания.xlsx")
    fields = [c.field for c in client.get(f"/imports/{again.pk}/").context["columns"]]
    assert fields == ["name", "inn", "phones", "fio", "site", "", "", "", ""]
    assert tiles(client, checked(client, again)) == ["0", "0", "1", "1", "2"]


def test_batch_of_a_command_has_its_page_and_its_workbook(anna: User, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(table(*ROWS))
    job_id = import_now(actor=anna, path=path).id
    client = client_of(anna)
    page = client.get(f"/imports/{job_id}/")
    assert (page.context["state"], [t.value for t in page.context["tiles"]]) == (
        "Загружена",
        ["2", "0", "0", "1", "1"],
    )
    data = b"".join(client.get(f"/imports/{job_id}/errors/").streaming_content)  # type: ignore[attr-defined]
    again = send(client, data, "замечания.xlsx")
    assert [c.field for c in client.get(f"/imports/{again.pk}/").context["columns"]][:5] == [
        "name", "inn", "phones", "fio", "site",
    ]  # fmt: skip


def test_mapping_is_remembered_and_the_same_file_is_known(anna: User, boris: User) -> None:
    client = client_of(anna)
    job = checked(client, send(client, table(*ROWS)), **{"field-5": "note", "keep-4": "1", "mode": "create"})
    assert (job.params["only_empty"], job.params["mode"]) == (["website"], "create")
    start(client, job)
    again = send(client, table(*ROWS))
    page = client.get(f"/imports/{again.pk}/")
    columns = page.context["columns"]
    assert [c.field for c in columns] == ["name", "inn", "phones", "fio", "site", "note"]
    assert (columns[5].reason, columns[4].keep) == ("Как в прошлый раз", True)
    assert "Этот файл уже загружен сегодня" in page.text
    page = client.get(f"/imports/{checked(client, again).pk}/")
    assert "повтор ничего не изменит" in page.text
    assert page.context["tiles"][0].value == "0", "they exist, and the mode only creates"
    other = send(client_of(boris), table(*ROWS))
    page = client_of(boris).get(f"/imports/{other.pk}/")
    assert page.context["columns"][5].field == ""
    assert "уже загружен" not in page.text, "nobody hears of batches that he may not see"


def test_file_is_read_otherwise_when_the_person_says_so(anna: User) -> None:
    client = client_of(anna)
    job = send(client, table("ООО «Ёлка»;7707083893;;;;", encoding="cp1251"))
    assert "Windows-1251" in client.get(f"/imports/{job.pk}/").text
    client.post(f"/imports/{job.pk}/reading/", {"encoding": "cp866", "delimiter": ";", "header_row": "0"})
    page = client.get(f"/imports/{job.pk}/")
    assert "DOS (866)" in page.text
    assert "столбцы названы буквами" in page.text
    answer = client.post(f"/imports/{job.pk}/reading/", {"encoding": "ebcdic"}, follow=True)
    assert "Такая кодировка не поддерживается" in answer.text
    book = Workbook()
    assert book.active is not None
    book.active.append(["Название"])
    hidden = book.create_sheet("Архив")
    hidden.sheet_state = "hidden"
    hidden.append(["Название", "ИНН"])
    hidden.append(["ООО «Кабель»", 277000000])
    out = io.BytesIO()
    book.save(out)
    job = send(client, out.getvalue(), "книга.xlsx")
    assert "Архив (скрытый)" in client.get(f"/imports/{job.pk}/").text
    client.post(f"/imports/{job.pk}/reading/", {"sheet": "Архив", "header_row": ""})
    page = client.get(f"/imports/{job.pk}/")
    assert [c.title for c in page.context["columns"]] == ["Название", "ИНН"]
    assert "Этот лист в книге скрыт." in page.text


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 20_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"", "Файл пуст."),
        ("a.xlsx", b"PK\x03\x04 broken", "Файл повреждён."),
        ("a.xlsx", b"%PDF-1.7 ...", "Это файл PDF."),
        ("a.csv", b"a\x00b\x00\x01\x02;;", "Это не таблица."),
        ("a.xlsx", bomb(), "слишком большой объём"),
        ("a.csv", (";".join(f"c{i}" for i in range(1000)) + "\n").encode(), "больше 200 столбцов"),
        ("a.csv", b"<html><table><tr><td>x</td></tr></table>", "Это веб-страница."),
    ],
    ids=["empty", "broken", "pdf", "binary", "bomb", "columns", "html"],
)
def test_file_that_cannot_be_read_says_why_and_leaves_nothing(
    anna: User, tmp_path: Path, name: str, data: bytes, words: str, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = client_of(anna).post("/imports/new/", {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 422
    assert words in answer.text
    assert not Job.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_upload_over_the_limit_and_without_a_file(anna: User, settings: LazySettings) -> None:
    client = client_of(anna)
    settings.IMPORT = {**settings.IMPORT, "file_mb": 1}
    big = SimpleUploadedFile("a.csv", b"x" * (1024 * 1024 + 1))
    assert "Файл больше 1 МБ" in client.post("/imports/new/", {"file": big}).text
    assert "Выберите файл." in client.post("/imports/new/").text
    for url, words in (("/imports/new/", "Файл больше 1 МБ"), ("/api/v1/calls/", "too_big")):
        answer = client.post(url, {"file": SimpleUploadedFile("a.csv", b"x" * (2 * 1024 * 1024))})
        assert (answer.status_code, words in answer.text) == (413, True)


def test_mapping_that_cannot_work_is_refused_and_kept_on_the_screen(anna: User) -> None:
    client = client_of(anna)
    job = send(client, table(*ROWS))
    form = form_of(client, job)
    for changes, words in (
        ({"field-4": "inn"}, "выбрано у двух столбцов"),
        ({"field-0": "", "field-1": "", "field-2": ""}, "хотя бы один столбец"),
        ({"field-5": "salary"}, "не подходит к файлу"),
        ({"mode": "all"}, "Выберите, что делать"),
    ):
        answer = client.post(f"/imports/{job.pk}/columns/", {**form, **changes})
        assert (answer.status_code, words in answer.text) == (422, True), words
        assert {f"field-{c.index}": c.field for c in answer.context["columns"]} == {
            name: value for name, value in {**form, **changes}.items() if name.startswith("field-")
        }
    assert Job.objects.count() == 1


def test_check_that_is_out_of_date_starts_nothing(anna: User) -> None:
    client = client_of(anna)
    job = checked(client, send(client, table(*ROWS)))
    old = job.params["check"]["job"]
    checked(client, job, mode="update")
    answer = client.post(f"/imports/{job.pk}/start/", {"check": old}, follow=True)
    assert "Проверьте файл ещё раз" in answer.text
    files.path_of(job).write_bytes(table("ООО «Другое»;;;;;"))
    job.refresh_from_db()
    answer = client.post(f"/imports/{job.pk}/start/", {"check": job.params["check"]["job"]}, follow=True)
    assert "Файл изменился после проверки." in answer.text
    assert (Company.objects.count(), job.status) == (0, Status.STAGING)


def test_large_file_is_looked_at_in_the_background(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "AT_ONCE_BYTES", 10)
    client = client_of(anna)
    job = send(client, table(*ROWS))
    page = client.get(f"/imports/{job.pk}/")
    assert page.context["state"] == "Читается"
    assert '<noscript><meta http-equiv="refresh"' in page.text
    work()
    assert client.get(f"/imports/{job.pk}/live/").context["state"] == "Загружен"
    assert tiles(client, checked(client, job)) == ["2", "0", "0", "1", "1"]
    broken = send(client, b"PK\x03\x04 broken but long")
    work()
    page = client.get(f"/imports/{broken.pk}/")
    assert (page.context["state"], page.context["refusal"][:15]) == ("Не прочитан", "Файл повреждён.")
    assert client.post(f"/imports/{broken.pk}/delete/").status_code == 302
    assert not Job.objects.filter(pk=broken.pk).exists()


def _done(job: Job) -> int:
    return JobRow.objects.filter(job=job).exclude(status="pending").count()


def test_second_import_waits_and_a_stopped_one_goes_on(anna: User, boris: User) -> None:
    client = client_of(anna)
    first = checked(client, send(client, table(*ROWS)))
    client.post(f"/imports/{first.pk}/start/", {"check": first.params["check"]["job"]})
    other = client_of(boris)
    second = send(other, table("ООО «Второй»;7736050003;;;;"))
    other.post(f"/imports/{second.pk}/columns/", form_of(other, second))
    page = other.get(f"/imports/{second.pk}/")
    assert (page.context["state"], page.context["queue"]) == ("Проверяется", 1)
    assert "В очереди: 1." in page.text
    client.post(f"/imports/{first.pk}/stop/")
    work()
    first.refresh_from_db()
    assert (first.status, first.cursor, _done(first)) == (Status.CANCELLED, 0, 0)
    assert "Продолжить" in client.get(f"/imports/{first.pk}/").text
    client.post(f"/imports/{first.pk}/resume/")
    work()
    first.refresh_from_db()
    assert (first.status, Company.objects.count()) == (Status.DONE, 2)


def test_trial_sees_what_earlier_chunks_would_have_made(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("companies.importing.handler.CompanyImport.chunk_size", 1)
    client = client_of(anna)
    CompanyStatus.objects.create(code="work", name="В работе", is_default=True)
    rows = ("Кабель;7707083893;;;a.example.com;", "Кабель;7707083893;8 343 200-00-01;;b.example.com;")
    job = checked(client, send(client, table(*rows)), mode="create")
    before = tiles(client, job)
    assert before == ["1", "1", "0", "1", "0"], "one more contact of the same file, not a card that exists"
    assert tiles(client, start(client, job)) == before


def test_name_that_several_people_share_is_asked_about(clara: User, anna: User, boris: User) -> None:
    boris.last_name = anna.last_name
    boris.save()
    client = client_of(clara)
    job = send(client, table("ООО «Кабель»;Зайцева", head="Название;Ответственный"))
    page = client.get(f"/imports/{checked(client, job).pk}/")
    assert "Кто такой «Зайцева»?" in page.text
    assert [p.id for p in page.context["unknown"][0].people] == [anna.pk, boris.pk]
    client.post(f"/imports/{job.pk}/people/", {"name": "Зайцева", "person": boris.pk})
    work()
    job.refresh_from_db()
    page = client.get(f"/imports/{job.pk}/")
    assert (page.context["unknown"], page.context["tiles"][3].value) == ([], "0")
    start(client, job)
    assert Company.objects.get().responsible == boris
