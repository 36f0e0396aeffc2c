"""Open statistics on a busy floor: what the push costs, beside pages that all ask again.

`./crm bench live_stats [--pages 500] [--managers 500] [--rate 50] [--seconds 10]`. Pages watch `stats.all`; the bench
stores results at the given rate by the services of the phones. CPU is that of one server process, as a share of a
core: idle, with results that nobody watches, and with the pages. Beside it the processor time of one report for a
page, times what the pages would ask if each asked again every two seconds.
"""

from __future__ import annotations

import argparse
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bench._fleet import Sockets
from bench._site import CLIENT_CPU, SERVER_CPU, Person, Site, machine, prepare, serving, table
from bench.fanout import pages

if TYPE_CHECKING:
    from phonebridge.models import CallRequest

TOPIC = "stats.all"
WARM = 20  # calls a person has today before it begins


def ready_calls(people: list[Person], count: int) -> list[CallRequest]:
    """Closed commands of today that wait for their results, in turns; and the calls that the day has had."""
    from phonebridge.enums import Status
    from phonebridge.models import CallRequest
    from phonebridge.services.counting import count_columns

    now = datetime.now(UTC)
    common = {"status": Status.CONSUMED, "phone_e164": "+79000000000", "created_at": now, "closed_at": now}
    had = [CallRequest(user=p.user, call_status="no_answer", **common) for p in people for _ in range(WARM)]
    for call in had:
        for name, value in count_columns(call, now).items():
            setattr(call, name, value)
    CallRequest.objects.bulk_create(had, batch_size=2000)
    waiting = [CallRequest(user=people[n % len(people)].user, **common) for n in range(count)]
    return CallRequest.objects.bulk_create(waiting, batch_size=2000)


def report_all(calls: list[CallRequest], rate: float, site: Site) -> float:
    """Results of these calls at this pace; the server's share of a core meanwhile."""
    from phonebridge.enums import Delivery
    from phonebridge.services.results import record_report

    before, start = site.cpu_s(), time.monotonic()
    for n, call in enumerate(calls):
        time.sleep(max(start + n / rate - time.monotonic(), 0))
        body = {"call_request_id": str(call.pk), "call_status": "connected", "call_duration_seconds": 30}
        record_report(user=call.user, body=body, transport=Delivery.WS)
    time.sleep(1)
    return (site.cpu_s() - before) / (time.monotonic() - start)


def asked_again(watcher: Person, count: int) -> float:
    """Shares of a core if each of `count` pages asked for its figures every two seconds."""
    from phonebridge.stats import Filter, report
    from phonebridge.stats.period import day_of

    today, times = (datetime.now(UTC) + timedelta(hours=3)).date(), 5
    start = time.process_time()
    for _ in range(times):
        report(Filter(day_of(today)), watcher.user, datetime.now(UTC), frozenset())
    return (time.process_time() - start) / times * count / 2


def run(people: list[Person], watcher: Person, options: Any) -> list[list[object]]:
    count = round(options.rate * options.seconds)
    with ExitStack() as stack:
        site = stack.enter_context(serving("daphne", cpus=SERVER_CPU))
        time.sleep(2)
        before, start = site.cpu_s(), time.monotonic()
        time.sleep(3)
        idle = (site.cpu_s() - before) / (time.monotonic() - start)
        alone = report_all(ready_calls(people, count), options.rate, site)
        order = pages(site.port, watcher, options.pages, TOPIC)
        order.watched, order.key = '"stats"', "at"
        fleet = stack.enter_context(Sockets(order, CLIENT_CPU))
        fleet.wait_ready(300)
        time.sleep(2)
        fleet.take()
        busy = report_all(ready_calls(people, count), options.rate, site)
        frames = len(fleet.take().seen) / options.pages / (options.seconds + 1)
    return [
        ["idle", "", f"{idle:.1%}"],
        [f"{options.rate:g} results/s, nobody watches", "", f"{alone:.1%}"],
        [f"the same, {options.pages} pages watch", f"{frames:.2f}", f"{busy:.1%}"],
        ["of that the push", "", f"{busy - alone:.1%}"],
        [
            f"({options.pages} pages that each ask every 2 s: reports alone)",
            "",
            f"{asked_again(watcher, options.pages):.0%}",
        ],
    ]


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--pages", type=int, default=500)
    cli.add_argument("--managers", type=int, default=500)
    cli.add_argument("--rate", type=float, default=50)
    cli.add_argument("--seconds", type=float, default=10)
    options: Any = cli.parse_args()
    people = prepare(options.managers + 1)
    watcher = people.pop()
    watcher.user.role = "group_manager"
    watcher.user.save(update_fields=["role"])
    rows = run(people, watcher, options)
    print(f"{machine()}\n\n{options.managers} managers, {WARM} calls each and more; goal: the push ≤ 10 % of a core\n")
    print(table(["what", "frames a page and second", "server CPU, share of a core"], rows))


if __name__ == "__main__":
    main()
