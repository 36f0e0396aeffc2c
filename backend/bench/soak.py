"""The soak: phones, old pollers, pages, steady clicks and random faults; then what was promised is counted.

`./crm bench soak --minutes 10 [--phones 500] [--pollers 500] [--pages 50] [--rate 4] [--seed 1]`. Two socket servers,
gunicorn for clicks and polls, PostgreSQL and Valkey of its own. Every tenth person has a socket phone and an old
dialer at once. Faults strike in the first part of the time; memory and connections are compared over the calm part.
Ends with 1 when a call was dialled twice, a result was lost, a call never ended, or something keeps growing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench._site import machine, table
from bench._soak_crowd import Clicks, Dialers, Pages
from bench._soak_faults import Faults
from bench._soak_watch import Growth, Watch
from devkit.serving import wait_until
from faults.cluster import SHORT, Cluster, Node

CALM = 0.4
SETTLE_S = 120.0
AWAY = {0, 503}  # what a click may get while something is away: no answer, or words that say so
# a busy machine is not a fault: durations of production where people wait, shorter where only the end waits for them
PATIENT = {
    **SHORT,
    "CRM_CALL_EXPIRES_S": "30",
    "CRM_SOCKET_AUTH_S": "20",
    "CRM_CALL_REGRANT_S": "10",
    "CRM_CALL_DIAL_WITHIN_S": "5",
    "CRM_CALL_UNCONFIRMED_S": "15",
    "CRM_CALL_UNCONFIRMED_LEGACY_S": "30",
    "CRM_CALL_HOLDER_LOST_S": "30",
    "CRM_CALL_LEGACY_WAIT_S": "3",
    "CRM_PING_S": "25",
    "CRM_PONG_S": "10",
    "CRM_PROCESS_BEAT_S": "2",
    "CRM_PROCESS_DEAD_S": "6",
}


@dataclass
class Verdict:
    """What the end of a run shows; `broken` is what was promised and is not so."""

    figures: list[list[object]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def told(self, name: str, value: object, *, wrong: bool = False) -> None:
        self.figures.append([name, value])
        if wrong:
            self.broken.append(f"{name}: {value}")


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    cli = argparse.ArgumentParser(prog="soak", description=__doc__)
    cli.add_argument("--minutes", type=float, default=10.0)
    cli.add_argument("--phones", type=int, default=500)
    cli.add_argument("--pollers", type=int, default=500)
    cli.add_argument("--pages", type=int, default=50)
    cli.add_argument("--rate", type=float, default=4.0, help="clicks a second")
    cli.add_argument("--seed", type=int, default=1)
    return cli.parse_args(argv)


def dialers(cluster: Cluster, web: Node, options: argparse.Namespace, folder: Path) -> list[Dialers]:
    """Socket phones on both servers, old dialers on gunicorn; a tenth of the people have both."""
    people, half = cluster.people, options.phones // 2
    both = options.phones // 10
    sockets = [people[:half], people[half : options.phones]]
    found = [
        Dialers(f"ws-{n}", team, folder, web.url, ws_url=node.url, seed=options.seed)
        for n, (team, node) in enumerate(zip(sockets, cluster.nodes, strict=True))
    ]
    pollers = people[options.phones - both : options.phones - both + options.pollers]
    return [*found, Dialers("poll", pollers, folder, web.url, seed=options.seed)]


def run(options: argparse.Namespace) -> Verdict:
    """The whole soak in servers of its own."""
    both = options.phones // 10
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        cluster = Cluster(folder, people=options.phones + options.pollers - both, **PATIENT)
        stack.callback(cluster.close)
        cluster.start()
        web = Node(cluster.env, folder / "web.log", kind="gunicorn").start()
        stack.callback(web.kill)
        crowd = dialers(cluster, web, options, folder)
        for team in crowd:
            stack.callback(team.end)
            team.start()
        pages = Pages(cluster, options.pages)
        stack.callback(pages.end)
        pages.start()
        for team in crowd[:2]:
            team.wait("synced", len(team.people))
        clicks = Clicks(cluster, web, options.rate, options.seed)
        stack.callback(clicks.end)
        clicks.start()
        return _through(cluster, web, crowd, pages, clicks, options)


def _through(
    cluster: Cluster, web: Node, crowd: list[Dialers], pages: Pages, clicks: Clicks, options: argparse.Namespace
) -> Verdict:
    seconds = options.minutes * 60
    faults = Faults(cluster, options.seed, progress=sys.stderr)
    faults.strike(seconds * (1 - CALM))
    wait_until(lambda: all(node.answers() for node in [*cluster.nodes, web]), "every server answers again")
    _all_back(crowd, pages)
    pages.count_from_now()
    watch = Watch(cluster, [*cluster.nodes, web])
    growth = watch.over(seconds * CALM)
    clicks.end()
    verdict = Verdict()
    _settled(cluster, crowd, verdict)
    for team in crowd:
        team.end()
    _calls(cluster, crowd, clicks, verdict)
    _pages(cluster, pages, verdict)
    _growth(growth, verdict)
    verdict.told("faults", ", ".join(f"{name} {count}" for name, count in sorted(faults.struck.items())) or "none")
    return verdict


def _all_back(crowd: list[Dialers], pages: Pages) -> None:
    """Everyone who was thrown out has come back, so that the calm part begins calm."""
    wait_until(lambda: pages.open_now() == pages.count, "every page is back", SETTLE_S)
    threading.Event().wait(5)
    for team in crowd:
        if not team.alive():
            raise SystemExit(f"Телефоны {team.name} закончили раньше времени: {team.counts}")


def _settled(cluster: Cluster, crowd: list[Dialers], verdict: Verdict) -> None:
    """No call is open any more, and every result that phones hold has been told."""
    still_open = "SELECT count(*) AS n FROM phonebridge_callrequest WHERE closed_at IS NULL"
    try:
        wait_until(lambda: not cluster.rows(still_open)[0]["n"], "every call has ended", SETTLE_S)
        wait_until(lambda: not _unheard(cluster, crowd), "every result has come", SETTLE_S)
    except AssertionError as error:
        verdict.broken.append(str(error))


def _unheard(cluster: Cluster, crowd: list[Dialers]) -> set[str]:
    """Calls that were dialled and have no result in the database."""
    dialled = {call_id for team in crowd for call_id in team.dials()}
    query = "SELECT id::text AS id FROM phonebridge_callrequest WHERE call_status IS NOT NULL"
    return dialled - {row["id"] for row in cluster.rows(query)}


def _calls(cluster: Cluster, crowd: list[Dialers], clicks: Clicks, verdict: Verdict) -> None:
    dials: Counter[str] = Counter()
    for team in crowd:
        dials.update(team.dials())
    rows = cluster.rows("SELECT id::text AS id, status, call_status, is_unconfirmed FROM phonebridge_callrequest")
    stored = {row["id"] for row in rows}
    words = Counter(row["status"] for row in rows)
    lost = _unheard(cluster, crowd)
    dropped = sum(team.counts["dropped"] for team in crowd)
    differ = _other_results(cluster, crowd)
    failed = {status: n for status, n in clicks.statuses.items() if status not in {200, 201, 409}}
    verdict.told("clicks that answered", sum(clicks.statuses.values()) - sum(failed.values()))
    verdict.told("clicks refused or lost with a server or PostgreSQL", failed or 0, wrong=bool(failed.keys() - AWAY))
    verdict.told("commands in the database", len(rows), wrong=not rows)
    missing = clicks.calls - stored
    verdict.told("answered clicks that are not in the database", len(missing), wrong=bool(missing))
    verdict.told("ended as", ", ".join(f"{word} {n}" for word, n in sorted(words.items())), wrong="pending" in words)
    verdict.told("unconfirmed grants", sum(row["is_unconfirmed"] for row in rows))
    verdict.told("dialled", len(dials), wrong=len(dials) < len(rows) / 2)
    twice = [call for call, times in dials.items() if times > 1]
    verdict.told("dialled twice", len(twice), wrong=bool(twice))
    verdict.told("dialled without a row", len(dials.keys() - stored), wrong=bool(dials.keys() - stored))
    verdict.told("results lost", len(lost), wrong=bool(lost))
    verdict.told("results that old dialers dropped after a 4xx", dropped, wrong=bool(dropped))
    verdict.told("results that differ from what the phone said", len(differ), wrong=bool(differ))


def _other_results(cluster: Cluster, crowd: list[Dialers]) -> set[str]:
    """Calls whose stored outcome no phone ever said."""
    said: dict[str, set[str]] = {}
    for team in crowd:
        for call_id, outcome in team.results():
            said.setdefault(call_id, set()).add(outcome)
    query = "SELECT id::text AS id, call_status FROM phonebridge_callrequest WHERE call_status IS NOT NULL"
    return {row["id"] for row in cluster.rows(query) if row["call_status"] not in said.get(row["id"], set())}


def _pages(cluster: Cluster, pages: Pages, verdict: Verdict) -> None:
    """In the calm part every page has heard the end of every call that began there."""
    query = "SELECT id::text AS id, rev FROM phonebridge_callrequest WHERE created_at > to_timestamp(%s)"
    ends = {row["id"]: row["rev"] for row in cluster.rows(query, pages.counted_from)}
    behind = pages.behind(ends)
    verdict.told("calls of the calm part that pages watched", len(ends), wrong=not ends)
    verdict.told("pages × calls whose last change was not heard", behind, wrong=bool(behind))


def _growth(growth: list[Growth], verdict: Verdict) -> None:
    for line in growth:
        verdict.told(line.name, line.words(), wrong=line.is_wrong())


def main(argv: list[str] | None = None) -> int:
    options = arguments(argv)
    began = time.monotonic()
    verdict = run(options)
    print(machine())
    took = time.monotonic() - began
    crowd = f"{options.phones} socket phones, {options.pollers} old dialers, {options.pages} pages"
    print(f"\n{options.minutes:g} min, {crowd}, {options.rate:g} clicks/s, seed {options.seed}; {took:.0f} s in all\n")
    print(table(["what", "figure"], verdict.figures))
    for words in verdict.broken:
        print(f"НАРУШЕНО: {words}")
    return 1 if verdict.broken else 0


if __name__ == "__main__":
    sys.exit(main())
