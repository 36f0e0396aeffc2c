"""Every place that shows cards, walked by every reach: what one may not see stands in no byte of any answer.

Whether a link answers at all by role is `test_permissions.py`; here is what the answers hold. Rules: one scope engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.models import User
from accounts.roles import DataScope
from companies.attachments.services import take_file
from companies.bulk.services import Chosen
from companies.edits.requests import request_lead
from companies.exporting.services import export_now
from companies.models import Company
from companies.notes.services import add_note
from companies.search import index
from companies.services import add_contact, add_email, add_phone, create_company
from companies.tests.files import PDF
from notifications.topics import may_join
from ui.tests.doors import client_of, limit

pytestmark = pytest.mark.django_db(transaction=True)
# asked for by other words than those looked for: a page may show again what was typed
ASKED, SHOWN = "ястреб", "Потайн"
# of lists: address, and whether whoever sees the card finds it there
LISTS = {
    "list": "/companies/",
    "list by words": f"/companies/?q={ASKED}",
    "list by a filter": "/companies/?lead_state=cold",
    "contacts": "/contacts/",
    "contacts by words": f"/contacts/?q={ASKED}",
    "search": f"/api/v1/search/?q={ASKED}",
    "search by a number": "/api/v1/search/?q=7776655",
    "search by e-mail": "/api/v1/search/?q=secret@",
    "search by INN": "/api/v1/search/?q=7707083893",
    "search with a slip": "/api/v1/search/?q=ясртеб",
    "REST of companies": "/api/v1/companies/",
    "REST by words": f"/api/v1/companies/?q={ASKED}",
    "REST of contacts": "/api/v1/contacts/",
    "REST of notes": "/api/v1/company-notes/",
    "REST at the seed's path": "/api/companies/",
    "hints while typing": "/companies/duplicates/?name=Ястреб+Потайной",
    "hints by a number": "/companies/duplicates/?phone=8+861+777-66-55",
    "merge pick": f"/companies/{{own}}/merge/?q={ASKED}",
}
PARTS = (
    "",
    "live/",
    "facts/",
    "people/",
    "history/",
    "next/",
    "viewers/",
    "similar/",
    "colleagues/",
    "edit/",
    "merge/",
)


@dataclass(frozen=True, slots=True)
class World:
    secret: Company
    own: Company
    note_id: int
    file_id: int


@pytest.fixture
def world(dan: User, anna: User, boris: User, clara: User, settings: LazySettings, tmp_path: Path) -> World:
    """Dan's card in another branch; Boris sees his own, Clara those of her branch."""
    settings.MEDIA_ROOT = str(tmp_path)
    limit(DataScope.SELF, boris, anna)
    limit(DataScope.BRANCH, clara)
    secret = create_company(actor=dan, name="ООО «Ястреб Потайной»", inn="7707083893", responsible=dan)
    add_phone(holder=secret, raw="8 861 777-66-55")
    add_email(holder=secret, raw="secret@hawk.example")
    person = add_contact(company=secret, last_name="Ястребов", first_name="Потайник")
    add_phone(holder=person, raw="8 861 777-66-56")
    draft = take_file(actor=dan, chunks=[PDF], name="Потайной счёт.pdf")
    note = add_note(actor=dan, company_id=secret.pk, text="Потайная заметка", files=[draft.pk])
    own = create_company(actor=boris, name="ООО «Своя»", responsible=boris)
    index.refresh_companies([secret.pk, own.pk])
    index.refresh_contacts([person.pk])
    request_lead(actor=User.objects.get(pk=dan.pk), company_id=secret.pk, state="warm")
    return World(secret, own, note.pk, draft.pk)


def text_of(client: Client, address: str, world: World) -> str:
    answer = client.get(address.format(own=world.own.pk))
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_lists_hold_what_one_sees_and_nothing_else(
    name: str, world: World, boris: User, clara: User, gleb: User, ada: User
) -> None:
    for viewer in (boris, clara):
        assert SHOWN not in text_of(client_of(viewer), LISTS[name], world), viewer.username
    for viewer in (gleb, ada):
        found = text_of(client_of(viewer), LISTS[name], world)
        assert SHOWN in found, viewer.username


def test_the_lists_of_requests_and_counts(world: World, boris: User, clara: User, gleb: User) -> None:
    for viewer in (boris, clara):
        assert SHOWN not in text_of(client_of(viewer), "/requests/", world)
        assert client_of(viewer).get("/api/companies/").json()["count"] == 1
    assert SHOWN in text_of(client_of(gleb), "/requests/", world)
    assert client_of(gleb).get("/api/companies/").json()["count"] == 2


def same_answer(client: Client, address: str, missing: str) -> tuple[Any, ...]:
    one, other = client.get(address), client.get(missing)
    assert (one.status_code, one.content) == (other.status_code, other.content), address
    return one.status_code, SHOWN in one.content.decode()


def test_invisible_and_missing_are_one_answer_everywhere(world: World, boris: User, clara: User, dan: User) -> None:
    absent = 10**9
    pairs = [(f"/companies/{{}}/{part}", world.secret.pk) for part in PARTS]
    pairs += [(f"/api/v1/{kind}/{{}}/", pk) for kind, pk in _records(world)]
    pairs += [
        ("/notes/{}/versions/", world.note_id),
        ("/notes/{}/edit/", world.note_id),
        ("/files/{}/", world.file_id),
    ]
    for viewer in (boris, clara):
        client = client_of(viewer)
        for address, pk in pairs:
            assert same_answer(client, address.format(pk), address.format(absent)) == (404, False)
    owner = client_of(dan)
    for address, pk in pairs:
        assert owner.get(address.format(pk)).status_code in {200, 302}, address


def _records(world: World) -> list[tuple[str, int]]:
    person = world.secret.contacts.get()
    return [("companies", world.secret.pk), ("contacts", person.pk), ("company-notes", world.note_id)]


def test_export_bulk_and_sockets(
    world: World, boris: User, clara: User, dan: User, gleb: User, tmp_path: Path
) -> None:
    for viewer, sees in ((boris, False), (clara, False), (dan, True), (gleb, True)):
        person = User.objects.get(pk=viewer.pk)
        out = tmp_path / f"{viewer.username}.csv"
        export_now(actor=person, path=out, kind="csv")
        assert (SHOWN in out.read_text(encoding="utf-8-sig")) is sees
        whole = Chosen(query="", is_whole=True).rows(person, "bulk")
        ticked = Chosen(ids=(world.secret.pk,)).rows(person, "bulk")
        assert whole.filter(pk=world.secret.pk).exists() is sees
        assert ticked.exists() is sees
        assert may_join(person, f"company.{world.secret.pk}") is sees


def test_who_calls_is_told_within_rights(world: World, boris: User, clara: User, gleb: User) -> None:
    for viewer, sees in ((boris, False), (clara, False), (gleb, True)):
        ask = {"phone": "+78617776656", "lookup_id": "1"}
        answer = client_of(viewer).post("/api/phone/calls/lookup/", ask, "application/json")
        assert answer.status_code == (200 if sees else 204)  # nobody's number: the same as one that nobody has
        assert (SHOWN in answer.content.decode()) is sees
