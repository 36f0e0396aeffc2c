"""Commit → frame and click → frame: our push beside the seed's polling, plain Channels and bare Node, in one run.

`./crm bench push [--phones 100,1000,5000] [--rate 200] [--seconds 10] [--servers daphne,uvicorn] [--peers …]`.
`commit` is the moment at which the command's transaction has committed, in the process that committed it; `frame` is
the arrival at the phone's end of the socket; one monotonic clock. Phones of ours claim what they are offered, as
phones do; the peers only deliver. Times in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

from bench import _peers
from bench._fleet import Order, Sockets
from bench._site import (
    CLIENT_CPU,
    CPUS,
    SERVER_CPU,
    Person,
    machine,
    ms,
    percentile,
    prepare,
    serving,
    table,
)

NUMBER = "+73430001234"
CLICKS_S = 60.0


@dataclass
class Run:
    """Moments in nanoseconds by call: committed (or clicked), arrived."""

    stamps: dict[str, int] = field(default_factory=dict)
    arrived: dict[str, int] = field(default_factory=dict)
    late_s: float = 0

    def times(self) -> list[float]:
        return [(self.arrived[key] - at) / 1e6 for key, at in self.stamps.items() if key in self.arrived]

    def cells(self) -> list[object]:
        found = self.times()
        reached = f"{len(found)} of {len(self.stamps)}"
        return [reached, *(ms(percentile(found, share)) for share in (0.5, 0.99)), ms(max(found, default=0))]


def close_all(people: list[Person]) -> None:
    """End every call of these people, so that each may be called again."""
    from django.db.models.functions import Now

    from phonebridge.models import CallRequest

    mine = CallRequest.objects.open().filter(user__in=[p.user for p in people])
    mine.update(status="consumed", claimed_at=Now(), closed_at=Now())


def command(person: Person) -> tuple[str, int]:
    """Our own service, as the click's view calls it: its id, and when it had committed (ns)."""
    from django.db import transaction

    from phonebridge.services import clicks

    moment: list[int] = []
    with transaction.atomic():
        transaction.on_commit(lambda: moment.append(time.monotonic_ns()))
        click = clicks.request_call(actor=person.user, phone=NUMBER)
    return str(click.call.pk), moment[0]


def told_by(peer: _peers.Peer) -> Callable[[Person], tuple[str, int]]:
    """The same row and trail in the same transaction; afterwards the peer delivers."""
    from django.db import transaction

    from audit.models import Verb
    from audit.services import log_event
    from phonebridge.events import offer_frame
    from phonebridge.models import CallRequest
    from phonebridge.services import clicks

    def send(person: Person) -> tuple[str, int]:
        moment: list[int] = []
        with transaction.atomic():
            transaction.on_commit(lambda: moment.append(time.monotonic_ns()))
            call = clicks._store(CallRequest(user=person.user, phone_raw=NUMBER, phone_e164=NUMBER))
            if call is None:
                raise SystemExit("Прошлый звонок ещё открыт.")
            log_event(actor=person.user, verb=Verb.CREATE, entity_type="call_request", entity_id=call.pk)
            frame = offer_frame(call, 60_000)
            transaction.on_commit(lambda: peer.publish((f"phone.{person.user.pk}", frame)))
        return str(call.pk), moment[0]

    return send


def commands(
    people: list[Person], fleet: Sockets, send: Callable[[Person], tuple[str, int]], *, rate: float, count: int
) -> Run:
    """`count` commands at `rate` a second, one person after the other; a round over all people closes their calls."""
    run = Run()
    start = time.monotonic()
    for n in range(count):
        if n and n % len(people) == 0:
            settle(run, fleet)
            close_all(people)
            start = time.monotonic() - n / rate
        due = start + n / rate
        now = time.monotonic()
        if due > now:
            time.sleep(due - now)
        else:
            run.late_s = max(run.late_s, now - due)
        call_id, moment = send(people[n % len(people)])
        run.stamps[call_id] = moment
    settle(run, fleet)
    close_all(people)
    return run


def settle(run: Run, fleet: Sockets, limit_s: float = 6) -> None:
    """Wait until everything has arrived, or for `limit_s` seconds."""
    until = time.monotonic() + limit_s
    while True:
        for key, _number, moment in fleet.take().seen:
            run.arrived.setdefault(key, moment)
        if len(run.arrived.keys() & run.stamps.keys()) == len(run.stamps) or time.monotonic() > until:
            return
        time.sleep(0.05)


def clicks_over_http(url: str, people: list[Person], fleet: Sockets, *, rate: float, count: int) -> Run:
    """POST /api/v1/calls/ as a page does, from eight threads; the moment is before the request is written.

    A server that cannot carry its load is asked for a minute at most.
    """
    run, lock, turns = Run(), threading.Lock(), iter(range(min(count, len(people))))
    start = time.monotonic()

    def work() -> None:
        http = HTTPConnection(url.removeprefix("http://"), timeout=60)
        while True:
            with lock:
                n = next(turns, None)
            if n is None or time.monotonic() > start + CLICKS_S:
                return
            time.sleep(max(start + n / rate - time.monotonic(), 0))
            headers = {"Authorization": f"Bearer {people[n].token}", "Content-Type": "application/json"}
            moment = time.monotonic_ns()
            http.request("POST", "/api/v1/calls/", json.dumps({"phone": NUMBER}), headers)
            answer = http.getresponse()
            body = json.loads(answer.read())
            if answer.status == 201:
                with lock:
                    run.stamps[body["id"]] = moment

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settle(run, fleet)
    close_all(people)
    return run


