"""The search in a large base: each kind of question, whole, from the typed text to the hits.

`./crm bench search [--companies 100000] [--times 200]`. A base of its own is filled by COPY: three people a company,
a number for each of them and for the company, an e-mail for every second company. Names are made of syllables, first
names are few. Rows of the search are written as an import writes them, 500 companies with their people at a time.
One question after the other, in milliseconds; «cut» counts answers whose time was over. Then some of them once more
through the whole stack: `GET /api/v1/search/` of a server process, with a session.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bench._site import Site, machine, ms, percentile, table
from bench._visitor import Visitor
from bench.interleavings import database
from bench.lookup import make_people

if TYPE_CHECKING:
    from django.db.models import Model

    from accounts.models import User

MOST = 1_000_000
PEOPLE_EACH = 3
CHUNK = 500
SYLLABLES = (
    *("ба", "во", "ги", "до", "жа", "зо", "ка", "ло", "ми", "не", "по", "ра", "со", "ту", "фо", "ха", "ца", "че"),
    *("ша", "ще", "юр", "яс", "ост", "ель", "арт", "инг", "ров", "тех", "пром", "снаб"),
)
FIRST = (
    *("Иван", "Пётр", "Анна", "Мария", "Олег", "Ольга", "Семён", "Нина"),
    *("Лев", "Вера", "Игорь", "Алла", "Борис", "Раиса", "Юрий", "Яна"),
)
MIDDLE = ["Иванович", "Петрович", "Сергеевна", "Львовна", "Олегович", "Игоревна", "Юрьевич", "Борисовна"]
KINDS = ["Торг", "Сервис", "Групп", "Плюс", "Строй", "Мет", "Лес", "Агро"]
CITIES = ["Екатеринбург", "Краснодар", "Тюмень", "Пермь", "Челябинск"]


def word(dice: random.Random, most: int = 4) -> str:
    return "".join(dice.choices(SYLLABLES, k=dice.randint(3, most))).capitalize()


def number(n: int) -> str:
    return f"79{n * 7919 % 1_000_000_000:09}"


def copy(sample: Model, rows: Iterable[dict[str, Any]]) -> None:
    """Copies of a stored row with some columns of their own."""
    from django.db import connection

    fields = [field for field in sample._meta.concrete_fields if not field.generated]
    usual = {f.column: f.get_db_prep_save(getattr(sample, f.attname), connection) for f in fields}
    names = ", ".join(f'"{name}"' for name in usual)
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")  # millions of rows take longer than a page may
    with connection.cursor() as cursor, cursor.copy(f'COPY "{sample._meta.db_table}" ({names}) FROM STDIN') as out:
        for row in rows:
            out.write_row([row.get(str(name), value) for name, value in usual.items()])


def fill(companies: int, people: list[User]) -> list[float]:
    """The base; returns how long each portion of rows of the search took, in milliseconds."""
    from django.db import connection

    from companies.models import Company, Contact, EmailAddress, PhoneNumber
    from companies.search import index, vocabulary

    dice = random.Random(1)  # noqa: S311
    one = Company.objects.create(name="Образец", folded="образец", responsible=people[0], branch=people[0].branch)
    person = Contact.objects.create(last_name="Образец", company=one)
    company_ids = range(one.pk + 1, one.pk + 1 + companies)
    person_ids = range(person.pk + 1, person.pk + 1 + companies * PEOPLE_EACH)
    copy(one, (_company(dice, pk, n, people) for n, pk in enumerate(company_ids)))
    copy(person, (_person(dice, pk, company_ids[n // PEOPLE_EACH]) for n, pk in enumerate(person_ids)))
    own = PhoneNumber.objects.create(company=one, raw="-")
    personal = PhoneNumber.objects.create(contact=person, raw="-")
    copy(own, (_phone(personal.pk + 1 + n, n, company_id=pk) for n, pk in enumerate(company_ids)))
    after = personal.pk + companies
    copy(personal, (_phone(after + 1 + n, companies + n, contact_id=pk) for n, pk in enumerate(person_ids)))
    email = EmailAddress.objects.create(company=one, raw="a@b.example", norm="a@b.example", domain="b.example")
    copy(email, (_email(email.pk + 1 + n, n, pk) for n, pk in enumerate(company_ids) if n % 2))
    took = []
    for first in range(0, companies, CHUNK):
        start = time.perf_counter()
        held = person_ids[first * PEOPLE_EACH : (first + CHUNK) * PEOPLE_EACH]
        index.refresh_bulk(companies=company_ids[first : first + CHUNK], contacts=held)
        took.append((time.perf_counter() - start) * 1000)
    vocabulary.recount()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return took


def _company(dice: random.Random, pk: int, n: int, people: list[User]) -> dict[str, Any]:
    owner = people[n % len(people)]
    name = f"ООО «{word(dice)} {dice.choice(KINDS)}»"
    more = {"responsible_id": owner.pk, "branch_id": owner.branch_id, "inn": f"66{n:08}", "city": dice.choice(CITIES)}
    return {"id": pk, "name": name, "folded": name.lower(), **more}


def _person(dice: random.Random, pk: int, company: int) -> dict[str, Any]:
    last = word(dice, 3) + dice.choice(("ов", "ин", "ский"))
    names = {"last_name": last, "first_name": dice.choice(FIRST), "middle_name": dice.choice(MIDDLE)}
    return {"id": pk, "company_id": company, "folded": last.lower(), **names}


def _phone(pk: int, n: int, **holder: int) -> dict[str, Any]:
    digits = number(n)
    return {"id": pk, "raw": f"+{digits}", "e164": f"+{digits}", "digits": digits, "is_primary": True, **holder}


def _email(pk: int, n: int, company: int) -> dict[str, Any]:
    norm = f"office{n}@firm{n}.example"
    return {"id": pk, "company_id": company, "raw": norm, "norm": norm, "domain": f"firm{n}.example"}


def slip(dice: random.Random, typed: str) -> str:
    """Two neighbouring letters in the other order."""
    place = dice.randrange(1, len(typed) - 1)
    return typed[:place] + typed[place + 1] + typed[place] + typed[place + 2 :]


def questions(companies: int, times: int, people: list[User]) -> list[tuple[str, User, list[str]]]:
    """Kind, viewer, what is typed."""
    from companies.models import Company, Contact
    from companies.search.layout import swap

    dice = random.Random(2)  # noqa: S311
    first = Company.objects.order_by("pk").values_list("pk", flat=True)[1]
    ids = [dice.randrange(first, first + companies) for _ in range(times)]
    names = [name[5:-1] for name in Company.objects.filter(pk__in=ids).values_list("name", flat=True)]
    persons = [person.full_name for person in Contact.objects.filter(company_id__in=ids, pk__gt=1)[:times]]
    words = [name.split()[0] for name in names]
    all_seen, branch, own = sorted(people[:3], key=lambda user: ("global", "branch", "self").index(user.data_scope))
    digits = [number(dice.randrange(companies * 4)) for _ in range(times)]
    two = [" ".join(part[:4] for part in person.split()[:2]) for person in persons]
    return [
        ("prefix, 2 letters", all_seen, [name[:2] for name in words]),
        ("prefix, 3 letters", all_seen, [name[:3] for name in words]),
        ("prefix, 3 letters, scope BRANCH", branch, [name[:3] for name in words]),
        ("prefix, 3 letters, scope SELF", own, [name[:3] for name in words]),
        ("surname + first name", all_seen, [" ".join(person.split()[:2]) for person in persons]),
        ("full name of a person", all_seen, persons),
        ("name of a company", all_seen, names),
        ("two 4-letter prefixes", all_seen, two),
        ("two 4-letter prefixes, scope SELF", own, two),
        ("last 4 digits", all_seen, [number[-4:] for number in digits]),
        ("7 digits", all_seen, [number[-7:] for number in digits]),
        ("7 digits, scope SELF", own, [number[-7:] for number in digits]),
        ("INN", all_seen, [f"66{dice.randrange(companies):08}" for _ in range(times)]),
        ("e-mail", all_seen, [f"office{dice.randrange(companies // 2) * 2 + 1}@" for _ in range(times)]),
        ("word + last 4 digits", all_seen, [f"{n[:5]} {d[-4:]}" for n, d in zip(words, digits, strict=False)]),
        ("other layout", all_seen, [swap(name) for name in words]),
        ("slip", all_seen, [slip(dice, name) for name in words]),
        ("slip, scope SELF", own, [slip(dice, name) for name in words]),
        ("nothing", all_seen, ["щзхъщзхъщ" + str(n) for n in range(times)]),
    ]


def measure(kind: str, ask: Callable[[str], Any], typed: list[str]) -> list[object]:
    for q in typed[:5]:
        ask(q)
    took, found, cut = [], 0, 0
    for q in typed:
        start = time.perf_counter()
        answer = ask(q)
        took.append((time.perf_counter() - start) * 1000)
        found += bool(answer.results)
        cut += answer.hint.startswith("Уточните")
    return [kind, len(took), ms(percentile(took, 0.5)), ms(percentile(took, 0.95)), ms(max(took)), found, cut]


WHOLE = {
    *("prefix, 3 letters", "prefix, 3 letters, scope SELF", "surname + first name", "7 digits"),
    *("word + last 4 digits", "slip"),
}


def through_the_stack(asked: list[tuple[str, User, list[str]]], people: list[User]) -> list[list[object]]:
    """Each kind by another person of the same scope: one may ask 240 times a minute."""
    from django.db import connection

    os.environ["POSTGRES_DB"] = connection.settings_dict["NAME"]
    site = Site("daphne").start()
    try:
        rows = []
        for n, (kind, viewer, typed) in enumerate(one for one in asked if one[0] in WHOLE):
            alike = [person for person in people if person.data_scope == viewer.data_scope]
            rows.append(_asked_over_http(site, kind, alike[n % len(alike)], typed[:200]))
        return rows
    finally:
        site.end()


def _asked_over_http(site: Site, kind: str, viewer: User, typed: list[str]) -> list[object]:
    visitor = Visitor(site, viewer)
    paths = [f"/api/v1/search/?q={quote(text)}" for text in typed]
    for path in paths[:5]:
        visitor.get(path)
    took = []
    for path in paths:
        start = time.perf_counter()
        visitor.get(path)
        took.append((time.perf_counter() - start) * 1000)
    return [kind, len(took), ms(percentile(took, 0.5)), ms(percentile(took, 0.95)), ms(max(took))]


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--companies", type=int, default=100_000)
    cli.add_argument("--times", type=int, default=200)
    options = cli.parse_args()
    companies = min(max(options.companies, 100), MOST)
    with database():
        from companies.models import SearchRow, SearchWord
        from companies.search.query import search

        start = time.monotonic()
        people = make_people()
        took = fill(companies, people)
        size = f"{companies} companies, {SearchRow.objects.count()} rows, {SearchWord.objects.count()} words"
        print(f"{machine()}\n\n{size}, filled in {time.monotonic() - start:.0f} s")
        portion = f"p50 {ms(percentile(took, 0.5))} ms, p95 {ms(percentile(took, 0.95))} ms"
        print(f"rows of {CHUNK} companies with {CHUNK * PEOPLE_EACH} people: {portion}\n", flush=True)
        asked = questions(companies, options.times, people)
        rows = [measure(kind, partial(search, viewer), typed) for kind, viewer, typed in asked]
        print(table(["question", "times", "p50, ms", "p95, ms", "max, ms", "found", "cut"], rows), flush=True)
        print("\n" + table(["over HTTP", "times", "p50, ms", "p95, ms", "max, ms"], through_the_stack(asked, people)))


if __name__ == "__main__":
    main()
