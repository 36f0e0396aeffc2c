"""The desk of a large base through the whole stack: list, card, search; then import and export by their commands.

`./crm bench companies [--companies 100000] [--times 100] [--rows 100000]`. Its own base: three people, four numbers
and ten calls a company. Pages are asked one after the other over HTTP with a session, in milliseconds; beside them the
ways that people write first. Import: `--rows` new companies with a person and two numbers each. Export: every company,
and the tenth that one branch may export, to show that memory does not grow with rows.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from bench._site import BACKEND, Site, machine, ms, percentile, table
from bench._visitor import Visitor
from bench.interleavings import database
from bench.lookup import make_people
from bench.search import fill, number, word

if TYPE_CHECKING:
    from accounts.models import User

MOST = 1_000_000
CALLS_EACH = 10
GOALS = {"list": 300, "card": 250, "search": 150}
IMPORT_GOAL, EXPORT_GOAL_S = 2000, 30
HEADINGS = ["Название", "ИНН", "КПП", "Город", "Телефон", "Контакт", "Должность", "Телефон контакта", "E-mail"]


def add_calls(count: int, people: list[User]) -> None:
    """`count` calls of the last year, each to one of the cards."""
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    from companies.models import Company
    from phonebridge.models import CallRequest

    first, last = Company.objects.order_by("pk")[1].pk, Company.objects.latest("pk").pk
    owner = people[0]
    one = CallRequest.objects.create(user=owner, branch=owner.branch, phone_raw="+79000000000", company_id=first)
    multiply_calls(one.pk, count, first, last, [user.pk for user in people])
    with connection.cursor() as cursor:
        # ids that were copied in are not known to the sequences
        models = list(apps.get_app_config("companies").get_models())
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE")


def multiply_calls(sample: uuid.UUID, count: int, first: int, last: int, people: list[int]) -> None:
    """Copies of one call: `bench.lookup.multiply` counts ids on, and here they are UUIDs."""
    from django.db import connection

    from phonebridge.models import CallRequest

    columns = {
        "id": "gen_random_uuid()",
        "company_id": f"{first} + (n * 7919::bigint) %% {last - first + 1}",
        "user_id": f"(ARRAY[{','.join(map(str, people))}])[1 + n %% {len(people)}]",
        "status": "'consumed'",
        "call_status": "(ARRAY['connected','no_answer','busy','rejected'])[1 + n %% 4]",
        "closed_at": "now() - n * interval '31 seconds'",
        "created_at": "now() - n * interval '31 seconds'",
    }
    fields = [field for field in CallRequest._meta.concrete_fields if not field.generated]
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(columns.get(str(field.column), f't."{field.column}"') for field in fields)
    of = f'"{CallRequest._meta.db_table}"'
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            f"INSERT INTO {of} ({names}) SELECT {values} FROM {of} t, generate_series(1, {count}) n "  # noqa: S608
            "WHERE t.id = %s",
            [sample],
        )


def timed(ask: Callable[[str], object], paths: list[str]) -> list[float]:
    for path in paths[:3]:
        ask(path)
    took = []
    for path in paths:
        start = time.perf_counter()
        ask(path)
        took.append((time.perf_counter() - start) * 1000)
    return took


def pages(site: Site, companies: int, times: int, people: list[User]) -> list[list[object]]:
    from companies.models import Company

    dice = random.Random(3)  # noqa: S311
    scopes = {user.data_scope: Visitor(site, user) for user in people[:3]}
    everyone, branch, own = scopes["global"], scopes["branch"], scopes["self"]
    first = Company.objects.order_by("pk").values_list("pk", flat=True)[1]
    ids = [dice.randrange(first, first + companies) for _ in range(times)]
    names = list(Company.objects.filter(pk__in=ids).values_list("name", flat=True))
    prefixes = [quote(name[5:9]) for name in names]
    tails = [number(dice.randrange(companies * 4))[-7:] for _ in range(times)]
    deep = [f"/companies/?page={min(200, max(companies // 50, 1))}"] * times
    asked: list[tuple[str, str, Visitor, list[str]]] = [
        ("list", "all companies", everyone, ["/companies/"] * times),
        ("list", "scope BRANCH", branch, ["/companies/"] * times),
        ("list", "scope SELF", own, ["/companies/"] * times),
        ("list", "by name, page 200", everyone, deep),
        ("list", "a filter", everyone, ["/companies/?lead_state=cold"] * times),
        ("list", "with words", everyone, [f"/companies/?q={text}" for text in prefixes]),
        ("card", "any card", everyone, [f"/companies/{pk}/" for pk in ids]),
        ("search", "4 letters", everyone, [f"/api/v1/search/?q={text}" for text in prefixes]),
        ("search", "4 letters, scope SELF", own, [f"/api/v1/search/?q={text}" for text in prefixes]),
        ("search", "7 digits", everyone, [f"/api/v1/search/?q={text}" for text in tails]),
    ]
    rows: list[list[object]] = []
    for goal, what, visitor, paths in asked:
        took = timed(visitor.get, paths)
        p95 = percentile(took, 0.95)
        kept = "yes" if p95 <= GOALS[goal] else "NO"
        rows.append([f"{goal}: {what}", len(took), ms(percentile(took, 0.5)), ms(p95), GOALS[goal], kept])
    return [*rows, naive(names[: max(times // 5, 5)])]


def naive(names: list[str]) -> list[object]:
    """What people write first, in process and without a page around it."""
    from django.db.models import Q

    from companies.models import Company

    def ask(text: str) -> object:
        like = Q(name__icontains=text) | Q(phones__raw__icontains=text) | Q(contacts__last_name__icontains=text)
        return list(Company.objects.filter(like).distinct()[:20])

    took = timed(ask, [name[5:9] for name in names])
    p50, p95 = ms(percentile(took, 0.5)), ms(percentile(took, 0.95))
    return ["(`icontains` over names, numbers, people; SQL alone)", len(took), p50, p95, "", ""]


def write_rows(path: Path, rows: int) -> None:
    dice = random.Random(4)  # noqa: S311
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, delimiter=";")
        writer.writerow(HEADINGS)
        for n in range(rows):
            inn = f"77{n:07}"
            writer.writerow(
                [
                    f"ООО «{word(dice)} Новое»",
                    inn + check_digit(inn),
                    f"7701{n % 100:02}001",
                    "Москва",
                    f"8 (495) {n % 1000:03}-{n // 1000 % 100:02}-{n % 89 + 10}",
                    f"{word(dice, 3)}ов Иван Петрович",
                    "Директор",
                    f"+7 9{n * 7919 % 1_000_000_000:09}",
                    f"new{n}@new{n}.example",
                ]
            )


def check_digit(nine: str) -> str:
    """Of a ten-digit INN."""
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    return str(sum(w * int(d) for w, d in zip(weights, nine, strict=True)) % 11 % 10)


def command(*arguments: str) -> tuple[float, float, str]:
    """Seconds, MiB at the most, and the last line of a `manage.py` command."""
    with tempfile.TemporaryFile("w+") as out:
        start = time.perf_counter()
        process = subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=BACKEND, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        took = time.perf_counter() - start
        if status:
            raise SystemExit(f"{arguments[0]}: {status}")
        out.seek(0)
        return took, used.ru_maxrss / 1024, out.read().strip().splitlines()[-1]


def transfers(rows: int, people: list[User]) -> list[list[object]]:
    """Import, the same file again, and exports."""
    from accounts.models import User
    from accounts.roles import Role

    admin = User.objects.create(username="bench-admin", role=Role.ADMIN, branch=people[0].branch)
    head = User.objects.create(username="bench-head", role=Role.SALES_HEAD, branch=people[0].branch)
    found: list[list[object]] = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "new.csv")
        write_rows(source, rows)
        for what in ("import: new companies", "import: the same file again"):
            took, mib, said = command("import_companies", str(source), "--user", admin.username, "--json")
            counts = {key: json.loads(said)[key] for key in ("created", "unchanged", "refused")}
            goal, speed = f"{IMPORT_GOAL} rows/s", rows / took
            found.append([what, rows, f"{took:.1f}", f"{speed:.0f}", f"{mib:.0f}", goal, counts])
        for kind in ("csv", "xlsx"):
            for user in (head, admin):
                out = Path(folder, f"{user.username}.{kind}")
                took, mib, said = command("export_companies", "--user", user.username, "--format", kind, str(out))
                count = int(said.rpartition(" ")[2])
                goal = f"{EXPORT_GOAL_S} s for 100000"
                found.append([f"export: {kind}", count, f"{took:.1f}", f"{count / took:.0f}", f"{mib:.0f}", goal, ""])
    return found


def run(companies: int, times: int, rows: int) -> None:
    from django.db import connection

    start = time.monotonic()
    people = make_people()
    fill(companies, people)
    add_calls(companies * CALLS_EACH, people)
    print(f"{machine()}\n\n{companies} companies, {companies * 3} people, {companies * CALLS_EACH} calls, ", end="")
    print(f"filled in {time.monotonic() - start:.0f} s\n", flush=True)
    os.environ["POSTGRES_DB"] = connection.settings_dict["NAME"]
    site = Site("daphne").start()
    try:
        asked = pages(site, companies, times, people)
    finally:
        site.end()
    print(table(["asked", "times", "p50, ms", "p95, ms", "goal", "kept"], asked), flush=True)
    print("\n" + table(["done", "rows", "s", "rows/s", "peak MiB", "goal", "counts"], transfers(rows, people)))


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--companies", type=int, default=100_000)
    cli.add_argument("--times", type=int, default=100)
    cli.add_argument("--rows", type=int, default=100_000)
    options = cli.parse_args()
    companies = min(max(options.companies, 500), MOST)
    with database():
        run(companies, max(options.times, 5), max(options.rows, 10))


if __name__ == "__main__":
    main()