def phones_of(people: list[Person], port: int) -> Order:
    firsts = [json.dumps({"type": "auth", "token": p.token, "device_id": p.device_id}) for p in people]
    return Order("127.0.0.1", port, "/ws/phone/", firsts, claims=True)


def pollers_of(people: list[Person], port: int) -> Order:
    paths = [f"/api/phone/calls/pull/?device_id={p.device_id}" for p in people]
    headers = [f"Authorization: Bearer {p.token}\r\n" for p in people]
    return Order("127.0.0.1", port, "", paths, headers, every_s=2)


def ours(kind: str, people: list[Person], options: Any) -> tuple[list[object], list[object]]:
    """Both rows of one of our servers: commit → frame with its weight, click → frame over gunicorn."""
    count = round(options.rate * options.seconds)
    with serving(kind, cpus=SERVER_CPU) as site:
        with Sockets(phones_of(people[:50], site.port), CLIENT_CPU) as first:
            first.wait_ready()  # threads, connections and modules are the process's, not a socket's
        idle = site.rss_kib()
        with Sockets(phones_of(people, site.port), CLIENT_CPU) as fleet:
            ready_s = fleet.wait_ready()
            time.sleep(3)
            before, moment = site.cpu_s(), time.monotonic()
            time.sleep(8)
            quiet = (site.cpu_s() - before) / (time.monotonic() - moment)
            run = commands(people, fleet, command, rate=options.rate, count=count)
            weight = (site.rss_kib() - idle) / len(people)
            with serving("gunicorn", cpus=SERVER_CPU) as web:
                http = clicks_over_http(web.url, people, fleet, rate=options.click_rate, count=options.clicks)
    name = f"ours, {kind}"
    row = [len(people), name, *run.cells(), f"{weight:.1f}", f"{quiet:.1%}", f"{ready_s:.1f}", f"{run.late_s:.2f}"]
    return row, [len(people), f"{name}, gunicorn for HTTP", *http.cells()]


def peer_row(open_peer: Any, people: list[Person], options: Any) -> list[object]:
    count = round(options.rate * options.seconds)
    with open_peer() as peer:
        idle = peer.rss_kib()
        order = peer.order([[f"phone.{p.user.pk}"] for p in people])
        with Sockets(order, CLIENT_CPU) as fleet:
            ready_s = fleet.wait_ready()
            time.sleep(3)
            before, moment = peer.cpu_s(), time.monotonic()
            time.sleep(8)
            quiet = (peer.cpu_s() - before) / (time.monotonic() - moment)
            run = commands(people, fleet, told_by(peer), rate=options.rate, count=count)
            weight = (peer.rss_kib() - idle) / len(people)
    return [
        len(people),
        peer.name,
        *run.cells(),
        f"{weight:.1f}",
        f"{quiet:.1%}",
        f"{ready_s:.1f}",
        f"{run.late_s:.2f}",
    ]


def polling(people: list[Person], options: Any) -> tuple[list[object], list[object]]:
    """The seed: a poll every two seconds, served by our own lean poll under gunicorn."""
    few = min(round(options.rate * options.seconds), 600)
    with serving("gunicorn", cpus=SERVER_CPU) as web, Sockets(pollers_of(people, web.port), CLIENT_CPU) as fleet:
        time.sleep(6)
        run = commands(people, fleet, command, rate=min(options.rate, 60), count=few)
        http = clicks_over_http(web.url, people, fleet, rate=options.click_rate, count=options.clicks)
    row = [len(people), "polling every 2 s, gunicorn", *run.cells(), "–", "–", "–", f"{run.late_s:.2f}"]
    return row, [len(people), "polling every 2 s, gunicorn", *http.cells()]


def told(row: list[object]) -> list[object]:
    """A row, shown as soon as it is measured."""
    sys.stderr.write(f"{row}\n")
    return row


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--phones", default="100,1000,5000")
    cli.add_argument("--rate", type=float, default=200, help="commands a second")
    cli.add_argument("--seconds", type=float, default=10)
    cli.add_argument("--clicks", type=int, default=300, help="clicks over HTTP, at most one a person")
    cli.add_argument("--click-rate", type=float, default=30)
    cli.add_argument("--servers", default="daphne,uvicorn")
    cli.add_argument("--peers", default="plain,node,polling")
    options: Any = cli.parse_args()
    counts = [int(n) for n in options.phones.split(",")]
    everybody = prepare(max(counts))
    pushed: list[list[object]] = []
    clicked: list[list[object]] = []
    peers = _peers.available()
    wanted = [name for name in options.peers.split(",") if name]
    for count in counts:
        people = everybody[:count]
        for kind in filter(None, options.servers.split(",")):
            row, http = ours(kind, people, options)
            pushed.append(told(row))
            clicked.append(told(http))
        pushed += [told(peer_row(peers[name], people, options)) for name in wanted if name in peers]
        if "polling" in wanted:
            row, http = polling(people, options)
            pushed.append(told(row))
            clicked.append(told(http))
    print(f"{machine()}\n\nCommit → frame, {options.rate:g} commands/s for {options.seconds:g} s\n")
    times = ["arrived", "p50, ms", "p99, ms", "max, ms"]
    print(table(["phones", "how", *times, "KiB a socket", "idle CPU", "all ready, s", "commander late, s"], pushed))
    print(f"\nClick (HTTP) → frame, {options.click_rate:g} clicks/s\n")
    print(table(["phones", "how", *times], clicked))
    if len(CPUS) < 2:
        print("\nOne core only: servers and clients share it.")


if __name__ == "__main__":
    main()
