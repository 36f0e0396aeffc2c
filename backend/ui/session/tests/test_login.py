"""Log-in and log-out as pages."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from conftest import PASSWORD
from ui.tests.doors import client_of

pytestmark = pytest.mark.django_db


def test_log_in_leads_where_one_wanted(anna: User) -> None:
    client = Client()
    page = client.get("/login/?next=/companies/")
    assert page.status_code == 200
    assert 'name="next" value="/companies/"' in page.text
    answer = client.post("/login/", {"username": "anna", "password": PASSWORD, "next": "/companies/"})
    assert answer["Location"] == "/companies/"
    assert client.get("/").status_code == 200


def test_wrong_words_are_neutral(anna: User) -> None:
    texts = []
    for name in ("anna", "nobody"):
        answer = Client().post("/login/", {"username": name, "password": "wrong-password"})
        assert answer.status_code == 200
        texts.append(answer.text.replace(name, ""))
        assert "alert" in answer.text
    assert len(texts[0]) == pytest.approx(len(texts[1]), abs=100)


@pytest.mark.parametrize("name", ["", "\x00", "я" * 5000])
def test_strange_names_answer(name: str) -> None:
    assert Client().post("/login/", {"username": name, "password": "x"}).status_code in {200, 429}


def test_log_out_is_a_post(anna: User) -> None:
    client = client_of(anna)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/").status_code == 302
