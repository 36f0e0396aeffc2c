"""REST of companies, contacts and notes: who may what, what a body means, where lists end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import DataScope
from audit.models import AuditLog, Source
from companies.api import companies, contacts
from companies.api.bodies import CompanyBodySerializer, ContactBodySerializer
from companies.edits import whole, whole_contact
from companies.models import Company, CompanyNote, CompanySphere, Contact, ContractType, ExternalRef, PhoneNumber
from companies.services import add_contact, add_email, add_note, add_phone, create_company
from companies.tests.files import PDF
from phonebridge.tests.fixtures import phone_client

pytestmark = pytest.mark.django_db
CAST = ("anna", "boris", "clara", "dan", "gleb", "ada")
LIST, SEED = "/api/v1/companies/", "/api/companies/"
REASON = "Закрылась навсегда"


@pytest.fixture(autouse=True)
def fresh_pace() -> None:
    cache.clear()


@pytest.fixture
def card(anna: User) -> Company:
    company = create_company(actor=anna, name="ООО «Кабель»", city="Екатеринбург", responsible=anna)
    add_phone(holder=company, raw="8 (343) 200-00-01")
    add_phone(holder=company, raw="8 (343) 200-00-02")
    add_email(holder=company, raw="info@example.com")
    return company


def on(user: User) -> Any:
    return phone_client(user)


def url(card: Company, base: str = LIST) -> str:
    return f"{base}{card.pk}/"


def statuses(ask: Any, users: dict[str, User]) -> str:
    return " ".join(str(ask(on(users[name])).status_code) for name in CAST)


@pytest.fixture
def users(anna: User, boris: User, clara: User, dan: User, gleb: User, ada: User) -> dict[str, User]:
    return {user.username: user for user in (anna, boris, clara, dan, gleb, ada)}


@pytest.mark.parametrize(
    ("scope", "read", "write", "gone"),
    [
        # Anna owns it, Boris and Clara are of her branch; a scope cuts what is seen, a role what is changed
        (DataScope.GLOBAL, "200 200 200 200 200 200", "200 403 200 403 200 200", "403 403 403 403 403 204"),
        (DataScope.BRANCH, "200 200 200 404 404 200", "200 403 200 404 404 200", "403 403 403 404 404 204"),
        (DataScope.SELF, "200 404 404 404 404 200", "200 404 404 404 404 200", "403 404 404 404 404 204"),
    ],
)
def test_who_reads_writes_and_deletes(
    scope: DataScope, read: str, write: str, gone: str, users: dict[str, User], card: Company
) -> None:
    User.objects.update(data_scope=scope)
    for name in users:
        users[name].refresh_from_db()
    person = add_contact(company=card, last_name="Котов")
    assert statuses(lambda c: c.get(url(card)), users) == read
    assert statuses(lambda c: c.get(f"/api/v1/contacts/{person.pk}/"), users) == read
    seen = ["1" if status == "200" else "0" for status in read.split()]
    assert [str(len(on(users[n]).get(LIST).json()["results"])) for n in CAST] == seen
    assert statuses(lambda c: c.patch(url(card), {"city": "Пермь"}, format="json"), users) == write
    assert statuses(lambda c: c.put(url(card, SEED), {"name": "Кабель"}, format="json"), users) == write
    assert (
        statuses(lambda c: c.patch(f"/api/contacts/{person.pk}/", {"position": "снабжение"}, format="json"), users)
        == write
    )
    noted = {"company": card.pk, "text": "Ждут счёт."}
    wanted = read.replace("200", "201").replace("404", "400")
    assert statuses(lambda c: c.post("/api/v1/company-notes/", noted, format="json"), users) == wanted
    assert statuses(lambda c: c.delete(f"{url(card, SEED)}?reason={REASON}"), users) == gone


def test_both_addresses_give_one_card_and_it_names_everything(anna: User, ada: User, card: Company) -> None:
    ContractType.objects.update_or_create(code="frame", defaults={"name": "Рамочный"})
    ExternalRef.objects.create(source="amocrm", external_id="77", company=card)
    Company.objects.filter(pk=card.pk).update(raw_fields={"Статус": "новый"})
    add_contact(company=card, last_name="Котова", first_name="Анна", position="снабжение")
    answer = on(anna).get(url(card))
    assert answer.json() == on(anna).get(url(card, SEED)).json()
    body = answer.json()
    assert (body["phone"], body["email"]) == ("8 (343) 200-00-01", "info@example.com")
    assert (body["contact_name"], body["contact_position"]) == ("Котова Анна", "снабжение")
    assert (body["lead_state"], body["is_cold_call"], body["amocrm_company_id"]) == ("cold", True, "77")
    assert (body["raw_fields"], on(ada).get(url(card)).json()["raw_fields"]) == (None, {"Статус": "новый"})
    assert [(p["e164"], p["is_primary"]) for p in body["phones"]] == [("+73432000001", True), ("+73432000002", False)]


def test_a_new_company_with_all_its_parts(anna: User) -> None:
    ContractType.objects.update_or_create(code="tender", defaults={"name": "Тендер"})
    sphere = CompanySphere.objects.create(name="Лес")
    body = {
        "name": "ООО «Сосна»",
        "inn": "6671000003",
        "spheres": [sphere.pk],
        "contract_type": "TENDER",
        "contract_until": "2027-01-31",
        "contract_amount": "1500.5",
        "phones": [
            {"raw": "200-00-05", "comment": "склад", "is_cold_call": True},
            {"raw": "+7 922 000-00-01", "type": "mobile", "is_primary": True},
        ],
        "email": "sosna@example.com",
        "contact_name": "Котова Анна Игоревна",
        "contact_position": "снабжение",
        "is_cold_call": False,
    }
    answer = on(anna).post(LIST, body, format="json")
    made = answer.json()
    assert answer.status_code == 201, made
    assert answer.headers["Location"] == f"{LIST}{made['id']}/"
    assert answer.headers["ETag"] == f'"company-{made["id"]}-{made["version"]}"'
    assert (made["lead_state"], made["contract_type"], made["contract_amount"]) == ("warm", "tender", "1500.50")
    assert (made["responsible"], made["branch"], made["spheres"]) == (anna.pk, anna.branch_id, [sphere.pk])
    assert [(p["e164"], p["is_primary"], p["is_cold_call"]) for p in made["phones"]] == [
        ("+79220000001", True, False),
        ("+73432000005", False, True),
    ]
    person = Contact.objects.get(company=made["id"])
    assert (person.last_name, person.first_name, person.middle_name) == ("Котова", "Анна", "Игоревна")
    assert AuditLog.objects.get(verb="create", entity_id=str(made["id"])).source == Source.API


def test_likeness_stops_until_it_is_meant(anna: User, dan: User, card: Company) -> None:
    body = {"name": "Провод", "phone": "+73432000002"}
    first = on(anna).post(LIST, body, format="json")
    assert (first.status_code, first.json()["code"]) == (409, "possible_duplicates")
    assert [row["id"] for row in first.json()["duplicates"]] == [card.pk]
    assert on(anna).post(LIST, {**body, "allow_duplicates": True}, format="json").status_code == 201
    # a card that is not seen is not named
    User.objects.filter(pk=dan.pk).update(data_scope=DataScope.SELF)
    assert on(dan).post(LIST, {**body, "name": "Иное"}, format="json").status_code == 201


def test_patch_writes_only_what_is_named_and_leaves_a_trail(anna: User, card: Company) -> None:
    answer = on(anna).patch(url(card), {"website": "example.com"}, format="json")
    assert (answer.status_code, answer.json()["city"]) == (200, "Екатеринбург")
    assert AuditLog.objects.filter(verb="update", entity_id=str(card.pk)).latest("pk").source == Source.API
    version = answer.json()["version"]
    assert on(anna).patch(url(card), {"website": "example.com"}, format="json").json()["version"] == version


def numbers(card: Company) -> list[tuple[str, bool]]:
    return [(number.raw, number.is_primary) for number in PhoneNumber.objects.filter(company=card)]


def test_phone_is_the_first_row_by_another_name(anna: User, card: Company) -> None:
    def patch(**body: Any) -> Any:
        return on(anna).patch(url(card), body, format="json").json()

    assert patch(phone="+7 343 200 00 02")["phone"] == "8 (343) 200-00-02"
    assert numbers(card) == [("8 (343) 200-00-02", True), ("8 (343) 200-00-01", False)]
    assert patch(phone="200-00-03")["phone"] == "200-00-03"
    assert len(numbers(card)) == 3
    assert patch(phone="")["phone"] == "8 (343) 200-00-01"
    assert patch(phone=None, email="")["phone"] == "8 (343) 200-00-02"
    assert patch(email=None)["emails"] == []
    assert len(numbers(card)) == 1


def test_phone_and_phones_must_agree(anna: User, card: Company) -> None:
    before = numbers(card)
    for phone, phones in (("", [{"raw": "200-00-01"}]), ("200-00-02", [{"raw": "200-00-01"}]), ("200-00-01", [])):
        answer = on(anna).patch(url(card, SEED), {"phone": phone, "phones": phones}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "alias_conflict")
    assert numbers(card) == before
    both = {"phone": "83432000002", "phones": [{"raw": "200-00-01"}, {"raw": "200-00-02", "is_primary": True}]}
    assert on(anna).patch(url(card), both, format="json").status_code == 200
    assert numbers(card) == [("200-00-02", True), ("200-00-01", False)]


def test_rows_left_out_go_only_with_the_present_tag(anna: User, card: Company) -> None:
    rows = on(anna).get(url(card)).json()["phones"]
    kept = {"phones": [{**rows[1], "comment": "склад", "type": "mobile"}, {"raw": "200-00-09"}]}
    blind = on(anna).patch(url(card), kept, format="json")
    assert (blind.status_code, blind.json()["code"]) == (428, "precondition_required")
    tag = on(anna).get(url(card)).headers["ETag"]
    answer = on(anna).patch(url(card), kept, format="json", HTTP_IF_MATCH=tag)
    assert answer.status_code == 200, answer.json()
    after = answer.json()["phones"]
    assert [(p["id"], p["comment"], p["type"], p["is_primary"]) for p in after] == [
        (rows[1]["id"], "склад", "mobile", True),
        (after[1]["id"], "", "work", False),
    ]


def test_a_card_that_was_read_may_be_put_back(anna: User, card: Company) -> None:
    add_contact(company=card, last_name="Котова", first_name="Анна")
    was = on(anna).get(url(card))
    answer = on(anna).put(url(card), was.json(), format="json", HTTP_IF_MATCH=was.headers["ETag"])
    assert answer.json() == was.json()
    person = on(anna).get(f"/api/v1/contacts/{Contact.objects.get().pk}/")
    there = f"/api/v1/contacts/{person.json()['id']}/"
    again = on(anna).put(there, person.json(), format="json", HTTP_IF_MATCH=person.headers["ETag"])
    assert again.json() == person.json()


def test_owner_and_state_go_by_their_own_rules(
    anna: User, boris: User, clara: User, gleb: User, card: Company
) -> None:
    refused = on(anna).patch(url(card), {"city": "Пермь", "lead_state": "warm"}, format="json")
    assert (refused.status_code, Company.objects.get(pk=card.pk).city) == (403, "Екатеринбург")
    warm = on(clara).patch(url(card), {"is_cold_call": False}, format="json").json()
    assert (warm["lead_state"], warm["cold_marked_at"]) == ("warm", None)
    fight = on(clara).patch(url(card), {"is_cold_call": True, "lead_state": "WARM"}, format="json")
    assert fight.json()["code"] == "alias_conflict"
    bad = on(anna).patch(url(card), {"responsible": gleb.pk}, format="json")
    assert (bad.status_code, bad.json()["code"]) == (409, "bad_target")
    User.objects.filter(pk=anna.pk).update(data_scope=DataScope.SELF)
    assert on(anna).patch(url(card), {"responsible": boris.pk}, format="json").status_code == 204
    assert on(anna).get(url(card)).status_code == 404


def test_contact_name_writes_the_primary_contact(anna: User, card: Company) -> None:
    def patch(**body: Any) -> Any:
        return on(anna).patch(url(card), body, format="json")

    assert patch(contact_position="директор").status_code == 400
    assert patch(contact_name="Котова Анна", contact_position="директор").json()["contact_name"] == "Котова Анна"
    patch(contact_name="Котова-Белова Анна")
    assert patch(contact_name="").json()["contact_name"] == "Котова-Белова Анна"
    assert Contact.objects.get().position == "директор"


def test_contacts_of_a_company_and_of_none(anna: User, dan: User, clara: User, card: Company) -> None:
    there = "/api/v1/contacts/"
    body = {"company": card.pk, "last_name": "Котова", "phones": [{"raw": "200-00-07", "type": "work_direct"}]}
    made = on(anna).post(there, body, format="json").json()
    assert (made["is_primary"], made["phone"], made["company_name"]) == (True, "200-00-07", card.name)
    assert on(dan).post(there, body, format="json").status_code == 403
    lone = on(anna).post(there, {"first_name": "Пётр", "email": "p@example.com"}, format="json").json()
    assert (lone["company"], lone["responsible"], lone["email"]) == (None, anna.pk, "p@example.com")
    mine = f"{there}{made['id']}/"
    assert on(anna).patch(mine, {"company": None}, format="json").status_code == 400
    assert on(anna).patch(mine, {"is_cold_call": True}, format="json").json()["cold_marked_by"] == anna.pk
    assert on(anna).patch(mine, {"is_cold_call": False}, format="json").status_code == 400
    cleared = {"is_cold_call": False, "cold_reason": "Ошиблась номером"}
    assert on(anna).patch(mine, cleared, format="json").json()["is_cold_call"] is False
    found = on(anna).get(f"{there}?company=none").json()["results"]
    assert [row["id"] for row in found] == [lone["id"]]
    for pk in (made["id"], lone["id"]):
        assert on(clara).delete(f"/api/contacts/{pk}/").status_code == 204
        assert on(anna).get(f"{there}{pk}/").status_code == 404


def test_notes_belong_to_their_author(anna: User, boris: User, clara: User, ada: User, card: Company) -> None:
    there = "/api/v1/company-notes/"
    made = on(boris).post(there, {"company": card.pk, "text": " Ждут счёт. ", "is_pinned": True}, format="json").json()
    assert (made["text"], made["author"], made["is_pinned"], made["attachments"]) == ("Ждут счёт.", boris.pk, True, [])
    mine = f"{there}{made['id']}/"
    assert on(anna).patch(mine, {"text": "Иное"}, format="json").status_code == 403
    assert on(clara).delete(f"/api/company-notes/{made['id']}/").status_code == 403
    tag = f'"note-{made["id"]}-{made["version"]}"'
    changed = on(boris).patch(mine, {"text": "Ждут договор."}, format="json", HTTP_IF_MATCH=tag).json()
    assert (changed["version"], changed["edited_at"] is not None) == (made["version"] + 1, True)
    assert CompanyNote.objects.get().revisions.get().text == "Ждут счёт."
    stale = on(boris).patch(mine, {"text": "Ждут."}, format="json", HTTP_IF_MATCH=tag)
    assert (stale.status_code, [c["field"] for c in stale.json()["changed"]]) == (412, ["text"])
    for number in range(3):
        last = on(boris).post(there, {"company": card.pk, "text": str(number), "is_pinned": True}, format="json")
    assert (last.status_code, last.json()["code"]) == (409, "too_many_pins")
    query = f"{there}?company={card.pk}&pinned.has=1&author=me&sort=-created"
    assert len(on(boris).get(query).json()["results"]) == 3
    assert on(ada).delete(f"/api/company-notes/{made['id']}/").status_code == 400
    assert on(ada).delete(f"/api/company-notes/{made['id']}/?reason={REASON}").status_code == 204
    assert on(boris).get(mine).status_code == 404


def test_a_note_comes_with_files_or_not_at_all(
    anna: User, card: Company, tmp_path: Path, settings: LazySettings
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    there = "/api/v1/company-notes/"
    files = [SimpleUploadedFile("счёт.pdf", PDF), SimpleUploadedFile("../два.pdf", PDF)]
    form = {"company": str(card.pk), "text": "", "is_pinned": "true", "attachment": files}
    made = on(anna).post(there, form, format="multipart").json()
    assert (made["is_pinned"], [file["ext"] for file in made["attachments"]]) == (True, ["pdf", "pdf"])
    assert (made["attachment_name"], made["attachment_size"]) == ("счёт.pdf", len(PDF))
    assert made["attachments"][0]["url"].startswith("/files/")
    kept = sum(path.is_file() for path in tmp_path.rglob("*"))
    for company, name, data in ((card.pk, "x.pdf", b"<html><script>"), (10**9, "y.pdf", PDF)):
        sent = [SimpleUploadedFile("счёт.pdf", PDF), SimpleUploadedFile(name, data)]
        bad = {"company": str(company), "text": "Ы", "attachment": sent}
        assert on(anna).post(there, bad, format="multipart").status_code == 400
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == kept
    assert CompanyNote.objects.count() == 1


def test_what_is_described_is_what_is_read() -> None:
    assert set(CompanyBodySerializer.Meta.fields) == whole.WRITABLE
    assert set(ContactBodySerializer.Meta.fields) == whole_contact.WRITABLE
    assert {"id", "version", "created_at", "do_not_call"} <= companies.READ_ONLY & contacts.READ_ONLY


def test_lists_filter_search_order_and_page(anna: User, card: Company) -> None:
    for number in range(5):
        create_company(actor=anna, name=f"Сосна {number}", responsible=anna)
    client = on(anna)

    def names(query: str) -> list[str]:
        return [row["name"] for row in client.get(f"{LIST}?{query}").json()["results"]]

    assert names("q=сосна 3") == names("search=сосна 3") == ["Сосна 3"]
    assert names("city=Екатеринбург&responsible=me") == [card.name]
    walked, following = [], f"{LIST}?sort=-name&page_size=4"
    while following:
        page = client.get(following).json()
        walked += [row["name"] for row in page["results"]]
        following = page["next"]
    assert walked == [f"Сосна {number}" for number in (4, 3, 2, 1, 0)] + [card.name]
    second = client.get(f"{SEED}?ordering=-created_at&page=2&page_size=4").json()
    assert (second["count"], len(second["results"]), second["next"]) == (6, 2, None)
    assert client.get(SEED).json()["count"] == 6
    assert client.get(LIST).json()["count"] is None


def test_queries_of_a_list_do_not_grow(anna: User, card: Company) -> None:
    client = APIClient()
    client.force_authenticate(anna)

    def counted(address: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(address).status_code == 200
        return len(caught)

    addresses = (LIST, SEED, "/api/v1/contacts/", "/api/v1/company-notes/")
    person = add_contact(company=card, last_name="Котов")
    add_phone(holder=person, raw="200-00-11")
    add_email(holder=person, raw="k@example.com")
    add_note(actor=anna, company=card, text="Раз")
    before = [counted(address) for address in addresses]
    for number in range(4):
        other = create_company(actor=anna, name=f"Ель {number}", responsible=anna)
        add_phone(holder=other, raw=f"200-01-0{number}")
        add_phone(holder=add_contact(company=other, last_name="Белов"), raw=f"200-02-0{number}")
        add_note(actor=anna, company=other, text="Два")
    assert [counted(address) for address in addresses] == before
    assert max(before) <= 10
