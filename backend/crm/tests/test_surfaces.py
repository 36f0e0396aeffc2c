"""Every place that shows cards, walked by every reach: what one may not see stands in no byte of any answer.

Whether a link answers at all by role is `test_permissions.py`; here is what the answers hold. Rules: one scope engine.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.test import Client

from accounts.models import User
from accounts.roles import DataScope
from companies.attachments.services import take_file
from companies.bulk.services import Chosen, start_bulk
from companies.edits.deletion import delete_company
from companies.edits.people import delete_contact
from companies.edits.requests import request_lead
from companies.edits.transfer import transfer_company
from companies.exporting.services import export_now
from companies.importing.uploads import upload
from companies.merging.services import Order, merge_companies
from companies.models import Company, SavedView
from companies.notes.services import add_note
from companies.search import index
from companies.services import add_contact, add_email, add_phone, create_company
from companies.tests.files import PDF
from crm.tests.test_permissions import TABLE
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


# --- unsafe methods: where one sees nothing, nothing is written, and the answer is that about nothing at all

WRITES = {
    "text": "Потайная правка",
    "raw": "8 343 200-00-09",
    "type": "work",
    "reason": "Просто так захотелось",
    "last_name": "Взломов",
    "name": "Взломано",
    "state": "warm",
    "audience": "personal",
    "pin": "1",
    "version": "1",
    "winner_version": "1",
    "loser_version": "1",
}
BODY = {"text": "Правка", "reason": "Просто так захотелось"}
EXTRA = (
    "/companies/{own}/merge/{company}/",
    "/companies/{own}/different/{company}/",
    "/companies/{company}/merge/{own}/",
    "/jobs/{job}/undo/",
    "/jobs/{job}/resume/",
    "/jobs/{import}/undo/",
)
NEW, CARD, BULK = "/api/v1/companies/", "PATCH /api/v1/companies/{own}/", "/companies/bulk/"
COLD = {"action": "cold", "what": "cold", "is_confirmed": "1"}
# what bodies name, a mistake of another kind beside it or not: a hidden row is refused in the words for a missing one
NAMED: dict[str, tuple[str, dict[str, Any]]] = {
    "company of a contact": ("/api/v1/contacts/", {"last_name": "Котов", "company": "{company}"}),
    "company of a note": ("/api/v1/company-notes/", {"text": "Да", "company": "{company}"}),
    "contact of a note": ("/api/v1/company-notes/", {"text": "Да", "company": "{own}", "contact": "{contact}"}),
    "head of a new card": (NEW, {"name": "ООО «Своя»", "head_company": "{company}"}),
    "head beside a wrong KPP": (NEW, {"name": "Б", "head_company": "{company}", "kpp": "1"}),
    "head beside a twin": (NEW, {"name": "Б", "head_company": "{company}", "phone": "83430000001"}),
    "head": (CARD, {"head_company": "{company}"}),
    "head before no name": (CARD, {"head_company": "{company}", "name": ""}),
    "head with a wrong KPP": (CARD, {"head_company": "{company}", "kpp": "1"}),
    "row of numbers": (CARD, {"phones": [{"id": "{phone}", "raw": "83430000001"}]}),
    "file of a note": ("/companies/{own}/notes/new/", {"text": "Заметка", "file": "{file}"}),
    "ticked rows": (BULK, {**COLD, "ids": "{company}"}),
    "view": (BULK, {**COLD, "query": "view={view}"}),
    "rows of a job": (BULK, {**COLD, "query": "job={job}:"}),
}


@pytest.fixture
def hidden(world: World, dan: User, ada: User) -> dict[str, Any]:
    """Numbers of what Dan has, by the names of the table of rights; `own` is a card of Boris."""
    card = world.secret
    person, gone = card.contacts.get(), add_contact(company=card, last_name="Ушедший")
    delete_contact(actor=ada, contact_id=gone.pk)
    names = ("ООО «Потайная А»", "ООО «Потайная Б»", "ООО «Потайная В»")
    other, merged, deleted = (create_company(actor=dan, name=name, responsible=dan) for name in names)
    merge = merge_companies(Order(dan, other.pk, merged.pk, (1, 1)))
    delete_company(actor=ada, company_id=deleted.pk, reason="Компания закрылась")
    add_phone(holder=world.own, raw="8 343 000-00-01")
    return {
        "own": world.own.pk,
        "company": card.pk,
        "other": other.pk,
        "contact": person.pk,
        "double": add_contact(company=card, last_name="Двойников").pk,
        "phone": card.phones.get().pk,
        "email": card.emails.get().pk,
        "note": world.note_id,
        "file": take_file(actor=dan, chunks=[PDF], name="Потайной черновик.pdf").pk,
        "merge": merge.pk,
        "deleted": deleted.pk,
        "gone": gone.pk,
        "request": card.lead_state_requests.get().pk,
        "view": SavedView.objects.create(owner=dan, subject="company", name="Потайное").pk,
        "job": start_bulk(actor=dan, action="cold", params={}, chosen=Chosen(ids=(other.pk,))).pk,
        "import": upload(actor=dan, name="a.csv", size=12, chunks=["Название\nА".encode()]).pk,
    }


def absent(known: dict[str, Any]) -> dict[str, Any]:
    """Numbers that nothing has."""
    nobody = {name: uuid.UUID(int=7) if isinstance(pk, uuid.UUID) else 10**9 for name, pk in known.items()}
    return {**nobody, "own": known["own"]}


def addresses(known: dict[str, Any]) -> Iterator[str]:
    """Every address of the table that names only what the fixture has."""
    for address in (*dict.fromkeys(row.url for row in TABLE), *EXTRA):
        needed = set(re.findall(r"{(\w+)}", address))
        if needed and needed <= known.keys():
            yield address


def footprint() -> list[Any]:
    """All rows that a person's act could leave or change."""
    models = [m for label in ("companies", "jobs", "audit") for m in apps.get_app_config(label).get_models()]
    return [list(model._default_manager.order_by("pk").values_list()) for model in models]


