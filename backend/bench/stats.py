"""Statistics over years of calls: what a report costs from the calls alone and with the sums of past days.

`./crm bench stats [--calls 10000000] [--years 3] [--times 20]`. A base of its own: 500 managers in 10 branches, calls
over working hours of all days up to today. Every figure is measured through `report` in process, in milliseconds: the
first query after PostgreSQL was restarted, then the 50th and 95th percentile warm; the same with the sums hidden, and
with all of it. Beside it: the recompute of a day, the rebuild of everything, sizes, and the plans of a month.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench._site import machine, ms, percentile, table
from bench.interleavings import database

if TYPE_CHECKING:
    from accounts.models import User
    from phonebridge.stats import CallReport, Filter

MOST = 10_000_000
MANAGERS, BRANCHES = 500, 10
GOAL_COLD, GOAL_WARM, GOAL_DAY = 300, 100, 100
PORTION = 1_000_000


def make_office() -> tuple[User, User, User, list[tuple[int, int]]]:
    """A group manager, the head of a branch, a manager, and (person, branch) of all managers."""
    from accounts.models import Branch, User
    from accounts.roles import Role

    branches = [
        Branch.objects.create(code=f"b{n}", name=f"Филиал {n}", zone="Asia/Yekaterinburg") for n in range(BRANCHES)
    ]
    names = [
        User(username=f"m{n}", first_name="Имя", last_name=f"Фамилия{n:03}", branch=branches[n % BRANCHES])
        for n in range(MANAGERS)
    ]
    people = User.objects.bulk_create(names)
    group = User.objects.create(username="group", role=Role.GROUP_MANAGER)
    head = User.objects.create(username="head", role=Role.SALES_HEAD, branch=branches[0])
    return group, head, people[0], [(person.pk, person.branch_id or 0) for person in people]


def fill(calls: int, years: float, seats: list[tuple[int, int]]) -> None:
    """Copies of one call by `INSERT … SELECT`, without triggers and secondary indexes, which are made afterwards."""
    from django.db import connection

    from accounts.models import User
    from phonebridge.enums import Status
    from phonebridge.models import CallRequest

    sample = CallRequest.objects.create(user=User.objects.get(pk=seats[0][0]), status=Status.CONSUMED)
    fields = [field for field in CallRequest._meta.concrete_fields if not field.generated]
    days = int(years * 365)
    local = f"(current_date - (n %% {days})::int + interval '9 hours' + (hashint8(n) & 32767) * interval '1 second')"
    moment = f"({local} AT TIME ZONE 'Asia/Yekaterinburg')"
    seat = f"1 + (hashint8(n * 31) & 2147483647) %% {len(seats)}"
    said = ["connected"] * 4 + ["no_answer"] * 3 + ["busy", "rejected", "unknown"]
    statuses = ", ".join(f"'{status}'" for status in said)
    columns = {
        "id": "uuidv7()",
        "user_id": f"(%s::bigint[])[{seat}]",
        "branch_id": f"(%s::bigint[])[{seat}]",
        "zone": "'Asia/Yekaterinburg'",
        "number_key": "79000000000 + (hashint8(n * 7) & 2147483647) %% 1500000",
        "phone_e164": "'+79000000000'",
        "call_status": f"(ARRAY[{statuses}])[1 + (hashint8(n * 13) & 2147483647) %% 10]",
        "direction": "(ARRAY['outgoing','outgoing','incoming',NULL])[1 + (hashint8(n * 17) & 2147483647) %% 4]",
        "resolve_method": "(ARRAY['observer','retry',NULL])[1 + (hashint8(n * 19) & 2147483647) %% 3]",
        "action_source": "(ARRAY['crm_ui','crm_ui','history',NULL])[1 + (hashint8(n * 23) & 2147483647) %% 4]",
        "call_duration_seconds": "(hashint8(n * 29) & 2147483647) %% 400",
        "counted_at": moment,
        "counted_on": f"{local}::date",
        "counted_hour": f"extract(hour FROM {local})",
        "created_at": moment,
        "updated_at": moment,
        "closed_at": moment,
        "result_at": moment,
    }
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(columns.get(str(field.column), f't."{field.column}"') for field in fields)
    users, branches = [user for user, _ in seats], [branch for _, branch in seats]
    with connection.cursor() as cursor, _bare(cursor):
        for first in range(1, calls + 1, PORTION):
            last = min(first + PORTION - 1, calls)
            cursor.execute(
                f"INSERT INTO phonebridge_callrequest ({names}) SELECT {values} FROM phonebridge_callrequest t, "  # noqa: S608
                f"generate_series({first}::bigint, {last}) n WHERE t.id = %s",
                [users, branches, sample.pk],
            )
            print(".", end="", flush=True)
        CallRequest.objects.filter(pk=sample.pk).delete()


@contextmanager
def _bare(cursor: object) -> Iterator[None]:
    """The table without its indexes and triggers; afterwards with them, vacuumed."""
    run = cursor.execute  # type: ignore[attr-defined]
    run("SET statement_timeout = 0")
    run("SET maintenance_work_mem = '1GB'")
    run(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'phonebridge_callrequest' "
        "AND indexdef NOT LIKE '%%UNIQUE%%'"
    )
    found: list[tuple[str, str]] = cursor.fetchall()  # type: ignore[attr-defined]
    run("ALTER TABLE phonebridge_callrequest DISABLE TRIGGER USER")
    for name, _ in found:
        run(f'DROP INDEX "{name}"')
    yield
    for _, definition in found:
        run(definition)
    run("ALTER TABLE phonebridge_callrequest ENABLE TRIGGER USER")
    run("VACUUM ANALYZE phonebridge_callrequest")


def cases(group: User, head: User, person: User) -> list[tuple[str, User, Filter, int | None]]:
    """(what, viewer, filter, goal of the cold one)."""
    from phonebridge.stats import Filter
    from phonebridge.stats.period import Period, day_of, month_of

    today = datetime.now(UTC).date()
    running = month_of(today)
    past = month_of(running.from_on - timedelta(days=1))
    year = Period(today - timedelta(days=364), today)
    everyone = Filter(past)
    return [
        ("day, all", group, Filter(day_of(today)), GOAL_DAY),
        ("month that is over, all", group, everyone, GOAL_COLD),
        ("month that runs, all", group, Filter(Period(running.from_on, today)), GOAL_COLD),
        ("month, all, only connected", group, replace(everyone, statuses=("connected",)), GOAL_COLD),
        ("month, one branch", group, replace(everyone, branch_id=head.branch_id), None),
        ("month, its head", head, everyone, None),
        ("month, one manager", person, everyone, None),
        ("year, all", group, Filter(year), None),
    ]


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def restart() -> None:
    """PostgreSQL of this bench anew: nothing in its buffers."""
    from django.db import connection

    from devkit.postgres import Postgres
    from devkit.state import State

    connection.close()
    server = Postgres(State(Path(os.environ["CRM_BENCH_STATE"])))
    port = int(connection.settings_dict["PORT"])
    with server.connect(port, user="postgres", dbname="postgres") as root:
        root.execute("ALTER SYSTEM SET shared_buffers = '1GB'")  # what a small server gives its database
    server.stop()
    server.start(port)


def measure(times: int, found: list[tuple[str, User, Filter, int | None]], *, parts: bool) -> list[list[object]]:
    """Cold once, warm often; with sums (`parts` False hides them)."""
    from phonebridge.stats import ALL_PARTS, Part, report

    rows: list[list[object]] = []
    without = ALL_PARTS - {Part.UNIQUE}
    now = datetime.now(UTC)
    for what, viewer, asked, goal in found:
        line: list[object] = [what]
        for chosen in (frozenset[Part](), without, frozenset({Part.UNIQUE})):

            def ask(viewer: User = viewer, asked: Filter = asked, chosen: frozenset[Part] = chosen) -> CallReport:
                return report(asked, viewer, now, chosen)

            cold = ""
            if parts:
                restart()
                cold = ms(timed(ask))
            ask()
            took = [timed(ask) for _ in range(times if "year" not in what else max(times // 5, 3))]
            line += (
                [cold, ms(percentile(took, 0.5)), ms(percentile(took, 0.95))] if parts else [ms(percentile(took, 0.5))]
            )
        rows.append([*line, goal or ""] if parts else line)
    return rows


def hidden(work: Callable[[], list[list[object]]]) -> list[list[object]]:
    """`work` while no day is sealed: everything is read from the calls."""
    from phonebridge.models import CallDayState

    days = list(CallDayState.objects.values_list("counted_on", flat=True))
    CallDayState.objects.all().delete()
    try:
        return work()
    finally:
        CallDayState.objects.bulk_create([CallDayState(counted_on=day) for day in days])


def plans(viewer: User, asked: Filter) -> None:
    """What PostgreSQL does for the tables of a month."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from phonebridge.stats import Part, report

    with CaptureQueriesContext(connection) as seen:
        report(asked, viewer, datetime.now(UTC), frozenset({Part.HOURS, Part.UNIQUE}))
    for query in seen.captured_queries:
        if "phonebridge_call" in query["sql"] and "GROUP BY" in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) {query['sql'].replace('%', '%%')}")
                print("\n".join(f"    {line}" for (line,) in cursor.fetchall()), "\n")


