"""What happens next: drawn by hypothesis, so that a failure is shrunk to the shortest story.

No rule has a precondition and no draw depends on what happened: phones and calls are named by numbers that always
mean something. So threads and clocks may decide a race differently without confusing the search.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from typing import Any, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from phonebridge.tests.interleavings.app_phone import App
from phonebridge.tests.interleavings.cast import CALLERS, PHONES, Cast
from phonebridge.tests.interleavings.odd import FOREIGN, NOBODY, ODD, RESULTS, odd_act, odd_report
from phonebridge.tests.interleavings.phones import Phone
from phonebridge.tests.interleavings.server import Server
from phonebridge.tests.interleavings.world import NUMBERS, World

people = st.sampled_from([*CALLERS[:2], *CALLERS])
phones = st.integers(0, len(PHONES) - 1)
numbers = st.sampled_from(NUMBERS)
rare = st.sampled_from([False] * 11 + [True])
half = st.booleans()
picks = st.integers(0, 7)
ORDERS = ["in order", "mixed", "twice", "lost"]
orders = st.sampled_from(ORDERS)
UPSETS = [
    *("comes back", "old lines flow", "is cut", "vanishes", "dozes", "is not heard"),
    *("dies with its disk", "loses its disk"),
]
which = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 4, 5, 6])
TROUBLES = [
    *("dozes", "is not heard", "loses its words", "loses the answer", "loses the answer"),
    *("refuses", "dies at its journal"),
]
troubles = st.sampled_from(["none"] * 3 + TROUBLES)
meanwhiles = st.sampled_from(["nothing", "nothing", "cancel", "others"])
pauses_s = st.sampled_from([0, 0, 2, 6, 11, 11, 16, 46, 61])
steps_s = st.sampled_from([1, 4, 6, 9, 11, 16, 46, 61, 61, 125])


class Machine(RuleBasedStateMachine):
    """Give `cast`, `server` and `counts` to a subclass, then run it."""

    cast: ClassVar[Cast]
    server: ClassVar[Server]
    counts: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.counts["examples"] += 1
        self.world = World(self.cast, self.server, self.counts)

    def phone(self, pick: int) -> Phone:
        """The phone that is in the middle of most for 0, and so on: there the interleavings are."""
        return sorted(self.world.phones, key=lambda phone: -phone.business())[pick]

    def call_of(self, name: str, pick: int) -> str:
        """A call of this person, the newest for 0; an id that nobody knows when there is none."""
        known = self.world.calls[name]
        return known[-1 - pick % len(known)] if known else NOBODY

    def step(self, name: str, who: object = "") -> None:
        self.counts["steps"] += 1
        self.counts[f"rule {name}"] += 1
        note(f"  # {name} {who}")

    # --- the beginning

    @initialize(
        pages=st.sets(st.integers(0, 4), min_size=1, max_size=2),
        connected=st.sampled_from(["one", "all", "none"]),
        polling=st.sets(phones, max_size=2),
        telling=half,
        who=people,
    )
    def begin(self, pages: set[int], connected: str, polling: set[int], telling: bool, who: str) -> None:
        """Some pages are open, some phones are connected, and somebody has clicked."""
        world = self.world
        for number in sorted(pages):
            self.open_page(number, greedy=False)
        for app in world.apps():
            app.prefers_socket, app.tells_received = app.index not in polling, telling
        mine = [app for app in world.apps() if app.owner == who and app.prefers_socket]
        for app in mine[: {"one": 1, "all": 9, "none": 0}[connected]]:
            app.connect()
        world.flow()
        world.doing(lambda: world.click(who, NUMBERS[0], "", by_rest=False))

    def open_page(self, number: int, *, greedy: bool) -> None:
        page = self.world.pages[number]
        if page.line is None:
            self.world.doing(lambda: page.connect(greedy=greedy))
            page.fetch()

    # --- people

    @rule(who=people, number=numbers, aim=st.integers(0, 11), by_rest=rare, dies=rare, then=st.integers(0, 2))
    def click(self, who: str, number: str, aim: int, by_rest: bool, dies: bool, then: int) -> None:
        """«Позвонить», sometimes aimed at one phone; then the person's phones go on for a while."""
        self.step("click")
        mine = [device for owner, device in self.cast.devices if owner == who]
        device = mine[aim] if aim < len(mine) else ""
        self.world.doing(lambda: self.world.click(who, number, device, by_rest=by_rest), dies=dies)
        self.go_on(who, then)

    @rule(who=people, pick=st.sampled_from([0, 0, 0, 1]), by_rest=rare, dies=rare)
    def cancel(self, who: str, pick: int, by_rest: bool, dies: bool) -> None:
        self.step("cancel")
        if self.world.calls[who]:
            call_id = self.call_of(who, pick)
            self.world.doing(lambda: self.world.cancel(who, call_id, by_rest=by_rest), dies=dies)

    # --- phones

    @rule()
    def next_thing(self) -> None:
        """The busiest phone does its next thing: the simplest step, so shrinking and padding end here."""
        phone = self.phone(0)
        self.step("next thing", phone)
        self.world.doing(phone.natural)

    @rule(one=which, times=st.integers(1, 5), trouble=troubles, seconds=pauses_s, meanwhile=meanwhiles, dies=rare)
    def phone_goes_on(  # noqa: C901 (one act with its troubles, read from top to bottom)
        self, one: int, times: int, trouble: str, seconds: int, meanwhile: str, dies: bool
    ) -> None:
        """A phone does what it does when nothing goes wrong; trouble comes with its claim, or with the last act."""
        phone = self.phone(one)
        self.step("phone goes on", phone)
        for _ in range(times - 1):
            if phone.wants_to_claim():
                break
            self.world.doing(phone.natural)
        act = phone.refuse if trouble == "refuses" else phone.natural
        phone.is_asleep, phone.holds_up = trouble == "dozes", trouble == "is not heard"
        self.world.doing(act, dies=dies, loses=(phone, trouble) if trouble.startswith("loses") else None)
        if trouble == "dies at its journal" and isinstance(phone, App):
            self.world.doing(phone.dial_and_die)
        if meanwhile == "cancel" and self.world.calls[phone.owner]:
            self.world.doing(lambda: self.world.cancel(phone.owner, self.call_of(phone.owner, 0), by_rest=False))
        elif meanwhile == "others":
            self.go_on(phone.owner, 1, but=phone)
        if seconds:
            self.world.wait(seconds)
        if seconds > 10:
            self.world.doing(self.server.keep)
        phone.is_asleep = phone.holds_up = False
        self.world.flow()
        if trouble != "none":
            self.world.doing(phone.natural)

    @rule(who=people, times=st.integers(1, 3), events=st.sampled_from(["at once"] * 3 + ORDERS))
    def all_phones_go_on(self, who: str, times: int, events: str) -> None:
        """All phones of a person at once: their frames reach the server together; events of it may come late."""
        self.step("all phones go on")
        self.world.events_wait = events != "at once"
        self.go_on(who, times)
        if events != "at once":
            self.world.doing(lambda: self.world.bring_events(events, random.Random(times)))  # noqa: S311

    def go_on(self, who: str, times: int, *, but: Phone | None = None) -> None:
        mine = [phone for phone in self.world.phones if phone.owner == who and phone is not but]
        for _ in range(times):
            self.world.doing(lambda: all_naturally(mine))

    @rule(number=phones, is_lost=half, dies=rare)
    def pull(self, number: int, is_lost: bool, dies: bool) -> None:
        phone = self.world.phones[number]
        self.step("legacy pull" if phone.kind == "legacy" else "new pull", phone)
        self.world.doing(lambda: phone.pull(lost=is_lost), dies=dies)

    @rule(one=which, what=st.sampled_from(ODD), pick=picks, dies=rare)
    def odd(self, one: int, what: str, pick: int, dies: bool) -> None:
        """A refusal, a repeat, or a lie."""
        phone = self.phone(one)
        self.step(f"odd: {what}", phone)
        call_id = self.call_of(CALLERS[pick % 3] if what in FOREIGN else phone.owner, pick // 3)
        self.world.doing(lambda: odd_act(phone, what, call_id), dies=dies)

    @rule(number=phones, what=st.sampled_from(RESULTS), pick=picks, status=st.integers(0, 5), dies=rare)
    def result(self, number: int, what: str, pick: int, status: int, dies: bool) -> None:
        """A result that comes again, late, for another call, or of a call without a click."""
        fitting = self.world.ledger.fitting
        able = [phone for phone in self.world.phones if fitting(phone.user_id, what)] or self.world.phones
        phone = able[number % len(able)]
        self.step(f"result: {what}", phone)
        call_id = self.call_of(CALLERS[pick % 3] if what in FOREIGN else phone.owner, pick // 3)
        call_id = fitting(phone.user_id, what) or call_id
        self.world.doing(lambda: odd_report(phone, what, call_id, status), dies=dies)

    @rule(one=which, what=st.sampled_from(UPSETS))
    def upset(self, one: int, what: str) -> None:
        """The connection or the power goes; doze holds back frames either way.

        Frames of a connection that its phone has given up may reach the server after those of the new one.
        """
        phone = self.phone(one)
        self.step(f"upset: {what}", phone)
        phone.is_asleep, phone.holds_up = what == "dozes", what == "is not heard"
        if what == "dies with its disk" or what == "loses its disk":
            phone.die(keeps_disk=what == "dies with its disk")
        elif what == "old lines flow":
            self.server.feed_old_lines()
        elif isinstance(phone, App) and what == "comes back":
            phone.connect()
        elif isinstance(phone, App) and what in {"is cut", "vanishes"}:
            phone.cut(noticed=what == "is cut")
        self.world.flow()

    # --- time, events, pages

    @rule(seconds=steps_s, sweeps=half, dies=rare)
    def time_passes(self, seconds: int, sweeps: bool, dies: bool) -> None:
        """The clock moves on; the loop of the process may come by and make good what is lost or overdue."""
        self.step("time passes")
        self.world.wait(seconds)
        if sweeps:
            self.world.doing(self.server.keep, dies=dies)

    @rule(what=st.sampled_from(["events", "mail"]), order=orders, seed=st.integers(0, 3), waits=half)
    def on_its_way(self, what: str, order: str, seed: int, waits: bool) -> None:
        """Events, or what polling phones post: from now on they wait; what waited comes, mixed up, twice or never."""
        self.step(f"on its way: {what}, {order}")
        mixer = random.Random(seed)  # noqa: S311
        if what == "events":
            self.world.doing(lambda: self.world.bring_events(order, mixer))
            self.world.events_wait = waits
        else:
            self.world.doing(lambda: self.world.bring_mail(order, mixer))
            self.world.posts_wait = waits

    @rule(number=st.integers(0, 4), what=st.sampled_from(["open", "open", "fetch", "leave"]), greedy=half)
    def page(self, number: int, what: str, greedy: bool) -> None:
        self.step(f"page: {what}")
        page = self.world.pages[number]
        if what == "open":
            self.open_page(number, greedy=greedy)
        elif what == "leave":
            page.leave()
            self.world.flow()
        elif page.line is not None:
            page.fetch(by_rest=True)

    @rule(who=people, cancels=half, reaps=half)
    def race(self, who: str, cancels: bool, reaps: bool) -> None:
        """Every phone of a person reaches for the call at the same moment, in threads, while others take it away."""
        self.step("race")
        self.world.race(who, cancels=cancels, reaps=reaps)

    # --- what must hold

    @invariant()
    def holds(self) -> None:
        self.world.ledger.check()

    def teardown(self) -> None:
        if sys.exception() is None:
            try:
                self.world.finish()
            finally:
                self._remember_failure()
        else:
            self._remember_failure()

    def _remember_failure(self) -> None:
        """In which example it was first seen; shrinking runs many more."""
        if isinstance(sys.exception(), Exception) and not self.counts["first violation"]:
            self.counts["first violation"] = self.counts["examples"]


def all_naturally(some: list[Phone]) -> None:
    for phone in some:
        phone.natural()


def machine_for(cast: Cast, server: Server, counts: Counter[str]) -> type[Machine]:
    """A machine with its own rows and server."""
    names: dict[str, Any] = {"cast": cast, "server": server, "counts": counts}
    return type("Interleavings", (Machine,), names)
