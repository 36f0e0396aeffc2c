"""A burst: as many commands as phones in one transaction; how many arrive, and when the last one does.

`./crm bench burst [--phones 1000] [--times 3]`. Rows and trail are written in bulk, everything is published after the
commit, as a queue that starts would do it. Phones of ours claim at once: the claims compete with the offers.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bench import _peers
from bench._fleet import Sockets
from bench._site import CLIENT_CPU, SERVER_CPU, Person, machine, ms, percentile, prepare, serving, table
from bench.push import NUMBER, close_all, phones_of

MINUTE = timedelta(minutes=1)
type Offers = list[tuple[str, dict[str, Any]]]
type Tell = Callable[[Offers], object]


def ours_tell(offers: Offers) -> object:
    from common.realtime import publish_all

    return publish_all(*((topic, {"type": "offer", "target": None, "frame": frame}) for topic, frame in offers))


def peer_tell(peer: _peers.Peer) -> Tell:
    return lambda offers: peer.publish(*offers)


def burst(people: list[Person], fleet: Sockets, tell: Tell) -> tuple[list[float], int]:
    """Milliseconds from the commit to each arrival, and how many claims were granted."""
    from django.db import transaction

    from common.clock import db_now_plus
    from phonebridge import topics
    from phonebridge.events import offer_frame
    from phonebridge.models import CallRequest

    fleet.take()
    with transaction.atomic():
        calls = [
            CallRequest(user=p.user, phone_raw=NUMBER, phone_e164=NUMBER, expires_at=db_now_plus(MINUTE))
            for p in people
        ]
        CallRequest.objects.bulk_create(calls)
    committed = time.monotonic_ns()
    tell([(topics.phone(call.user_id), offer_frame(call, 60_000)) for call in calls])
    seen: dict[str, int] = {}
    granted = 0
    until = time.monotonic() + 20
    while time.monotonic() < until and (len(seen) < len(calls) or granted < len(calls) * fleet.claims):
        time.sleep(0.1)
        taken = fleet.take()
        granted += len(taken.granted)
        for key, _number, moment in taken.seen:
            seen.setdefault(key, moment)
    close_all(people)
    return [(moment - committed) / 1e6 for moment in seen.values()], granted


def rows_of(name: str, people: list[Person], fleet: Sockets, tell: Tell, times: int) -> list[list[object]]:
    rows: list[list[object]] = []
    for _ in range(times):
        found, granted = burst(people, fleet, tell)
        said = f"{len(found)} of {len(people)}"
        grants = granted if fleet.claims else "–"
        rows.append([name, said, grants, ms(percentile(found, 0.5)), ms(max(found, default=0))])
        time.sleep(2)
    return rows


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--phones", type=int, default=1000)
    cli.add_argument("--times", type=int, default=3)
    cli.add_argument("--servers", default="daphne,uvicorn")
    options: Any = cli.parse_args()
    people = prepare(options.phones)
    rows: list[list[object]] = []
    for kind in options.servers.split(","):
        with serving(kind, cpus=SERVER_CPU) as site, Sockets(phones_of(people, site.port), CLIENT_CPU) as fleet:
            fleet.wait_ready()
            time.sleep(2)
            rows += rows_of(f"ours, {kind}", people, fleet, ours_tell, options.times)
    for start in _peers.available().values():
        with start() as peer:
            order = peer.order([[f"phone.{p.user.pk}"] for p in people])
            with Sockets(order, CLIENT_CPU) as fleet:
                fleet.wait_ready()
                time.sleep(2)
                rows += rows_of(peer.name, people, fleet, peer_tell(peer), options.times)
    print(f"{machine()}\n\n{options.phones} commands at once to {options.phones} phones\n")
    print(table(["how", "arrived", "granted", "p50, ms", "last one, ms"], rows))


if __name__ == "__main__":
    main()
