"""Work over many companies by HTTP: the dialog, the job's page, its lists, the export's file, handing over."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from openpyxl import load_workbook

from accounts.models import Branch, User
from accounts.roles import DataScope
from audit.models import AuditLog
from companies.models import Company, CompanyStatus, ExportDay
from companies.services import create_company
from jobs.models import Job, JobRow
from jobs.tests.stand import finished

pytestmark = pytest.mark.django_db(transaction=True)
BULK = "/companies/bulk/"


@pytest.fixture
def cards(anna: User, boris: User, dan: User) -> list[Company]:
    return [create_company(actor=who, name=f"К{n}", responsible=who) for n, who in enumerate((anna, boris, dan), 1)]


def logged(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def order(client: Client, action: str, **data: Any) -> Any:
    return client.post(BULK, {"action": action, "is_confirmed": "True", **data})


def job_of(answer: Any) -> Job:
    assert answer.status_code == 302, answer.content.decode()
    return finished(Job.objects.get(pk=answer["Location"].strip("/").split("/")[1]))


def pages_of(client: Client, url: str) -> bytes:
    found = client.get(url)
    assert found.status_code == 200
    return b"".join(found) if found.streaming else found.content


def test_from_the_list_to_the_result(clara: User, boris: User, cards: list[Company]) -> None:
    client = logged(clara)
    asked = client.post(BULK, {"action": "responsible", "query": "", "count": "3"})
    page = asked.content.decode()
    assert (asked.status_code, "3 компании." in page, "Борис Мельник, Екатеринбург" in page) == (200, True, True)
    wrong = order(client, "responsible", query="", count="3")
    assert (wrong.status_code, "Выберите сотрудника." in wrong.content.decode()) == (422, True)
    job = job_of(order(client, "responsible", query="", count="3", to=[str(boris.pk)]))
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    for words in ("Передать", "Готово", "Изменено: <strong>1</strong>", "Без изменений: <strong>1</strong>"):
        assert words in page
    assert "Другой филиал: <strong>1</strong>" in page
    rows = client.get(f"/jobs/{job.pk}/rows/?status=refused&code=foreign_branch").content.decode()
    assert "К3" in rows
    assert "Компания филиала «Краснодар»." in rows
    text = pages_of(client, f"/jobs/{job.pk}/rows.csv?status=refused").decode("utf-8-sig")
    assert list(csv.reader(StringIO(text), delimiter=";"))[1] == [
        str(cards[2].pk),
        "К3",
        "Компания филиала «Краснодар».",
    ]
    assert "job=" in page
    client.post(f"/jobs/{job.pk}/undo/")
    assert finished(job).status == "undone"
    assert "Возвращено: <strong>1</strong>" in client.get(f"/jobs/{job.pk}/state/").content.decode()
    assert client.post(f"/jobs/{job.pk}/erase/").status_code == 404


def test_names_in_a_result_are_cut_by_the_rights_of_this_moment(clara: User, cards: list[Company]) -> None:
    client = logged(clara)
    job = job_of(order(client, "cold", query="", what="cold"))
    User.objects.filter(pk=clara.pk).update(data_scope=DataScope.BRANCH)
    for url in (f"/jobs/{job.pk}/rows/?status=refused", f"/jobs/{job.pk}/rows.csv?status=refused"):
        text = pages_of(client, url).decode()
        assert "К3" not in text
        assert f"Компания {cards[2].pk}" in text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Не выбрано"),
        ({"ids": "0,-1,x,99999999999999999999"}, "Не выбрано"),
        ({"query": "sttus=1"}, "Неизвестный фильтр"),
        ({"query": "status.like=1"}, "ильтр"),
        ({"query": "q=%00"}, ""),
    ],
)
def test_unreadable_selection_starts_nothing(clara: User, cards: list[Company], data: Any, words: str) -> None:
    client = logged(clara)
    for method in (client.get, client.post):
        answer = method(BULK, {"action": "cold", **data})
        assert answer.status_code in {200, 422}
        assert words in answer.content.decode()
    if words:
        assert order(client, "cold", what="cold", **data).status_code == 422
    assert not Job.objects.exists()


def test_another_count_is_shown_and_confirmed_again(anna: User, clara: User) -> None:
    for n in range(12):
        create_company(actor=anna, name=f"К{n}", responsible=anna)
    answer = order(logged(clara), "cold", query="", count="1", what="cold")
    page = answer.content.decode()
    assert (answer.status_code, "теперь компаний 12" in page, 'name="count" value="12"' in page) == (409, True, True)


def test_export_is_private_counted_and_asked_about_again(
    anna: User, ada: User, cards: list[Company], settings: LazySettings
) -> None:
    settings.EXPORT_ROWS = {"manager": 2, "head": 5}
    client = logged(anna)
    form = client.get(BULK, {"action": "export", "query": "cols=name,inn"}).content.decode()
    assert "1 компания из 3: остальные вам выгружать нельзя. Сегодня можно выгрузить ещё 2." in form
    assert form.count("checked") == 3  # name, ИНН and КПП
    job = job_of(order(client, "export", query="", format="xlsx", columns=["name", "responsible"]))
    answer = client.get(f"/jobs/{job.pk}/file/")
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Disposition"].startswith("attachment")
    sheet = load_workbook(BytesIO(b"".join(answer))).active
    assert sheet is not None
    assert [[c.value for c in row] for row in sheet.iter_rows()] == [
        ["Код", "Название", "Ответственный"],
        [str(cards[0].pk), "К1", "anna"],
    ]
    job = job_of(order(client, "export", query="", format="csv", columns=["name"]))
    text = pages_of(client, f"/jobs/{job.pk}/file/").decode("utf-8-sig")
    assert text == f"Код;Название\r\n{cards[0].pk};К1\r\n"
    over = order(client, "export", query="", format="csv", columns=["name"])
    assert (over.status_code, "ещё 0 строк из 2" in over.content.decode()) == (422, True)
    assert AuditLog.objects.filter(verb="export", meta={"rows": 0, "asked": 1}).count() == 1
    assert ExportDay.objects.get(user=anna).rows == 2
    assert Job.objects.count() == 2
    # an administrator sees who exported, not the file; a lost right closes it for the author too
    assert logged(ada).get(f"/jobs/{job.pk}/").status_code == 200
    assert logged(ada).get(f"/jobs/{job.pk}/file/").status_code == 302
    Company.objects.filter(pk=cards[0].pk).update(responsible=ada)
    assert client.get(f"/jobs/{job.pk}/file/").status_code == 302
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert "больше нельзя выгружать" in page
    assert logged(ada).get("/jobs/?kind=companies.export").content.decode().count("Выгрузка") >= 2


def test_rights_are_asked_again_by_every_portion_of_an_export(anna: User, boris: User, cards: list[Company]) -> None:
    answer = order(logged(anna), "export", query="", format="csv", columns=["name"])
    Company.objects.filter(pk=cards[0].pk).update(responsible=boris)
    job = job_of(answer)
    assert list(JobRow.objects.filter(job=job).values_list("status", "code")) == [("refused", "gone")]
    assert pages_of(logged(anna), f"/jobs/{job.pk}/file/").decode("utf-8-sig") == "Код;Название\r\n"


def test_all_of_a_person_who_leaves(
    ada: User, clara: User, anna: User, boris: User, dan: User, cards: list[Company]
) -> None:
    url = f"/people/{anna.pk}/handover/"
    create_company(actor=anna, name="К4", responsible=anna)
    assert [logged(who).get(url).status_code for who in (anna, boris, clara, dan, ada)] == [200, 404, 200, 404, 200]
    assert "Ведёт 2 компании." in logged(clara).get(url).content.decode()
    assert "Выберите сотрудника." in logged(ada).post(url, {"what": "people"}).content.decode()
    job_of(logged(ada).post(url, {"what": "people", "to": [str(boris.pk), str(dan.pk)]}))
    assert not Company.objects.filter(responsible=anna).exists()
    assert (boris.companies.count(), dan.companies.count()) == (2, 2)


def test_a_person_who_moves_is_asked_about(ada: User, boris: User, cards: list[Company], branch_krd: Branch) -> None:
    client, url = logged(ada), f"/admin/accounts/user/{boris.pk}/change/"
    data = {name: getattr(boris, name) or "" for name in ("first_name", "last_name", "role", "data_scope")}
    answer = client.post(url, {**data, "is_active": "on", "branch": branch_krd.pk}, follow=True)
    page = answer.content.decode()
    assert f"/people/{boris.pk}/handover/" in page
    assert "Передать в новый филиал, другому или оставить" in page
    job_of(client.post(f"/people/{boris.pk}/handover/", {"what": "branch"}))
    cards[1].refresh_from_db()
    assert (cards[1].responsible, cards[1].branch) == (boris, branch_krd)


def test_every_action_has_a_form(gleb: User, cards: list[Company]) -> None:
    CompanyStatus.objects.create(code="work", name="В работе")
    client = logged(gleb)
    for action in ("responsible", "status", "sphere", "cold", "lead_state", "delete_request", "export"):
        answer = client.get(BULK, {"action": action, "ids": str(cards[0].pk)}, headers={"X-Fragment": "dialog"})
        assert (answer.status_code, "1 компания." in answer.content.decode()) == (200, True)
    assert client.get(BULK, {"action": "erase", "query": ""}).status_code == 404
