"""The old dialers' conversations, byte for byte, with both servers that may answer them (P-13, D4, D5, K-9…K-19)."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection, transaction
from django.urls import get_resolver

from accounts import tokens
from accounts.models import User
from crm.tests.contract.exchanges import FOLDER, Exchange, Message, compare, pull_of, read, replay, say
from crm.tests.live import Server, waiters
from devkit.serving import wait_until
from phonebridge.models import CallReport, CallRequest, DeadLetter
from phonebridge.tests.fixtures import click

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack, pytest.mark.xdist_group("exchanges")]
FILES = sorted(path for path in FOLDER.glob("*.http") if path.stem != "database-away")
PASSWORD = "correct-horse-42"
PULL = pull_of("old")


@pytest.fixture(scope="module", params=["serve", "gunicorn"])
def port(
    request: pytest.FixtureRequest, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """One server of each kind for the whole module."""
    running = Server(tmp_path_factory.mktemp("contract") / "server.log", kind=request.param).start()
    yield running.port
    assert running.end() == 0


@pytest.fixture
def known(anna: User, boris: User) -> dict[str, str]:
    hashed = PBKDF2PasswordHasher().encode(PASSWORD, "salt-of-a-test", 1)
    User.objects.filter(pk__in=[anna.pk, boris.pk]).update(password=hashed)
    return {
        "username": anna.username,
        "password": PASSWORD,
        "stranger": boris.username,
        "stranger_password": PASSWORD,
        "unknown": str(uuid.uuid4()),
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_conversation(path: Path, port: int, known: dict[str, str]) -> None:
    replay(path, port, known)


def test_truth_after_strange_results(port: int, known: dict[str, str], anna: User, boris: User) -> None:
    """Nothing that parses is lost, nothing of a colleague moves, and unknown words stand in the report."""
    after = replay(FOLDER / "update-strange.http", port, known)
    foreign = CallRequest.objects.get(pk=after["foreign"])
    assert (foreign.user_id, foreign.status, foreign.call_status) == (boris.pk, "pending", None)
    said = read(FOLDER / "update-strange.http")
    results = [e for e in said if "calls/update" in e.request.line and e.answer.line.endswith("200")]
    kept = CallReport.objects.count() + DeadLetter.objects.count()
    assert kept >= len(results)
    assert CallReport.objects.filter(call=uuid.UUID(after["call"]), body__call_status="VOICEMAIL").exists()
    assert not CallReport.objects.filter(call=uuid.UUID(after["foreign"])).exists()


def test_results_are_never_slowed(port: int, known: dict[str, str]) -> None:
    """300 results in a row, far beyond any pace: none is refused."""
    replay(FOLDER / "refusals.http", port, known)  # also after attempts that were
    mine = replay(FOLDER / "update-legacy.http", port, known)
    (minimal,) = [e for e in read(FOLDER / "update-legacy.http") if e.request.body == '{"call_request_id":"{{call}}"}']
    with ThreadPoolExecutor(4) as pool:
        heard = list(pool.map(lambda _: say(port, minimal.request, mine).status, range(300)))
    assert set(heard) == {200}


def test_second_poll_at_once_gets_204(port: int, known: dict[str, str], anna: User) -> None:
    """One poll in flight per phone: while one waits for its grant, a second of the same phone finds nothing."""
    known["access"] = tokens.issue_pair(anna, rotating=False).access
    assert say(port, PULL, known).status == 204
    call = click(anna)
    heard: list[int] = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM phonebridge_callrequest WHERE id = %s FOR UPDATE", [call.pk])
        first = threading.Thread(target=lambda: heard.append(say(port, PULL, known).status))
        first.start()
        wait_until(lambda: waiters(cursor), "the first poll waits for the row")
        assert say(port, PULL, known).status == 204
    first.join(30)
    assert heard == [200]
    assert CallRequest.objects.get(pk=call.pk).status == "delivered"


def test_every_address_of_the_old_dialers_is_said() -> None:
    """What is frozen is replayed: all of /api/token/ and /api/phone/ but the words of new dialers."""
    frozen = set()
    for prefix in cast("list[Any]", get_resolver().url_patterns):
        start = f"/{prefix.pattern}"
        if start in {"/api/token/", "/api/phone/"}:
            frozen |= {f"{start}{inner.pattern}" for inner in prefix.url_patterns}
    said = {e.request.line.split()[1].split("?")[0] for path in FOLDER.glob("*.http") for e in read(path)}
    new = {f"/api/phone/calls/{word}/" for word in ("state", "reject", "lookup", "note")}
    new |= {"/api/phone/app/latest/", "/api/phone/app/<int:build_id>/download/"}
    assert frozen - said == new


def test_difference_is_noticed(port: int, known: dict[str, str]) -> None:
    """The comparison can fail: one changed letter of an answer is told with its place."""
    (first, *_) = read(FOLDER / "refusals.http")
    wrong = Exchange(
        first.place, first.request, Message("HTTP/1.1 401", {}, first.answer.body.replace("Неверный", "неверный"))
    )
    heard = say(port, first.request, known)
    compare(first, heard, known)
    with pytest.raises(AssertionError, match=r"refusals\.http:1"):
        compare(wrong, heard, known)


def test_every_file_is_described() -> None:
    words = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in FOLDER.glob("*.http") if f"]({path.name})" not in words] == []
