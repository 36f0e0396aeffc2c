"""One event to many pages, and heads who watch a busy floor: ours by server, plain Channels, bare Node.

`./crm bench fanout [--pages 5000] [--events 20] [--heads 100] [--managers 200] [--rate 50] [--seconds 10]`.
An event is published by our own service call on commit; the time ends when the last page has it. The heads' part has
every phone of the floor claim what it is offered, and each change of a call goes to every head. Times in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from bench import _peers
from bench._fleet import Order, Sockets
from bench._site import CLIENT_CPU, SERVER_CPU, Person, machine, ms, percentile, prepare, serving, table
from bench.push import close_all, command, phones_of


def session_of(person: Person) -> str:
    """A log-in of this person, as the Cookie header."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.cached_db import SessionStore

    from accounts.sessions import stamp

    store = SessionStore()
    store[SESSION_KEY] = str(person.user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = person.user.get_session_auth_hash()
    stamp(store, person.user)
    store.save()
    return f"Cookie: {settings.SESSION_COOKIE_NAME}={store.session_key}\r\n"


def pages(port: int, watcher: Person, count: int, topic: str) -> Order:
    """Sockets of one head's pages that watch every call."""
    first = json.dumps({"type": "watch", "topic": topic})
    headers = [session_of(watcher)] * count
    return Order(
        "127.0.0.1", port, "/ws/ui/", [first] * count, headers, ready_word='"watching"', watched='"call"', key="at"
    )


def spread(fleet: Sockets, count: int, send: Callable[[int], int], events: int) -> list[float]:
    """Milliseconds from each of `events` publications to the last of `count` sockets."""
    found = []
    for n in range(events):
        fleet.take()
        start, last, arrived = send(n), 0, 0
        until = time.monotonic() + 15
        while arrived < count and time.monotonic() < until:
            time.sleep(0.02)
            seen = fleet.take().seen
            arrived += len(seen)
            last = max([last, *(moment for _key, _number, moment in seen)])
        if arrived < count:
            raise SystemExit(f"Событие дошло до {arrived} из {count}.")
        found.append((last - start) / 1e6)
    return found


def publish_ours(n: int) -> int:
    """The `call` event to everyone who watches all calls, as events.py sends it."""
    from common.realtime import publish
    from phonebridge import topics

    frame = {"type": "call", "id": str(n), "user": 1, "company": None, "status": "delivered", "rev": n, "at": str(n)}
    moment = time.monotonic_ns()
    publish(topics.ALL_CALLS, frame)
    return moment


def publish_by(peer: _peers.Peer) -> Callable[[int], int]:
    def send(n: int) -> int:
        frame = {"type": "call", "id": str(n), "user": 1, "status": "delivered", "rev": n, "at": str(n)}
        moment = time.monotonic_ns()
        peer.publish(("all", frame))
        return moment

    return send


def row(name: str, count: int, found: list[float], weight: float, ready_s: float) -> list[object]:
    times = [ms(percentile(found, share)) for share in (0.5, 0.99)]
    return [name, count, *times, ms(max(found)), f"{weight:.1f}", f"{ready_s:.1f}"]


def fan_out(watcher: Person, options: Any) -> list[list[object]]:
    rows = []
    for kind in options.servers.split(","):
        with serving(kind, cpus=SERVER_CPU) as site:
            with Sockets(pages(site.port, watcher, 20, "calls.all"), CLIENT_CPU) as first:
                first.wait_ready()
            idle = site.rss_kib()
            with Sockets(pages(site.port, watcher, options.pages, "calls.all"), CLIENT_CPU) as fleet:
                ready_s = fleet.wait_ready(300)
                time.sleep(2)
                weight = (site.rss_kib() - idle) / options.pages
                found = spread(fleet, options.pages, publish_ours, options.events)
        rows.append(row(f"ours, {kind}", options.pages, found, weight, ready_s))
    for start in _peers.available().values():
        with start() as peer:
            idle = peer.rss_kib()
            order = peer.order([["all"]] * options.pages, key="at", watched='"call"')
            with Sockets(order, CLIENT_CPU) as fleet:
                ready_s = fleet.wait_ready(300)
                time.sleep(2)
                weight = (peer.rss_kib() - idle) / options.pages
                found = spread(fleet, options.pages, publish_by(peer), options.events)
        rows.append(row(peer.name, options.pages, found, weight, ready_s))
    return rows


def floor(watcher: Person, people: list[Person], kind: str, options: Any) -> list[object]:
    """Commit → `call` frame at every head, while the floor's phones claim `rate` commands a second."""
    with ExitStack() as stack:
        site = stack.enter_context(serving(kind, cpus=SERVER_CPU))
        phones = stack.enter_context(Sockets(phones_of(people, site.port), CLIENT_CPU))
        order = pages(site.port, watcher, options.heads, "calls.all")
        order.key = "id"
        heads = stack.enter_context(Sockets(order, CLIENT_CPU))
        phones.wait_ready()
        heads.wait_ready()
        time.sleep(2)
        stamps: dict[str, int] = {}
        before, start = site.cpu_s(), time.monotonic()
        for n in range(round(options.rate * options.seconds)):
            if n and n % len(people) == 0:
                close_all(people)
            time.sleep(max(start + n / options.rate - time.monotonic(), 0))
            call_id, moment = command(people[n % len(people)])
            stamps[call_id] = moment
        time.sleep(2)
        busy = (site.cpu_s() - before) / (time.monotonic() - start)
        seen = heads.take().seen
    firsts: dict[tuple[str, int], int] = {}
    for call_id, number, moment in seen:
        firsts.setdefault((call_id, number), moment)
    found = [(moment - stamps[call_id]) / 1e6 for (call_id, _n), moment in firsts.items() if call_id in stamps]
    wanted = len(stamps) * options.heads
    close_all(people)
    return [
        *(f"ours, {kind}", f"{len(found)} of {wanted}", ms(percentile(found, 0.5)), ms(percentile(found, 0.99))),
        *(ms(max(found, default=0)), f"{len(seen) / options.seconds:.0f}", f"{busy:.0%}"),
    ]


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--pages", type=int, default=5000)
    cli.add_argument("--events", type=int, default=20)
    cli.add_argument("--heads", type=int, default=100)
    cli.add_argument("--managers", type=int, default=200)
    cli.add_argument("--rate", type=float, default=50)
    cli.add_argument("--seconds", type=float, default=10)
    cli.add_argument("--servers", default="daphne,uvicorn")
    options: Any = cli.parse_args()
    people = prepare(options.managers + 1)
    watcher = people.pop()
    watcher.user.role = "group_manager"
    watcher.user.save(update_fields=["role"])
    spreads = fan_out(watcher, options)
    floors = [floor(watcher, people, kind, options) for kind in options.servers.split(",")]
    print(f"{machine()}\n\nOne event to {options.pages} pages, {options.events} times: publication → last page\n")
    print(table(["how", "pages", "p50, ms", "p99, ms", "max, ms", "KiB a socket", "all ready, s"], spreads))
    who = f"{options.heads} heads watch {options.managers} managers"
    print(f"\n{who}, {options.rate:g} calls/s: commit → frame at a head\n")
    print(table(["how", "arrived", "p50, ms", "p99, ms", "max, ms", "frames/s", "server CPU"], floors))


if __name__ == "__main__":
    main()