def told(client: Client, method: str, address: str, said: dict[str, Any]) -> tuple[Any, ...]:
    """Status, text without the numbers that were sent, and headers without what differs by the request."""
    is_api = address.startswith("/api/")
    kind = {"content_type": "application/json"} if is_api and method != "get" else {}
    data: Any = json.dumps(said) if kind else said
    answer = getattr(client, method)(address, data, **kind, headers={"If-Match": "*"})
    text = answer.content.decode()
    if "<body" in text:
        text = re.sub(r"[0-9a-f-]{36}|\d+", "#", " ".join(re.sub(r"<[^>]*>", " ", text).split()))
    headers = {name: value for name, value in answer.headers.items() if name not in {"X-Request-Id", "Content-Length"}}
    return answer.status_code, text, headers


def walk(viewer: User, known: dict[str, Any], pages: tuple[str, ...] = ("post",)) -> None:
    """Every address, every method: as if nothing stood there, and nothing is changed."""
    client, nobody, before = client_of(viewer), absent(known), footprint()
    for address in addresses(known):
        is_api = address.startswith("/api/")
        for method in ("post", "put", "patch", "delete") if is_api else pages:
            said = BODY if is_api else WRITES if method == "post" else {}
            got = told(client, method, address.format(**known), said)
            assert got == told(client, method, address.format(**nobody), said), (method, address)
            assert got[0] in {404, 405}, (method, address, got[0])
    assert footprint() == before


def test_unsafe_methods_find_nothing_where_one_sees_nothing(hidden: dict[str, Any], boris: User, clara: User) -> None:
    for viewer in (boris, clara):
        walk(viewer, hidden)


def named(body: Any, known: dict[str, Any]) -> Any:
    """The body with numbers in their places: a text that is a place alone becomes a number."""
    if isinstance(body, dict):
        return {key: named(value, known) for key, value in body.items()}
    if isinstance(body, list):
        return [named(value, known) for value in body]
    text = str(body).format(**known)
    return int(text) if str(body).startswith("{") else text


def test_what_a_body_names_is_missing_where_one_sees_nothing(hidden: dict[str, Any], boris: User) -> None:
    client, before = client_of(boris), footprint()
    for name, (where, body) in NAMED.items():
        method, _, address = where.rpartition(" ")
        one, other = (
            told(client, method.lower() or "post", address.format(**known), named(body, known))
            for known in (hidden, absent(hidden))
        )
        assert one == other, name
        assert one[0] >= 300, name
        assert SHOWN not in str(one), name
        assert footprint() == before, name


def _gone_to_dan(card: Company, into: Company, admin: User) -> None:
    transfer_company(actor=admin, company_id=card.pk, to_id=into.responsible_id or 0)


def _gone_to_nobody(card: Company, into: Company, admin: User) -> None:
    Company.objects.filter(pk=card.pk).update(responsible=None, branch=None)


def _gone_to_the_bin(card: Company, into: Company, admin: User) -> None:
    delete_company(actor=admin, company_id=card.pk, reason="Компания закрылась")


def _gone_into_another(card: Company, into: Company, admin: User) -> None:
    card.refresh_from_db()
    merge_companies(Order(admin, into.pk, card.pk, (into.version, card.version)))


@pytest.mark.parametrize("go", [_gone_to_dan, _gone_to_nobody, _gone_to_the_bin, _gone_into_another])
def test_own_card_that_went_out_of_sight_answers_like_none(
    go: Callable[[Company, Company, User], None], world: World, boris: User, dan: User, ada: User
) -> None:
    card = create_company(actor=boris, name="ООО «Бывшая»", responsible=boris)
    person = add_contact(company=card, last_name="Котов")
    draft = take_file(actor=boris, chunks=[PDF], name="счёт.pdf")
    note = add_note(actor=boris, company_id=card.pk, text="Заметка", files=[draft.pk])
    known = {
        "own": world.own.pk,
        "company": card.pk,
        "contact": person.pk,
        "double": add_contact(company=card, last_name="Котов").pk,
        "phone": add_phone(holder=person, raw="8 343 200-00-02").pk,
        "email": add_email(holder=card, raw="kotov@example.com").pk,
        "note": note.pk,
        "file": draft.pk,
    }
    go(card, Company.objects.get(pk=world.secret.pk), ada)
    walk(boris, known, pages=("post", "get"))