def run(calls: int, years: float, times: int) -> None:
    from django.db import connection

    from phonebridge.models import CallDay, CallHour, CallMix, CallRequest
    from phonebridge.services import rollup

    group, head, person, seats = make_office()
    start = time.monotonic()
    fill(calls, years, seats)
    print(
        f"\n{machine()}\n\n{calls} calls over {years:g} years, filled in {time.monotonic() - start:.0f} s", flush=True
    )
    start = time.monotonic()
    days = rollup.rebuild()
    print(f"{days} days summed in {time.monotonic() - start:.0f} s", end=", ")
    day = datetime.now(UTC).date() - timedelta(days=30)
    took = [timed(lambda: rollup.seal_day(day)) for _ in range(10)]
    rollup.recompute()
    print(f"one day again {ms(percentile(took, 0.5))} ms")
    for model in (CallRequest, CallDay, CallHour, CallMix):
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE " + model._meta.db_table)
            cursor.execute("SELECT pg_size_pretty(pg_total_relation_size(%s::regclass))", [model._meta.db_table])
            print(f"{model.__name__} {cursor.fetchone()[0]}", end="; ")
    print("\n", flush=True)
    found = cases(group, head, person)
    each = [f"{part} {kind}" for part in ("table", "page", "numbers") for kind in ("cold", "p50", "p95")]
    print(table(["with sums, ms", *each, "goal"], measure(times, found, parts=True)), flush=True)
    rows = hidden(lambda: measure(max(times // 4, 3), found, parts=False))
    print("\n" + table(["calls alone, p50 ms", "table", "page", "numbers"], rows), "\n", flush=True)
    for what, viewer, asked, _ in found[1:2]:
        print(f"plans, {what}:\n")
        plans(viewer, asked)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--calls", type=int, default=MOST)
    cli.add_argument("--years", type=float, default=3)
    cli.add_argument("--times", type=int, default=20)
    options = cli.parse_args()
    with database():
        run(min(max(options.calls, 1000), 2 * MOST), max(options.years, 0.2), max(options.times, 5))


if __name__ == "__main__":
    main()
