"""What `./crm test` adds to pytest: a Redis of one's own per worker, no browser tests without a browser,
and in CI no silent skips.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit, urlunsplit

import pytest

NO_BROWSER = "CRM_NO_BROWSER"


def redis_of_worker(url: str, worker: str) -> str:
    """The database after the run's first one, counted by the worker's number: `gw1` gets first + 2."""
    parts = urlsplit(url)
    first = int(parts.path.lstrip("/") or 0)
    number = int(worker.removeprefix("gw")) + 1 if worker else 0
    return urlunsplit(parts._replace(path=f"/{first + number}"))


# at import: settings are read before any hook of a plugin runs
if os.environ.get("REDIS_URL"):
    os.environ["REDIS_URL"] = redis_of_worker(os.environ["REDIS_URL"], os.environ.get("PYTEST_XDIST_WORKER", ""))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get(NO_BROWSER) != "1":
        return
    left_out = [item for item in items if item.get_closest_marker("browser")]
    items[:] = [item for item in items if not item.get_closest_marker("browser")]
    config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("CI") != "true":
        return
    if reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("CI") == "true" and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("В CI пропущенный тест — ошибка: см. SKIPPED выше.", red=True)
