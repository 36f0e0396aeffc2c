"""The avalanche: a server with thousands of phones is killed and started again; how long until everyone is synced.

`./crm bench reconnect [--phones 5000] [--servers daphne,uvicorn]`. Phones come back by themselves, with jitter and
growing patience; the peer's sockets do the same. Connections to PostgreSQL are counted twenty times a second.
"""

from __future__ import annotations

import argparse
import signal
import threading
import time
from collections import Counter
from typing import Any

import psycopg

from bench import _peers
from bench._fleet import Order, Sockets
from bench._site import CLIENT_CPU, SERVER_CPU, Person, Site, machine, prepare, table
from bench.push import phones_of


class Connections(threading.Thread):
    """The most connections that PostgreSQL had at once."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        from django.db import connection

        values = connection.settings_dict
        self.where = {
            "host": values["HOST"],
            "port": values["PORT"],
            "user": values["USER"],
            "password": values["PASSWORD"],
            "dbname": values["NAME"],
        }
        self.most, self.going = 0, True

    def run(self) -> None:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with psycopg.connect(**self.where, autocommit=True) as connection:
            while self.going:
                found = connection.execute(query).fetchone()
                self.most = max(self.most, found[0] if found else 0)
                time.sleep(0.05)


def avalanche(site: Site, order: Order) -> list[object]:
    """First arrival, then SIGKILL and a start on the same port."""
    order.returns = True
    counter = Connections()
    counter.start()
    with Sockets(order, CLIENT_CPU) as fleet:
        first_s = fleet.wait_ready(300)
        time.sleep(2)
        fleet.take()
        site.end(signal.SIGKILL)
        killed = time.monotonic()
        fleet.wait(lambda: fleet.ask("ready") == 0, 30)
        site.start()
        up_s = time.monotonic() - killed
        back_s = fleet.wait_ready(300)
        taken = fleet.take()
    counter.going = False
    counter.join(5)
    site.end()
    errors = ", ".join(f"{word} {count}" for word, count in Counter(taken.errors).most_common(3)) or "0"
    ends = ", ".join(f"{code} {count}" for code, count in Counter(taken.ends).most_common(3)) or "0"
    return [f"{first_s:.1f}", f"{up_s:.1f}", f"{back_s:.1f}", errors, ends, counter.most]


def plain_order(people: list[Person], site: Site) -> Order:
    peer = _peers.Plain("", site.port, "/ws/plain/", 0)
    return peer.order([[f"phone.{p.user.pk}"] for p in people])


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--phones", type=int, default=5000)
    cli.add_argument("--servers", default="daphne,uvicorn")
    options: Any = cli.parse_args()
    people = prepare(options.phones)
    rows: list[list[object]] = []
    for kind in options.servers.split(","):
        site = Site(kind, cpus=SERVER_CPU).start()
        rows.append([f"ours, {kind}", *avalanche(site, phones_of(people, site.port))])
    site = Site("plain", cpus=SERVER_CPU).start()
    rows.append(["plain Channels (no log-in, no row, one group)", *avalanche(site, plain_order(people, site))])
    head = ["how", "first arrival, s", "server up again, s", "all synced after that, s", "failed tries", "closes"]
    print(f"{machine()}\n\n{options.phones} phones; SIGKILL, start on the same port\n")
    print(table([*head, "PostgreSQL connections at most"], rows))


if __name__ == "__main__":
    main()
