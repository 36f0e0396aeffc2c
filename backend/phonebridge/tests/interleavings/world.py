"""One example: the server, the phones and pages around it, and everything that is still on its way."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from accounts.throttles import PULL_PACE
from phonebridge.models import CallRequest
from phonebridge.services import clicks, upkeep
from phonebridge.tests.interleavings import cast as rows
from phonebridge.tests.interleavings.app_phone import App
from phonebridge.tests.interleavings.cast import Cast
from phonebridge.tests.interleavings.ledger import Ledger
from phonebridge.tests.interleavings.phones import Legacy, Phone
from phonebridge.tests.interleavings.server import Frame, Server
from phonebridge.tests.interleavings.viewers import Page

NUMBERS = ("+73430001234", "+73430005678")


class World:
    """Sync hands on everything; `doing` wraps each act, with or without the death of the server behind its commit."""

    def __init__(self, cast: Cast, server: Server, counts: Counter[str]) -> None:
        self.cast, self.server, self.counts = cast, server, counts
        self.ledger = Ledger(counts, {user.pk: name for name, user in cast.people.items()})
        self.passed_s = 0.0
        self.installations = 0
        self.events_wait = self.posts_wait = False
        self.mail: list[tuple[Phone, str, Frame]] = []
        self.calls: dict[str, list[str]] = {name: [] for name in rows.CALLERS}
        self.phones: list[Phone] = [
            (App if kind == "app" else Legacy)(self, index, owner, number)
            for index, (owner, number, kind) in enumerate(rows.PHONES)
        ]
        self.pages = [Page(name, cast, server, counts) for name in rows.PAGES]
        server.die()
        rows.clean()
        PULL_PACE._known.clear()

    # --- time

    def now(self) -> float:
        """Everybody's monotonic clock; the rows of the database keep up with it."""
        return time.monotonic() + self.passed_s

    def wait(self, seconds: float) -> None:
        self.ledger.check_repeats()
        rows.step(seconds)
        self.passed_s += seconds

    # --- acts

    def doing(self, act: Callable[[], object], *, dies: bool = False, loses: tuple[Phone, str] | None = None) -> None:
        """Do it and let everything that follows happen, unless the server dies right after its commit.

        A phone that loses its words is cut off before the server hears them; one that loses the answer is cut off
        behind the server's work, and the server does not notice.
        """
        phone, what = loses or (None, "")
        self.server.is_dying = dies
        act()
        if isinstance(phone, App) and what == "loses its words":
            phone.cut(noticed=True)
        if dies or what == "loses the answer":
            self._server_works()
        if isinstance(phone, App) and what == "loses the answer":
            phone.cut(noticed=False)
        if dies:
            self.die()
        self.flow()

    def _server_works(self) -> None:
        """What the phones have sent is read and done; nobody hears the answers yet."""
        for phone in self.apps():
            if phone.line is not None and not phone.holds_up:
                while phone.line.feed():
                    self.server.run()
        self.server.run()

    def die(self) -> None:
        lost = self.server.die()
        for client in self.clients():
            if client.line in lost:
                client.lost()
        self.counts["the server died"] += 1

    def flow(self) -> None:
        """Let frames and events move until nothing does; what is held back stays where it is."""
        while True:
            self.server.run()
            moved = not self.events_wait and self.hand_over()
            for client in self.clients():
                moved |= client.pump()
            if not moved:
                return

    def hand_over(self) -> bool:
        waiting, self.server.hub.waiting = self.server.hub.waiting, []
        for topic, text in waiting:
            self.server.loop.call_soon(self.server.hub.hand_over, topic, text)
        return bool(waiting)

    def clients(self) -> list[App | Page]:
        """Everybody who has a socket."""
        return [*self.apps(), *self.pages]

    def apps(self) -> list[App]:
        return [phone for phone in self.phones if isinstance(phone, App)]

    # --- people

    def click(self, name: str, number: str, target: str, *, by_rest: bool) -> None:
        """«Позвонить»; the same number while a call is open is the same call."""
        if by_rest:
            answer = self.cast.modern[name].post(
                "/api/v1/calls/", {"phone": number, "device_id": target}, format="json"
            )
            assert answer.status_code in {200, 201, 409}, answer.content
            created, call_id = answer.status_code == 201, answer.json().get("id", "")
        else:
            device = self.cast.devices[name, target] if target else None
            try:
                done = clicks.request_call(actor=self.cast.people[name], phone=number, device=device)
            except clicks.CallOpen:
                created, call_id = False, ""
            else:
                created, call_id = done.created, str(done.call.pk)
        if created:
            self.calls[name].append(call_id)
            self.ledger.clicked.add(call_id)
        else:
            self.counts["a second click gave the open call" if call_id else "another call was open"] += 1
        if created and self.server.is_dying:
            self.counts["the server died between a click and its offer"] += 1

    def cancel(self, name: str, call_id: str, *, by_rest: bool) -> None:
        """What was granted before is judged before, what is granted from now on as cancelled."""
        self.ledger.check_repeats()
        self._cancel(name, call_id, by_rest=by_rest)
        self.ledger.check_repeats()

    def _cancel(self, name: str, call_id: str, *, by_rest: bool) -> None:
        if by_rest:
            answer = self.cast.modern[name].post(f"/api/v1/calls/{call_id}/cancel/")
            assert answer.status_code == 200, answer.content
            won = answer.json()["cancelled"]
        else:
            call = CallRequest.objects.get(pk=call_id)
            won = clicks.cancel_call(actor=self.cast.people[name], call=call).cancelled
        self.counts["a cancel won" if won else "a cancel came too late"] += 1

    # --- REST of phones

    def rest(self, phone: Phone, method: str, path: str, body: Frame | None = None) -> Any:
        """The answer; None when the server dies behind its commit, so that it never comes."""
        answer = self._ask(phone, method, path, body)
        self._note(phone, path, body, answer)
        return None if self.server.is_dying else answer

    def _ask(self, phone: Phone, method: str, path: str, body: Frame | None = None) -> Any:
        client = (self.cast.legacy if phone.kind == "legacy" else self.cast.modern)[phone.owner]
        return client.get(path) if method == "get" else client.post(path, body, format="json")

    def _note(self, phone: Phone, path: str, body: Frame | None, answer: Any) -> None:
        if "calls/pull" in path and answer.status_code == 200:
            served = answer.json()
            self.ledger.served(phone, served["id"], served.get("lease"))
        elif "calls/update" in path:
            self.ledger.report_came(phone, body, answer.status_code)
        else:
            assert answer.status_code in {200, 204}, answer.content

    def post(self, phone: Phone, path: str, body: Frame) -> None:
        """A word of a polling phone: at once, or into the mail that somebody holds back and mixes up."""
        if self.posts_wait:
            self.mail.append((phone, path, body))
            return
        answer = self.rest(phone, "post", path, body)
        if answer is not None and "calls/state" in path and isinstance(phone, App):
            phone.told_of_state(body["call_request_id"], revoked=answer.json()["revoked"])

    def bring_mail(self, order: str, mixer: random.Random) -> None:
        """What waited comes: in order, mixed up, twice, or never."""
        mail, self.mail, self.posts_wait = self.mail, [], False
        if order == "mixed":
            mixer.shuffle(mail)
        elif order == "twice":
            mail += mail
        elif order == "lost":
            mail = []
        for phone, path, body in mail:
            self.post(phone, path, body)

    def bring_events(self, order: str, mixer: random.Random) -> None:
        """Events that waited at the door: mixed up, twice, or lost (the pages that listened are told nothing)."""
        self.events_wait = False
        hub = self.server.hub
        if order == "mixed":
            mixer.shuffle(hub.waiting)
        elif order == "twice":
            hub.waiting += hub.waiting
        elif order == "lost":
            for topic, _text in hub.waiting:
                self._missed(topic)
            hub.waiting = []

    def _missed(self, topic: str) -> None:
        self.counts["an event was lost"] += 1
        for page in self.pages:
            if page.hears(topic):
                page.missed = True

    # --- races

    def race(self, name: str, *, cancels: bool, reaps: bool) -> None:
        """Claims by sockets, pulls, a cancel and the reaper at the same moment, each in a thread of its own."""
        self.flow()
        asked_at = self.now()
        asked: list[Phone] = []
        acts: list[Callable[[], object]] = []
        for phone in [phone for phone in self.phones if phone.owner == name]:
            if not isinstance(phone, App) or phone.line is None:
                asked.append(phone)
            elif phone.offers:
                phone.claim(phone.offers[0])
                phone.line.feed()
        pulls = [partial(self._ask, phone, "get", phone.pull_path()) for phone in asked]
        if cancels and self.calls[name]:
            acts.append(partial(self._cancel, name, self.calls[name][-1], by_rest=False))
        if reaps:
            acts.append(upkeep.close_overdue)
        answers = self.server.together([*pulls, *acts])
        for phone, answer in zip(asked, answers, strict=False):
            self._note(phone, phone.pull_path(), None, answer)
            if answer.status_code == 200:
                phone.pulled(answer.json(), asked_at)
        self.flow()

    # --- the end

    def finish(self) -> None:
        """Everything that waits arrives, every phone sends its results, time passes, the reaper comes by."""
        for phone in self.apps():
            phone.is_asleep = phone.holds_up = False
        self.bring_mail("in order", random.Random(0))  # noqa: S311
        self.bring_events("mixed", random.Random(0))  # noqa: S311
        self.flow()
        for each in self.phones:
            for key, body in list(each.outbox.items()):
                Phone.post_report(each, key, body)
        self.wait(5 * 3600)
        upkeep.close_overdue()
        self.flow()
        assert upkeep.close_overdue() == 0
        self.ledger.check_end()
        for page in self.pages:
            page.check()
