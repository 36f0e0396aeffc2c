"""One cluster for a whole file: starting PostgreSQL, Valkey and two servers takes longer than most faults."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faults.cluster import Cluster
from faults.phones import end_all

ASKED = {
    "calls": "SELECT * FROM phonebridge_callrequest ORDER BY created_at DESC LIMIT 5",
    "sessions": "SELECT pid, state, wait_event_type, query FROM pg_stat_activity WHERE datname IS NOT NULL",
}


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(Path(tmp_path_factory.mktemp("cluster")))
    try:
        yield cluster
    finally:
        cluster.close()


@pytest.fixture
def cluster(standing: Cluster) -> Iterator[Cluster]:
    """Both nodes up, nobody's call open; afterwards no phone is left."""
    standing.start()
    standing.forget_calls()
    yield standing
    end_all()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the servers said and what the calls look like belongs to the report of a failed test."""
    report = yield
    found: Any = getattr(item, "funcargs", {}).get("cluster")
    if report.when == "call" and report.failed and isinstance(found, Cluster):
        for title, query in ASKED.items():
            with suppress(psycopg.Error):  # PostgreSQL may be what the test has just stopped
                report.sections.append((title, "\n".join(map(str, found.rows(query)))))
        for node in found.nodes:
            said = node.log.read_text(errors="replace")[-8000:]
            report.sections.append((node.log.name, said))
    return report
