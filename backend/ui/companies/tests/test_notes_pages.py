"""Notes at their doors: the form without a script, files, versions, headers of a download, the list of colleagues."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from accounts.roles import DataScope
from companies.models import Company, CompanyNote, DoNotCall, NoteAttachment, PhoneNumber
from companies.services import add_contact, create_company
from companies.tests import files
from ui.tests.doors import client_of, limit, make_card

pytestmark = pytest.mark.django_db
DIALOG = {"X-Fragment": "dialog"}


@pytest.fixture(autouse=True)
def _media(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def card(anna: User) -> Company:
    return make_card(anna)


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_note_without_a_script(anna: User, boris: User, card: Company) -> None:
    client = client_of(anna)
    url = f"/companies/{card.pk}/notes/new/"
    answer = client.post(
        url,
        {"text": "@Борис Мельник, <b>цена</b>", "person": [boris.pk], "files": [upload("../прайс.pdf", files.PDF)]},
    )
    assert (answer.status_code, answer["Location"]) == (302, f"/companies/{card.pk}/")
    page = client.get(f"/companies/{card.pk}/").text
    assert '<span class="mention">@Борис Мельник</span>, &lt;b&gt;цена&lt;/b&gt;' in page
    assert "прайс.pdf" in page
    refused = client.post(url, {"text": "останется", "files": [upload("счёт.pdf", files.HTML)]})
    assert (refused.status_code, "Такой файл прикрепить нельзя." in refused.text) == (422, True)
    assert "останется" in refused.text
    assert CompanyNote.objects.count() == 1
    quiet = client.post(url, {"text": ""}, headers=DIALOG)
    assert (quiet.status_code, quiet.json()["code"]) == (422, "bad_record")


def test_file_goes_ahead_of_its_note(anna: User, boris: User, card: Company) -> None:
    client = client_of(anna)
    sent = client.post(f"/companies/{card.pk}/files/new/", {"file": upload("снимок.png", files.PNG)}).json()
    assert sent["name"] == "снимок.png"
    bad = client.post(f"/companies/{card.pk}/files/new/", {"file": upload("a.svg", files.SVG)})
    assert (bad.status_code, bad.json()) == (400, {"code": "bad_file", "detail": "Такой файл прикрепить нельзя."})
    assert client.post(f"/companies/{card.pk}/files/new/").status_code == 400
    assert client_of(boris).post(f"/files/{sent['id']}/drop/").status_code == 404
    client.post(f"/companies/{card.pk}/notes/new/", {"text": "с файлом", "file": [sent["id"]]})
    assert NoteAttachment.objects.get().note_id is not None
    assert client.post(f"/files/{sent['id']}/drop/").status_code == 404


@pytest.mark.parametrize(
    ("name", "data", "place"), [("прайс №1.pdf", files.PDF, "attachment"), ("снимок.png", files.PNG, "inline")]
)
def test_download_lets_nothing_run_and_follows_the_card(
    anna: User, dan: User, card: Company, name: str, data: bytes, place: str
) -> None:
    client = client_of(anna)
    client.post(f"/companies/{card.pk}/notes/new/", {"text": "файл", "files": [upload(name, data)]})
    url = f"/files/{NoteAttachment.objects.get().pk}/"
    answer = client.get(url)
    assert b"".join(answer.streaming_content) == data  # type: ignore[attr-defined]
    assert answer["Content-Disposition"] == f"{place}; filename*=UTF-8''{quote(name, safe='')}"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "private, no-store")
    limit(DataScope.SELF, dan)
    hidden, missing = client_of(dan).get(url), client_of(dan).get("/files/999999/")
    assert (hidden.status_code, hidden.content) == (404, missing.content)


def test_edit_in_a_dialog_keeps_versions_and_files(anna: User, boris: User, card: Company) -> None:
    client = client_of(anna)
    client.post(
        f"/companies/{card.pk}/notes/new/",
        {"text": "@Борис Мельник, первый", "person": [boris.pk], "files": [upload("a.pdf", files.PDF)]},
    )
    note = CompanyNote.objects.get()
    url = f"/notes/{note.pk}/edit/"
    form = client.get(url, headers=DIALOG).text
    assert "@Борис Мельник, первый" in form
    kept = NoteAttachment.objects.get().pk
    said = {"text": "@Борис Мельник, второй", "person": [boris.pk], "version": 1, "removed": [kept]}
    assert client.post(url, said, headers=DIALOG).status_code == 204
    assert not NoteAttachment.objects.exists()
    late = client.post(url, {**said, "text": "третий"}, headers=DIALOG)
    assert (late.status_code, "Сейчас: @Борис Мельник, второй" in late.text) == (409, True)
    assert "третий" in late.text
    versions = client_of(boris).get(f"/notes/{note.pk}/versions/", headers=DIALOG).text
    assert versions.index("второй") < versions.index("первый")
    assert client_of(boris).post(url, {**said, "version": 2}, headers=DIALOG).status_code == 422


def test_only_those_who_see_the_card_are_offered(anna: User, boris: User, dan: User, card: Company) -> None:
    limit(DataScope.SELF, dan)
    url = f"/companies/{card.pk}/colleagues/"
    names = [person["name"] for person in client_of(anna).get(url).json()["people"]]
    assert names == ["Борис Мельник"]
    assert client_of(anna).get(url, {"q": "тимоф"}).json() == {"people": []}
    assert client_of(dan).get(url).status_code == 404


def test_card_says_that_nobody_calls(anna: User, boris: User, clara: User, card: Company) -> None:
    number = PhoneNumber.objects.get(company=card)
    refused = client_of(boris).post(f"/phones/{number.pk}/stop/", {"reason": ""}, headers=DIALOG)
    assert (refused.status_code, "Ответственный — Анна Зайцева" in refused.text) == (422, True)
    client_of(anna).post(f"/phones/{number.pk}/stop/", {"reason": "Просил директор"})
    assert DoNotCall.objects.get().reason == "Просил директор"
    client_of(anna).post(f"/companies/{card.pk}/stop/", {"reason": ""})
    page = client_of(boris).get(f"/companies/{card.pk}/").text
    assert "Просили не звонить: " in page
    assert "data-call-button" not in page
    assert "Просил директор" in client_of(clara).get(f"/phones/{number.pk}/stop/").text
    client_of(clara).post(f"/companies/{card.pk}/stop/", {"reason": "Сами попросили"})
    assert not Company.objects.get(pk=card.pk).do_not_call


def test_a_note_may_be_about_one_person_of_the_card(client: Client, anna: User) -> None:
    company = create_company(actor=anna, name="ООО «Лес»", responsible=anna)
    other = create_company(actor=anna, name="ООО «Поле»", responsible=anna)
    person = add_contact(company=company, last_name="Котов", first_name="Иван")
    stranger = add_contact(company=other, last_name="Чужих", first_name="Пётр")
    client.force_login(anna)
    assert f'<option value="{person.pk}">' in client.get(f"/companies/{company.pk}/").text
    url = f"/companies/{company.pk}/notes/new/"
    for said in (str(stranger.pk), "x", "9" * 18):
        assert client.post(url, {"text": "привет", "contact": said}).status_code == 422
    assert client.post(url, {"text": "привет", "contact": str(person.pk)}).status_code == 302
    assert client.post(url, {"text": "всем", "contact": ""}).status_code == 302
    assert dict(CompanyNote.objects.values_list("text", "contact")) == {"привет": person.pk, "всем": None}
