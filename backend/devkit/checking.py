"""`./crm check`: everything that CI checks. Goes on after a failure, so that one run shows all of them."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devkit import android, paths, testing

SKIPPED_PARTS = {"node_modules", "static_root", ".venv"}


@dataclass(frozen=True)
class Step:
    name: str
    command: tuple[str, ...]


def module(name: str, *arguments: str) -> tuple[str, ...]:
    """A tool by its module: Python scripts of a virtual environment break when the checkout is moved."""
    return (sys.executable, "-m", name, *arguments)


def script(name: str) -> str:
    """A compiled tool that is no module."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def templates() -> list[str]:
    found = paths.BACKEND.glob("*/templates/**/*.html")
    return sorted(str(path) for path in found if not SKIPPED_PARTS & set(path.parts))


def manage(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "manage.py", *arguments)


def lint_imports() -> tuple[str, ...]:
    return (sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()")


def steps() -> Iterator[Step]:
    """In order of price; each is run from `backend/`."""
    yield Step("ruff check", module("ruff", "check", "--quiet", "."))
    yield Step("ruff format", module("ruff", "format", "--check", "--quiet", "."))
    yield Step("import-linter", lint_imports())
    if pages := templates():
        yield Step("djade", (script("djade"), "--check", "--target-version", "6.1", *pages))
        yield Step("djlint", module("djlint", "--profile", "django", "--lint", "--quiet", *pages))
    if (paths.BACKEND / "ui/build_css.py").exists():
        yield Step("css", module("ui.build_css", "--check"))
    if (paths.BACKEND / "ui/vendor.py").exists():
        yield Step("vendor", module("ui.vendor", "--check"))
    yield Step("migrations", manage("makemigrations", "--check", "--dry-run"))
    yield Step("system check", manage("check"))
    yield Step("mypy", module("mypy", "."))


def run(step: Step, env: dict[str, str]) -> bool:
    """Print the name, the time and, when it failed, what the tool said."""
    started = time.monotonic()
    done = subprocess.run(
        step.command,
        cwd=paths.BACKEND,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    passed = done.returncode == 0
    _tell(step.name, started, passed)
    if not passed:
        sys.stdout.write(done.stdout.rstrip() + "\n")
        sys.stdout.flush()
    return passed


def _tell(name: str, started: float, passed: bool) -> None:
    sys.stdout.write(f"{'ok ' if passed else 'НЕТ'} {name:16} {time.monotonic() - started:6.1f} с\n")
    sys.stdout.flush()


def check_android() -> bool:
    """Where a JDK and Maven are; in CI they have to be."""
    android.ensure()
    if absent := android.missing():
        sys.stdout.write(f"{android.NOT_CHECKED} {', '.join(absent)}.\n")
        return os.environ.get("CI") != "true"
    started = time.monotonic()
    passed = android.main([]) == 0
    _tell("android-check", started, passed)
    return passed


def main(arguments: list[str]) -> int:
    # the static checks need no server: SQLite in a file that nobody writes
    state = paths.TEST_STATE
    state.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "DB_ENGINE": "sqlite", "SQLITE_PATH": str(Path(state, "check.sqlite3"))}
    failed = [step.name for step in steps() if not run(step, env)]
    started = time.monotonic()
    if testing.main(arguments):
        failed.append("tests")
    _tell("tests", started, "tests" not in failed)
    if not check_android():
        failed.append("android-check")
    if failed:
        sys.stdout.write(f"Не прошло: {', '.join(failed)}.\n")
        return 1
    sys.stdout.write("Всё прошло.\n")
    return 0
