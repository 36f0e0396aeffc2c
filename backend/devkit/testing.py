"""`./crm test [pytest arguments]`: the tests against real servers of their own."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from devkit import browser, paths, services
from devkit.errors import ToolError
from devkit.postgres import DATABASE
from devkit.processes import run_forwarding
from devkit.pytest_plugin import NO_BROWSER

RUNS_AT_ONCE = 7
REDIS_PER_RUN = 8
WITHOUT_BROWSER = "Проверены не все: нет Chromium, тесты в браузере не запускались."


@contextmanager
def run_number(state: Path) -> Iterator[int]:
    """A number no other run on this state has now: it names the database and the Redis databases."""
    state.mkdir(parents=True, exist_ok=True)
    for number in range(RUNS_AT_ONCE):
        with (state / f"run-{number}.lock").open("w") as mark:
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield number
            return
    raise ToolError(f"Одновременно можно вести не больше {RUNS_AT_ONCE} прогонов тестов.")


def apart(env: dict[str, str], number: int) -> dict[str, str]:
    """The environment of run `number` on embedded servers."""
    found = dict(env)
    if found.get("POSTGRES_DB") == DATABASE and number:
        found["POSTGRES_DB"] = f"{DATABASE}_{number}"
    if "REDIS_URL" in found and not os.environ.get("REDIS_URL"):
        parts = urlsplit(found["REDIS_URL"])
        found["REDIS_URL"] = urlunsplit(parts._replace(path=f"/{number * REDIS_PER_RUN}"))
    return found


def absolute(argument: str) -> str:
    """Paths are meant from where the person stands; pytest runs in `backend/`."""
    path, separator, rest = argument.partition("::")
    if path.startswith("-") or not Path(path).exists():
        return argument
    return f"{Path(path).resolve()}{separator}{rest}"


def command(arguments: list[str]) -> list[str]:
    parts = [sys.executable, "-m", "pytest", "-p", "devkit.pytest_plugin"]
    if not any(a.startswith(("-n", "--numprocesses", "--pdb")) for a in arguments):
        parts += ["-n", "2", "--dist", "loadgroup"]
    return parts + [absolute(a) for a in arguments]


def main(arguments: list[str]) -> int:
    browser.ensure()
    found = browser.chromium()
    if not found and os.environ.get("CI") == "true":
        raise ToolError("Нет Chromium: в CI тесты в браузере обязательны.")
    given = {key: value for key, value in os.environ.items() if key not in {"DJANGO_DEBUG", "DJANGO_ENV"}}
    with (
        run_number(paths.TEST_STATE) as number,
        services.running(paths.TEST_STATE, durable=False, given=given) as env,
    ):
        env = apart(env, number)
        env |= {"CRM_CHROMIUM": found} if found else {NO_BROWSER: "1"}
        code = run_forwarding(command(arguments), env=env, cwd=paths.BACKEND)
    if not found:
        sys.stderr.write(f"{WITHOUT_BROWSER}\n")
    return code
