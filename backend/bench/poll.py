"""Legacy polls a second on one core: the lean poll beside the same poll through the whole stack, by server.

`./crm bench poll [--seconds 10] [--clients 32] [--devices 600]`. The server stands on one core, the load on the
other; every request finds nothing to fetch, as nearly every poll does. Times in milliseconds.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from bench._fleet import Order, Sockets
from bench._site import CLIENT_CPU, SERVER_CPU, Person, Site, machine, ms, percentile, prepare, table

# A blank after the number is left to the view, which takes it away.
WAYS = {"lean": "", "the whole view": "%20"}


def order(people: list[Person], port: int, clients: int, extra: str) -> Order:
    """`clients` connections; each takes the next device with every request, so that no device exceeds its pace."""
    paths, headers = [], []
    for person in people:
        paths.append(f"/api/phone/calls/pull/?device_id={person.device_id}{extra}")
        headers.append(f"Authorization: Bearer {person.token}\r\n")
    return Order("127.0.0.1", port, "", paths, headers, every_s=0, connections=clients)


def measure(kind: str, way: str, people: list[Person], options: Any) -> list[object]:
    site = Site(kind, cpus=SERVER_CPU, threads=options.threads).start()
    with Sockets(order(people, site.port, options.clients, WAYS[way]), CLIENT_CPU) as fleet:
        asked = 0
        while asked < 2 * len(people):  # every phone has been here: a first poll is another kind of poll
            time.sleep(0.5)
            asked += len(fleet.take().took)
        before, start = site.cpu_s(), time.monotonic()
        time.sleep(options.seconds)
        taken, passed = fleet.take(), time.monotonic() - start
        busy = (site.cpu_s() - before) / passed
    site.end()
    took = [s * 1000 for s in taken.took]
    errors = f"{len(taken.errors)}" + (f" ({taken.errors[0]})" if taken.errors else "")
    rate = f"{len(took) / passed:.0f}"
    return [f"{kind}, {way}", rate, ms(percentile(took, 0.5)), ms(percentile(took, 0.99)), f"{busy:.0%}", errors]


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--seconds", type=float, default=10)
    cli.add_argument("--clients", type=int, default=32)
    cli.add_argument("--threads", type=int, default=8)
    cli.add_argument("--devices", type=int, default=600)
    cli.add_argument("--servers", default="gunicorn,daphne")
    options: Any = cli.parse_args()
    people = prepare(options.devices)
    rows = [measure(kind, way, people, options) for kind in options.servers.split(",") for way in WAYS]
    print(f"{machine()}\n\n{options.clients} kept connections, one server process, {options.seconds:g} s each\n")
    print(table(["how", "polls/s", "p50, ms", "p99, ms", "server CPU", "errors"], rows))


if __name__ == "__main__":
    main()
