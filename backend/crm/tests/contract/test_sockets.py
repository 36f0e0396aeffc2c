"""AsyncAPI and the running server hold each other: what the document allows is taken, what is sent fits (K-20)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from accounts import tokens
from accounts.models import User
from common.ws import Close
from crm.tests.contract.exchanges import pull_of, say
from crm.tests.contract.schemas import values
from crm.tests.docfiles import FOR_PAGES, GOLDEN, frames_of, problems
from crm.tests.live import Server
from devkit.serving import wait_until
from faults.phones import RawSocket
from notifications.services import create_notification
from notifications.tests.test_browser_socket import cookie_of
from phonebridge.models import CallReport, DeadLetter
from phonebridge.tests.fixtures import click

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack, pytest.mark.xdist_group("sockets")]
NUMBERS = count(1)
SPOKEN = sorted(set(frames_of("hearPhone")) - {"auth"})


@pytest.fixture(scope="module")
def running(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("sockets") / "server.log").start()
    yield server
    assert server.end() == 0


class Phone(RawSocket):
    """A phone of its own number, up to `auth`; answers are compared with the document by who uses it."""

    def __init__(self, server: Server, user: User, **hello: Any) -> None:
        super().__init__(server.url, "/ws/phone/")
        token = tokens.issue_pair(user, rotating=True).access
        self.say("auth", **{"token": token, "device_id": f"contract-{next(NUMBERS)}", **hello})

    def after(self) -> list[dict[str, Any]]:
        """Everything that was said until an answer to a question that is always answered."""
        call_id = str(uuid.uuid4())
        self.say("claim", call_id=call_id)
        self.next("no", call_id=call_id)
        found, self.seen = self.seen, []
        return found


@pytest.fixture
def phone(running: Server, anna: User) -> Iterator[Phone]:
    socket = Phone(running, anna)
    socket.next("synced")
    socket.seen.clear()
    yield socket
    assert [(f, p) for f in socket.seen if (p := problems(f, "tellPhone"))] == []
    socket.close()


def takes(phone: Phone, frame: dict[str, Any]) -> None:
    """The server takes this frame: no complaint about its form, the socket stays, its answers fit."""
    phone.socket.send(json.dumps(frame))
    heard = phone.after()
    assert [f for f in heard if f["type"] == "error" and f["code"] in {"bad_frame", "bad_json"}] == [], frame
    assert [(f, p) for f in heard if (p := problems(f, "tellPhone"))] == []


@pytest.mark.parametrize("file", [f for f in GOLDEN if f["direction"] == "phone_to_server"], ids=lambda f: f["type"])
def test_running_server_takes_every_golden_frame(file: dict[str, Any], running: Server, anna: User) -> None:
    token = tokens.issue_pair(anna, rotating=True).access
    for frame in file["frames"]:
        spoken = {**frame, **({"token": token} if "token" in frame else {})}
        if frame["type"] == "auth":
            entered = Phone(running, anna, **{k: v for k, v in spoken.items() if k != "type"})
            entered.next("synced")
            entered.close()
            continue
        phone = Phone(running, anna)
        phone.next("synced")
        takes(phone, spoken)
        phone.close()


@pytest.mark.parametrize("kind", SPOKEN)
def test_running_server_takes_whatever_the_document_allows(kind: str, phone: Phone, anna: User) -> None:
    fresh = tokens.issue_pair(anna, rotating=True).access

    @settings(
        max_examples=15, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(values(frames_of("hearPhone")[kind]))
    def said(frame: dict[str, Any]) -> None:
        takes(phone, {**frame, **({"token": fresh} if "token" in frame else {})})

    said()


BROKEN = [
    {"type": "claim"},
    {"type": "claim", "call_id": 5},
    {"type": "claim", "call_id": "x" * 65},
    {"type": "reject", "call_id": None},
    {"type": "refresh"},
]


@pytest.mark.parametrize("frame", BROKEN, ids=json.dumps)
def test_running_server_refuses_in_words_what_the_document_forbids(frame: dict[str, Any], phone: Phone) -> None:
    assert problems(frame, "hearPhone") != []
    phone.socket.send(json.dumps(frame))
    error = phone.next("error")
    assert (error["code"], error["retry"]) == ("bad_frame", False)
    assert error["message"].strip()
    assert phone.after() == []


def test_unknown_words_are_ignored(phone: Phone) -> None:
    """The protocol may grow: new types and new fields of a newer client change nothing."""
    takes(phone, {"type": "state", "call_id": str(uuid.uuid4()), "phase": "flying"})
    takes(phone, {"type": "teleport", "to": "Екатеринбург"})
    takes(phone, {"type": "heartbeat", "mood": {"good": True}})


def test_result_without_an_id_is_kept_and_acknowledged(phone: Phone) -> None:
    """A result is never refused, whatever is wrong with it."""
    phone.say("report", call_status="busy")
    assert phone.next("ack")["report_id"] is None
    assert DeadLetter.objects.count() + CallReport.objects.count() >= 1


@pytest.mark.parametrize("file", FOR_PAGES, ids=lambda f: f["type"])
def test_golden_frames_of_pages_fit(file: dict[str, Any]) -> None:
    operation = {"server_to_browser": "tellBrowser", "browser_to_server": "hearBrowser"}[file["direction"]]
    for frame in file["frames"]:
        assert frame["type"] == file["type"]
        assert problems(frame, operation) == []


def test_golden_frames_of_pages_are_complete() -> None:
    assert {f["type"] for f in FOR_PAGES} == set(frames_of("tellBrowser")) | set(frames_of("hearBrowser"))


def test_pages_hear_what_the_golden_frames_show(running: Server, anna: User) -> None:
    """The keys of each frame on a real page's socket are those of a golden frame."""
    page = RawSocket(running.url, "/ws/ui/", {"Cookie": cookie_of(anna).decode()})
    page.next("hello")
    for file in FOR_PAGES:
        for frame in file["frames"] if file["direction"] == "browser_to_server" else ():
            page.socket.send(json.dumps(frame))
    page.next("denied", topic="calls.all")
    page.say("watch", topic=f"calls.branch.{anna.branch_id}")
    phone = Phone(running, anna)
    phone.next("synced")
    create_notification(user=anna, title="Проверка", url="/calls/")
    page.socket.send("{")
    call = click(anna)
    phone.next("offer", call_id=str(call.pk))
    wait_until(lambda: {"presence", "notification", "error", "call"} <= {f["type"] for f in page.seen}, "all is heard")
    kept = list(page.seen)
    golden = {(f["type"], frozenset(frame)) for f in FOR_PAGES for frame in f["frames"]}
    assert [f for f in kept if (f["type"], frozenset(f)) not in golden] == []
    assert [(f, p) for f in kept if (p := problems(f, "tellBrowser"))] == []
    phone.close()
    page.close()


def test_too_old_a_protocol_is_told_and_polling_goes_on(running: Server, anna: User) -> None:
    """The version rule for clients: words for a person, 4008, and the same phone goes on over REST."""
    old = Phone(running, anna, protocol=0, device_id="old-app")
    assert "Обновите приложение" in old.next("error", code="too_old")["message"]
    assert old.closed() == Close.TOO_OLD
    old.close()
    call = click(anna)
    known = {"access": tokens.issue_pair(anna, rotating=False).access}
    heard = say(running.port, pull_of("old-app"), known)
    assert (heard.status, json.loads(heard.body)["id"]) == (200, str(call.pk))
    newer = Phone(running, anna, protocol=99)
    assert newer.next("hello")["protocol"] == 1
    newer.close()
