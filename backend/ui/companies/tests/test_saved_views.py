"""Saved views at their door: kept, opened, overridden, shared by right, opened by default."""

from __future__ import annotations

import pytest

from accounts.models import User
from companies.models import SavedView
from companies.services import create_company
from ui.tests.doors import client_of

pytestmark = pytest.mark.django_db


def keep(user: User, name: str = "Тёплые", query: str = "lead_state=warm&sort=name", **more: str) -> SavedView:
    said = {"name": name, "query": query, "audience": "personal", **more}
    answer = client_of(user).post("/views/company/new/", said)
    assert answer.status_code == 302, answer.text
    return SavedView.objects.get(owner=user, name=name)


@pytest.fixture
def _two(anna: User) -> None:
    create_company(actor=anna, name="Бета", responsible=anna)
    warm = create_company(actor=anna, name="Альфа", responsible=anna)
    warm.lead_state = "warm"
    warm.save()


def rows(user: User, query: str) -> list[str]:
    return [row.name for row in client_of(user).get(f"/companies/{query}").context["rows"]]


@pytest.mark.usefixtures("_two")
def test_a_view_opens_and_the_address_overrides_it(anna: User) -> None:
    view = keep(anna, query="?sort=name&lead_state=warm&size=25&page=3")
    assert view.query == "lead_state=warm&sort=name"
    assert rows(anna, f"?view={view.pk}") == ["Альфа"]
    page = client_of(anna).get(f"/companies/?view={view.pk}")
    assert "изменено" not in page.text
    page = client_of(anna).get(f"/companies/?view={view.pk}&lead_state=cold&sort=name")
    assert "изменено" in page.text
    assert page["HX-Replace-Url"] == f"/companies/?lead_state=cold&view={view.pk}"
    assert [row.name for row in page.context["rows"]] == ["Бета"]
    assert rows(anna, f"?view={view.pk}&lead_state=") == ["Альфа", "Бета"]


@pytest.mark.usefixtures("_two")
def test_a_bare_address_opens_the_default_view(anna: User, boris: User) -> None:
    view = keep(anna, is_default="on")
    page = client_of(anna).get("/companies/")
    assert page["HX-Replace-Url"] == f"/companies/?view={view.pk}"
    assert len(page.context["rows"]) == 1
    assert len(rows(anna, "?view=all")) == 2
    assert client_of(anna).get("/companies/?status=")["HX-Replace-Url"] == "/companies/?view=all"
    assert len(rows(boris, "")) == 2
    client_of(anna).post(f"/views/{view.pk}/default/")
    assert len(rows(anna, "")) == 2


def test_sharing_follows_the_rights(anna: User, boris: User, clara: User, dan: User, gleb: User) -> None:
    branch = f"branch:{clara.branch_id}"
    refused = client_of(anna).post("/views/company/new/", {"name": "x", "query": "", "audience": branch})
    assert refused.status_code == 422
    own = keep(anna)
    of_branch = keep(clara, "Филиал", audience=branch)
    for_all = keep(gleb, "Общее", "responsible=me", audience="all")
    seen = {
        user.username: {view.pk for view in client_of(user).get("/companies/").context["asked"].views}
        for user in (anna, boris, dan, gleb)
    }
    assert seen == {
        "anna": {own.pk, of_branch.pk, for_all.pk},
        "boris": {of_branch.pk, for_all.pk},
        "dan": {for_all.pk},
        "gleb": {of_branch.pk, for_all.pk},
    }
    assert "Неизвестный фильтр" in client_of(dan).get(f"/companies/?view={of_branch.pk}").text
    assert client_of(dan).post(f"/views/{of_branch.pk}/delete/").status_code == 404
    assert client_of(boris).post(f"/views/{of_branch.pk}/delete/").status_code == 403
    assert client_of(boris).get(f"/views/{of_branch.pk}/edit/").status_code == 403
    assert client_of(gleb).post(f"/views/{of_branch.pk}/delete/").status_code == 302


def test_a_changed_view_keeps_its_conditions_unless_asked(anna: User) -> None:
    view = keep(anna)
    client = client_of(anna)
    said = {"name": "Новое имя", "audience": "personal", "query": "city=Пермь", "density": "compact"}
    assert client.post(f"/views/{view.pk}/edit/", said).status_code == 302
    view.refresh_from_db()
    assert (view.name, view.query, view.density) == ("Новое имя", "lead_state=warm&sort=name", "compact")
    client.post(f"/views/{view.pk}/edit/", {**said, "takes_query": "on"})
    view.refresh_from_db()
    assert view.query == "city=%D0%9F%D0%B5%D1%80%D0%BC%D1%8C"
    assert "is-compact" not in client.get(f"/companies/?view={view.pk}&city=").text or view.density == "compact"


@pytest.mark.parametrize(
    "said",
    [
        {"name": "", "query": "", "audience": "personal"},
        {"name": "x", "query": "foo=1", "audience": "personal"},
        {"name": "x", "query": "view=99", "audience": "personal"},
        {"name": "x", "query": "", "audience": "all"},
        {"name": "x", "query": "", "audience": "branch:999999"},
        {"name": "я" * 300, "query": "", "audience": "personal"},
        {"name": "Тёплые", "query": "", "audience": "personal"},
    ],
)
def test_what_cannot_be_kept_is_said(anna: User, said: dict[str, str]) -> None:
    keep(anna)
    assert client_of(anna).post("/views/company/new/", said).status_code == 422
    assert SavedView.objects.count() == 1
    assert client_of(anna).get("/views/nonsense/new/").status_code == 404


@pytest.mark.usefixtures("_two")
def test_shared_views_outlive_their_author(clara: User, boris: User) -> None:
    view = keep(clara, "Филиал", "responsible=me", audience=f"branch:{clara.branch_id}")
    clara.is_active = False
    clara.save()
    assert rows(boris, f"?view={view.pk}") == []
    assert "Неизвестный фильтр" not in client_of(boris).get(f"/companies/?view={view.pk}").text
