"""Random interleavings of phones, people, time and crashes against the real services and a real database.

`./crm bench interleavings [--examples 10000] [--seed N]`. The same machine as in the tests, for as long as wanted:
prints how often everything happened, or the shortest story in which something did not hold (and ends with 1).
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import django

from bench._site import machine

CHUNK = 1000


@contextmanager
def database() -> Iterator[None]:
    """A database that is made for the run and goes with it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    os.environ["DJANGO_DEBUG"] = "0"
    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_test_environment, teardown_test_environment

    if connection.vendor == "postgresql":
        # a crash of PostgreSQL is no part of this bench, so nothing waits for its disk
        settings.DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"
    setup_test_environment(debug=False)
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        teardown_test_environment()


def measure(examples: int, seed: int) -> Counter[str]:
    """All examples, in portions: the portion number n is drawn from `seed` + n."""
    from django.core.management import call_command

    from phonebridge.tests.interleavings.run import run

    counts: Counter[str] = Counter()
    for number, first in enumerate(range(0, examples, CHUNK)):
        call_command("flush", verbosity=0, interactive=False)  # each portion brings its own people
        counts += run(min(CHUNK, examples - first), seed + number)
        print(f"{counts['examples']:7} examples", file=sys.stderr, flush=True)
    return counts


def table(counts: Counter[str]) -> str:
    """Situations first, then how often each rule ran."""
    rules = {name.removeprefix("rule "): n for name, n in counts.items() if name.startswith("rule ")}
    seen = {
        name: n for name, n in counts.items() if not name.startswith("rule ") and name not in {"examples", "steps"}
    }
    lines = [f"{n:8} {name}" for name, n in sorted(seen.items())]
    return "\n".join([*lines, "", "rules", *(f"{n:8} {name}" for name, n in sorted(rules.items()))])


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--examples", type=int, default=10_000)
    cli.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    options = cli.parse_args()
    print(f"{machine()}\nseed {options.seed}, {options.examples} examples wanted", flush=True)
    began = time.monotonic()
    with database():
        try:
            counts = measure(options.examples, options.seed)
        finally:
            if sys.exception() is not None:
                print("violations 1: the shortest story stands at the end of the traceback", flush=True)
    print(table(counts))
    took = f"{time.monotonic() - began:.0f} s"
    print(f"\nseed {options.seed}: {counts['examples']} examples, {counts['steps']} steps, {took}, violations 0")


if __name__ == "__main__":
    main()
