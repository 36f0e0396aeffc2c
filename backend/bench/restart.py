"""A rolling restart under load: two servers with thousands of phones are stopped and started one after the other.

`./crm bench restart [--phones 5000] [--rate 20]`. Phones go to the two servers in turn, as behind a balancer; each
server gets SIGTERM, says `drain`, lets its phones go and comes back. Commands are given all the while, each to a
phone of its own; the moment is the commit, as in `push`. Times in milliseconds unless the head says seconds.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections import Counter
from typing import Any

from django.db import connection

from bench._fleet import Sockets
from bench._site import CLIENT_CPU, SERVER_CPU, Person, Site, machine, prepare, table
from bench.push import Run, command, phones_of, settle
from bench.reconnect import Connections


class Commander(threading.Thread):
    """A command a phone at a steady rate, until it is told to stop; each person is called once."""

    def __init__(self, people: list[Person], rate: float) -> None:
        super().__init__(daemon=True)
        self.people, self.rate, self.run_, self.going = people, rate, Run(), True

    def run(self) -> None:
        start = time.monotonic()
        for n, person in enumerate(self.people):
            time.sleep(max(start + n / self.rate - time.monotonic(), 0))
            if not self.going:
                break
            call_id, moment = command(person)
            self.run_.stamps[call_id] = moment
        connection.close()


def roll(sites: list[Site], fleet: Sockets) -> list[float]:
    """Stop and start each server; seconds from each SIGTERM until every phone is synced somewhere."""
    found = []
    for site in sites:
        started = time.monotonic()
        site.end()
        fleet.wait_ready(120)
        found.append(time.monotonic() - started)
        site.start()
        time.sleep(3)
    return found


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--phones", type=int, default=5000)
    cli.add_argument("--rate", type=float, default=20)
    options: Any = cli.parse_args()
    people = prepare(options.phones)
    sites = [Site("daphne", cpus=SERVER_CPU).start() for _ in range(2)]
    order = phones_of(people, sites[0].port)
    order.ports, order.returns = [site.port for site in sites], True
    counter = Connections()
    counter.start()
    with Sockets(order, CLIENT_CPU) as fleet:
        fleet.wait_ready(300)
        time.sleep(2)
        commander = Commander(people, options.rate)
        commander.start()
        time.sleep(3)
        moved = roll(sites, fleet)
        commander.going = False
        commander.join(10)
        taken = fleet.take()
        run = commander.run_
        run.arrived.update({key: moment for key, _number, moment in reversed(taken.seen)})
        settle(run, fleet, limit_s=15)
    counter.going = False
    counter.join(5)
    for site in sites:
        site.end()
    offers = Counter(key for key, _number, _moment in taken.seen)
    ends = ", ".join(f"{code} {count}" for code, count in Counter(taken.ends).most_common(4)) or "0"
    head = ["phones", "all synced after each SIGTERM, s", "arrived", "p50, ms", "p99, ms", "max, ms"]
    print(f"{machine()}\n\nTwo servers (Daphne), {options.rate:g} commands/s while each is restarted\n")
    row = [options.phones, " · ".join(f"{s:.1f}" for s in moved), *run.cells()]
    tail = ["granted twice", "closes", "PostgreSQL connections at most"]
    twice = sum(count > 1 for count in Counter(key for key, *_ in taken.granted).values())
    print(table([*head, *tail], [[*row, twice, ends, counter.most]]))
    print(f"\n{sum(count > 1 for count in offers.values())} offers were repeated on a new socket.")


if __name__ == "__main__":
    main()
