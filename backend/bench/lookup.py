"""«Who is calling?» in a large base: the look-up by the indexed number beside the searches that people write first.

`./crm bench lookup [--companies 200000] [--times 2000]`. A base of its own is filled by the database itself: a number
and two notes a company, a person with a number for every second one, each fortieth number kept but not recognised, and
one number on five thousand cards. One call after the other, in milliseconds; the ratio is of medians to the first row.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bench._site import machine, ms, percentile, table
from bench.interleavings import database

if TYPE_CHECKING:
    from django.db.models import Model

    from accounts.models import User

BRANCHES, MANAGERS, CROWD = 10, 200, 5000
CROWDED, UNKNOWN = "+74990000000", "+74991111111"
FACTOR = 7919  # has no divisor in common with 10⁹: no number comes twice
type Way = tuple[str, Callable[[str], object], list[str]]


def number(n: int) -> str:
    """The n-th number of the base; those of people follow those of companies."""
    return f"+79{n * FACTOR % 1_000_000_000:09}"


def numbers_sql(n: str) -> dict[str, str]:
    """Columns of the n-th number, `n` being SQL."""
    digits = f"'79' || lpad((({n})::bigint * {FACTOR} % 1000000000)::text, 9, '0')"
    return {
        "e164": f"CASE WHEN n % 40 = 0 THEN NULL ELSE '+' || {digits} END",
        "raw": f"CASE WHEN n % 40 = 0 THEN 'вахта ' ELSE '+' END || {digits}",
        "digits": digits,
    }


def multiply(sample: Model, count: int, **columns: str) -> None:
    """`count` copies of a stored row with ids counted on from `id`; `columns` are SQL that may use n = 1…count."""
    from django.db import connection

    fields = [field for field in sample._meta.concrete_fields if not field.generated]
    table_of = sample._meta.db_table
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(columns.get(str(field.column), f't."{field.column}"') for field in fields)
    rows = f'"{table_of}" t, generate_series(1, {count}) n WHERE t.id = {sample.pk}'
    with connection.cursor() as cursor:
        cursor.execute(f'INSERT INTO "{table_of}" ({names}) SELECT {values} FROM {rows}')  # noqa: S608 (our own names)


def make_people() -> list[User]:
    from accounts.models import Branch, User
    from accounts.roles import DataScope, Role

    branches = [Branch.objects.create(code=f"b{n}", name=f"b{n}") for n in range(BRANCHES)]
    people = [
        User.objects.create(username=f"lookup{n}", role=Role.MANAGER, branch=branches[n % BRANCHES])
        for n in range(MANAGERS)
    ]
    for user, scope in zip(people, DataScope, strict=False):
        user.data_scope = scope
        user.save()
    return people


def fill(companies: int) -> list[User]:
    """The base; returns one person of each data scope."""
    from django.db import connection

    from companies.models import Company, CompanyNote, Contact, PhoneNumber

    people = make_people()
    one = Company.objects.create(name="Образец", responsible=people[0], branch=people[0].branch)
    person = Contact.objects.create(last_name="Образец", company=one)
    note = CompanyNote.objects.create(company=one, text="Уточнить срок поставки. " * 20)
    own = PhoneNumber.objects.create(company=one, raw="-")
    personal = PhoneNumber.objects.create(contact=person, raw="-")
    multiply(
        one,
        companies,
        id=f"{one.pk} + n",
        name="'Компания ' || n",
        folded="'компания ' || n",
        responsible_id=f"{people[0].pk} + n % {MANAGERS}",
        branch_id=f"{people[0].branch_id} + n % {BRANCHES}",
        updated_at="now() - n * interval '1 second'",
    )
    multiply(person, companies // 2, id=f"{person.pk} + n", company_id=f"{one.pk} + 2 * n", last_name="'Имя ' || n")
    multiply(note, 2 * companies, id=f"{note.pk} + n", company_id=f"{one.pk} + 1 + n / 2 % {companies}")
    after = personal.pk
    multiply(own, companies, id=f"{after} + n", company_id=f"{one.pk} + n", **numbers_sql("n"))
    after += companies
    of_people = numbers_sql(f"n + {companies}")
    multiply(personal, companies // 2, id=f"{after} + n", contact_id=f"{person.pk} + n", **of_people)
    after += companies // 2
    crowd = {"e164": f"'{CROWDED}'", "raw": f"'{CROWDED}'", "digits": f"'{CROWDED[1:]}'"}
    multiply(own, min(CROWD, companies), id=f"{after} + n", company_id=f"{one.pk} + n", **crowd)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return people[:3]


def alternatives(viewer: User) -> list[tuple[str, Callable[[str], object]]]:
    """The same question without the index of the normalised number; the rights and the order are the same."""
    from django.db.models import F, Func, Q, Value
    from django.db.models.functions import Coalesce

    from companies.listing import COMPANIES, filter_q, parse
    from companies.models import Company, PhoneNumber

    visible = Company.objects.visible_to(viewer)
    only_digits = Func(F("raw"), Value(r"\D"), Value(""), Value("g"), function="regexp_replace")

    def of(numbers: Any) -> object:
        holders = numbers.annotate(holder=Coalesce("company_id", "contact__company_id")).values("holder")
        return visible.filter(pk__in=holders).order_by("-updated_at").first()

    def like(phone: str) -> object:
        return of(PhoneNumber.objects.filter(digits__contains=phone[-10:]))

    def regexp(phone: str) -> object:
        return of(PhoneNumber.objects.annotate(bare=only_digits).filter(bare__endswith=phone[-10:]))

    def joins(phone: str) -> object:
        ends = Q(phones__digits__endswith=phone[-10:]) | Q(contacts__phones__digits__endswith=phone[-10:])
        return visible.filter(ends).order_by("-updated_at").first()

    def search(phone: str) -> object:
        found = parse(urlencode({"q": phone}), COMPANIES)
        return visible.filter(filter_q(found, viewer)).order_by("-updated_at").first()

    return [
        ("LIKE '%…%' over the digits", like),
        ("regexp_replace over what was typed", regexp),
        ("LIKE '%…' over both relations, joined", joins),
        ("the search of the list", search),
    ]


def ways(companies: int, times: int, people: list[User]) -> list[Way]:
    from companies.selectors import who_calls
    from phonebridge.lookups import look_up

    dice = random.Random(1)  # noqa: S311

    def some(first: int, last: int, count: int = times) -> list[str]:
        return [number(dice.randint(first, last)) for _ in range(count)]

    def ours(viewer: User) -> Callable[[str], object]:
        return lambda phone: who_calls(viewer=viewer, phone=phone)

    everything, *narrow = sorted(people, key=lambda user: user.data_scope != "global")
    of_all = ours(everything)
    found: list[Way] = [
        ("ours, a company's number", of_all, some(1, companies)),
        ("ours, a person's number", of_all, some(companies + 1, companies + companies // 2)),
        ("ours, kept but not recognised", of_all, [number(40 * n) for n in range(1, 1 + min(times, companies // 40))]),
        ("ours, nobody's number", of_all, [UNKNOWN] * times),
        *((f"ours, the viewer sees {user.data_scope}", ours(user), some(1, companies)) for user in narrow),
        ("ours, as the socket asks: the person read anew", lambda p: look_up(everything.pk, p), some(1, companies)),
        (f"ours, a number on {CROWD} cards", of_all, [CROWDED] * min(times, 200)),
    ]
    return found + [(name, way, some(1, companies, min(times, 15))) for name, way in alternatives(everything)]


def measure(way: Way, base_ms: float) -> tuple[list[object], float]:
    """The row of a table, and the median."""
    from django.db import connection

    name, ask, asked = way
    waited: list[float] = []

    def count(execute: Any, *args: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(*args)
        finally:
            waited[-1] += (time.perf_counter() - start) * 1000

    for phone in asked[:5]:
        ask(phone)
    took = []
    with connection.execute_wrapper(count):
        for phone in asked:
            waited.append(0.0)
            start = time.perf_counter()
            ask(phone)
            took.append((time.perf_counter() - start) * 1000)
    middle = percentile(took, 0.5)
    figures = [middle, percentile(took, 0.99), max(took), percentile(waited, 0.5)]
    return [name, len(took), *map(ms, figures), f"{middle / (base_ms or middle):.1f}"], middle


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--companies", type=int, default=200_000)
    cli.add_argument("--times", type=int, default=2000)
    options = cli.parse_args()
    with database():
        from companies.models import CompanyNote, PhoneNumber

        start = time.monotonic()
        people = fill(options.companies)
        rest = f"{PhoneNumber.objects.count()} numbers, {CompanyNote.objects.count()} notes"
        size = f"{options.companies} companies, {rest}"
        print(f"{machine()}\n\n{size}, filled in {time.monotonic() - start:.0f} s\n", flush=True)
        rows: list[list[object]] = []
        base_ms = 0.0
        for way in ways(options.companies, options.times, people):
            row, middle = measure(way, base_ms)
            base_ms = base_ms or middle
            rows.append(row)
    print(table(["how", "calls", "p50, ms", "p99, ms", "max, ms", "of it the database, p50", "times the first"], rows))


if __name__ == "__main__":
    main()
