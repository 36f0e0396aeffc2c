"""Bad input at the doors of log-in: a clear answer, never a 500."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.doors import enter

pytestmark = pytest.mark.django_db
LONG = "я" * 10_000
WORDS: list[Any] = ["", "\x00", "anna\x00", LONG, None, 5, 1.5, True, [], {}, ["anna"], "😀", "\ud800", "' OR 1=1 --"]


def post(url: str, body: bytes | dict[str, Any], kind: str = "application/json") -> Any:
    return Client().post(url, body, content_type=kind)


@pytest.mark.parametrize("url", ["/api/token/", "/api/token/refresh/"])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'"x"', b"5", b"[" * 100_000, b'{"a":' * 50_000, b"NaN"]
)
def test_body_that_is_no_object_is_400(url: str, body: bytes) -> None:
    answer = post(url, body)
    assert answer.status_code == 400
    assert answer.json()["detail"]


@pytest.mark.parametrize("word", WORDS)
def test_strange_words_are_401(anna: User, word: Any) -> None:
    for body in (
        {"username": word, "password": "x"},
        {"username": "anna", "password": word},
        {"username": "anna", "password": "x", "device_id": word},
    ):
        answer = post("/api/token/", body)
        assert answer.status_code == 401
        assert answer.json()["detail"].startswith("Неверный логин или пароль.")


@pytest.mark.parametrize("word", WORDS)
def test_strange_refresh_tokens_are_401(word: Any) -> None:
    for body in ({"refresh": word}, {}):
        answer = post("/api/token/refresh/", body)
        assert answer.status_code == 401
        assert answer.json()["detail"]


@pytest.mark.parametrize("word", WORDS)
def test_strange_devices_do_not_break_a_good_log_in(anna: User, word: Any) -> None:
    assert enter(device_id=word)["access"]


def test_a_form_instead_of_json_is_400() -> None:
    assert post("/api/token/", b"username=a&password=b", "application/x-www-form-urlencoded").status_code == 400


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods_are_405(method: str) -> None:
    assert getattr(Client(), method)("/api/token/").status_code == 405


@pytest.mark.parametrize("word", ["", "\x00", LONG, "😀", "' OR 1=1 --"])
def test_strange_words_in_the_form_show_the_form(anna: User, word: str) -> None:
    for said in ({"username": word, "password": "x"}, {"username": "anna", "password": word}, {}):
        answer = Client().post("/login/", said)
        assert answer.status_code == 200
        assert 'name="password"' in answer.text
