"""PostgreSQL and Valkey of one's own with two server processes on them, each of which may be killed and restarted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from devkit.ports import free_port
from devkit.postgres import DATABASE, USER, Postgres
from devkit.serving import server_command, wait_until
from devkit.state import State
from devkit.valkey import Valkey

BACKEND = Path(__file__).resolve().parents[1]
# The same proportions as in production (docs/protocol/README.md), so short that a test can wait for them.
SHORT = {
    "CRM_CALL_EXPIRES_S": "8",
    "CRM_SOCKET_AUTH_S": "5",
    "CRM_CALL_REGRANT_S": "4",
    "CRM_CALL_DIAL_WITHIN_S": "2",
    "CRM_CALL_UNCONFIRMED_S": "6",
    "CRM_CALL_UNCONFIRMED_LEGACY_S": "6",
    "CRM_CALL_HOLDER_LOST_S": "5",
    "CRM_CALL_LEGACY_WAIT_S": "1",
    "CRM_PING_S": "2",
    "CRM_PONG_S": "2",
    "CRM_PROCESS_BEAT_S": "0.5",
    "CRM_PROCESS_DEAD_S": "3",
    "CRM_SEEN_BATCH_S": "1",
    "CRM_DRAIN_S": "4",
}


@dataclass(frozen=True)
class Person:
    id: int
    branch: int
    username: str
    access: str
    refresh: str
    session: str


class Node:
    """One server process, on a port that it keeps over its lives: `serve` (Daphne) or `gunicorn`."""

    def __init__(self, env: dict[str, str], log: Path, kind: str = "serve") -> None:
        self.env, self.log, self.kind, self.port = env, log, kind, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Node:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                server_command(self.kind, self.port), cwd=BACKEND, env=self.env, stdout=out, stderr=out
            )
        wait_until(self.answers, f"a server answers; see {self.log}")
        return self

    def answers(self) -> bool:
        return get(f"{self.url}/health/live")[0] == 200

    def freeze(self) -> None:
        """SIGSTOP: alive, and silent."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL: nothing is said, nothing is written down."""
        self.end(signal.SIGKILL)

    def end(self, how: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None


class Cluster:
    """Two nodes on servers that nobody else uses; `people` have tokens and sessions."""

    def __init__(self, root: Path, people: int = 8, **settings: str) -> None:
        self.state = State(root, durable=True)
        self.state.prepare()
        self.postgres, self.valkey = Postgres(self.state), Valkey(self.state)
        self.pg_port = self.postgres.start()
        self.redis_port = self.valkey.start()
        secrets = self.state.secrets()
        self.env = {
            **os.environ,
            "DJANGO_DEBUG": "0",
            "DJANGO_SECRET_KEY": secrets["DJANGO_SECRET_KEY"],
            "MAILER_FERNET_KEY": secrets["MAILER_FERNET_KEY"],
            "DB_ENGINE": "postgres",
            "POSTGRES_DB": DATABASE,
            "POSTGRES_USER": USER,
            "POSTGRES_PASSWORD": secrets["POSTGRES_PASSWORD"],
            "POSTGRES_HOST": "127.0.0.1",
            "POSTGRES_PORT": str(self.pg_port),
            "REDIS_URL": self.valkey.url(self.redis_port),
            "CELERY_BROKER_URL": "",
            "PYTHONPATH": str(BACKEND),
            **SHORT,
            **settings,
        }
        told = subprocess.run(
            [sys.executable, "-m", "faults.people", str(people)],
            cwd=BACKEND,
            env=self.env,
            capture_output=True,
            text=True,
            check=True,
        )
        found = [Person(**json.loads(line)) for line in told.stdout.splitlines() if line.startswith("{")]
        self.people, self.head = found[:-1], found[-1]
        self.nodes = [Node(self.env, root / f"node-{n}.log") for n in (1, 2)]

    def start(self) -> Cluster:
        for node in self.nodes:
            if node.process is None:
                node.start()
        return self

    def close(self) -> None:
        for node in self.nodes:
            node.end(signal.SIGKILL)
        self.postgres.stop()
        self.valkey.stop(self.redis_port)

    # --- faults

    def restart_redis(self, down: Callable[[], None] = lambda: None) -> None:
        """Stop Valkey, do what `down` does while it is away, start it again empty on the same port."""
        self.valkey.stop(self.redis_port)
        down()
        self.valkey.start(self.redis_port)

    def flush_redis(self) -> None:
        with self.valkey.client(self.redis_port) as client:
            client.flushall()

    @contextmanager
    def frozen_redis(self) -> Iterator[None]:
        """Valkey keeps its port and its connections, and says nothing: what a machine out of memory looks like."""
        pid = self.valkey.pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def restart_postgres(self, down: Callable[[], None] = lambda: None) -> None:
        self.postgres.stop()
        down()
        self.postgres.start(self.pg_port)

    # --- the truth

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with self.postgres.connect(self.pg_port) as connection, connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, values).fetchall()

    def row(self, call_id: str) -> dict[str, Any]:
        (found,) = self.rows("SELECT * FROM phonebridge_callrequest WHERE id = %s", call_id)
        return found

    def reports_of(self, call_id: str) -> int:
        query = "SELECT count(*) AS n FROM phonebridge_callreport WHERE call_id = %s"
        return int(self.rows(query, call_id)[0]["n"])

    def forget_calls(self) -> None:
        """An empty desk for the next test."""
        with self.postgres.connect(self.pg_port) as connection:
            tables = "phonebridge_callreport, phonebridge_callreject, phonebridge_deadletter, phonebridge_callrequest"
            connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(tables)))

    def prolong(self, call_id: str) -> None:
        """A command that outlives whatever the test does to the servers."""
        with self.postgres.connect(self.pg_port) as connection:
            query = "UPDATE phonebridge_callrequest SET expires_at = now() + interval '10 minutes' WHERE id = %s"
            connection.execute(query, [call_id])

    # --- what people do

    def click(self, person: Person, *, node: int = 0, phone: str = "+73430001234") -> tuple[int, dict[str, Any]]:
        """POST /api/v1/calls/: the status and the answer."""
        return post(f"{self.nodes[node].url}/api/v1/calls/", {"phone": phone}, person.access)

    def cancel(self, person: Person, call_id: str, *, node: int = 0) -> dict[str, Any]:
        return post(f"{self.nodes[node].url}/api/v1/calls/{call_id}/cancel/", {}, person.access)[1]


def get(url: str, token: str = "") -> tuple[int, Any]:
    return _ask(urllib.request.Request(url, headers=_headers(token)))  # noqa: S310 (loopback)


def post(url: str, body: Any, token: str = "") -> tuple[int, dict[str, Any]]:
    data = json.dumps(body).encode()
    return _ask(urllib.request.Request(url, data=data, headers=_headers(token)))  # noqa: S310 (loopback)


def _headers(token: str) -> dict[str, str]:
    said = {"Content-Type": "application/json"}
    return {**said, "Authorization": f"Bearer {token}"} if token else said


def _ask(request: urllib.request.Request) -> tuple[int, Any]:
    """The status (0: nobody answered) and the JSON."""
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 (loopback)
            return answer.status, _json(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, _json(error.read())
    except (urllib.error.URLError, OSError):
        return 0, {}


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return {}
