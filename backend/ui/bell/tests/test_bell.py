"""The bell's page: one's own notices only."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from notifications.models import Notification
from notifications.services import create_notification
from ui.tests.doors import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def notice(anna: User) -> Notification:
    made = create_notification(user=anna, title="Перезвоните клиенту", url="/companies/")
    assert made is not None
    return made


def test_people_see_their_own_lines(anna: User, boris: User, notice: Notification) -> None:
    for path in ("/notifications/", "/notifications/rows/", "/notifications/?show=unread"):
        assert notice.title in client_of(anna).get(path).text
        assert notice.title not in client_of(boris).get(path).text
        assert Client().get(path).status_code == 302


def test_opening_a_line_reads_it(anna: User, notice: Notification) -> None:
    answer = client_of(anna).post("/notifications/read/", {"id": notice.pk})
    assert answer["Location"] == "/companies/"
    notice.refresh_from_db()
    assert notice.is_read


@pytest.mark.parametrize("named", ["0", "x", str(2**63), "999999"])
def test_a_line_that_is_not_there_changes_nothing(anna: User, notice: Notification, named: str) -> None:
    assert client_of(anna).post("/notifications/read/", {"id": named}).status_code == 302
    notice.refresh_from_db()
    assert not notice.is_read


def test_nobody_reads_for_another(boris: User, notice: Notification) -> None:
    client = client_of(boris)
    assert client.post("/notifications/read/", {"id": notice.pk})["Location"] == "/notifications/"
    client.post("/notifications/read/")
    notice.refresh_from_db()
    assert not notice.is_read


def test_read_all(anna: User, notice: Notification) -> None:
    client = client_of(anna)
    assert client.get("/notifications/read/").status_code == 405
    client.post("/notifications/read/")
    assert "Уведомлений нет" in client.get("/notifications/?show=unread").text
