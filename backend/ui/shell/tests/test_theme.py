"""The theme is a cookie of the server, so that the first paint is right."""

from __future__ import annotations

import pytest
from django.test import Client


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_choice_is_remembered(client: Client, theme: str) -> None:
    answer = client.post("/theme/", {"theme": theme, "next": "/login/"})
    assert answer.status_code == 302
    assert answer["Location"] == "/login/"
    assert answer.cookies["theme"].value == theme


def test_script_gets_no_page(client: Client) -> None:
    answer = client.post("/theme/", {"theme": "dark"}, headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 204
    assert answer.cookies["theme"].value == "dark"


def test_unknown_theme_is_refused(client: Client) -> None:
    answer = client.post("/theme/", {"theme": "pink"})
    assert answer.status_code == 400
    assert "theme" not in answer.cookies


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_return_address_stays_at_home(client: Client, target: str) -> None:
    answer = client.post("/theme/", {"theme": "dark", "next": target})
    assert answer["Location"] == "/"


def test_cookie_paints_the_page(client: Client) -> None:
    client.cookies["theme"] = "dark"
    assert b'data-theme="dark"' in client.get("/offline/").content
    client.cookies["theme"] = "auto"
    assert b"data-theme" not in client.get("/offline/").content
