"""PostgreSQL and Redis for the tools: the given ones, or embedded ones over a state directory."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from devkit import postgres
from devkit.errors import ToolError
from devkit.ports import HOST
from devkit.postgres import Postgres
from devkit.state import State
from devkit.valkey import Valkey

EXTRA = "environment.json"  # what the demo tells later commands on the same state


def needs(given: Mapping[str, str]) -> frozenset[str]:
    """Which servers must be embedded, with this environment."""
    if given.get("DB_ENGINE") == "sqlite":
        return frozenset()
    wanted = {"postgres": "POSTGRES_HOST", "valkey": "REDIS_URL"}
    return frozenset(name for name, key in wanted.items() if not given.get(key))


@contextmanager
def running(root: Path, *, durable: bool = True, given: Mapping[str, str] = os.environ) -> Iterator[dict[str, str]]:
    """The environment with servers that run for the time of the block.

    A second user of the same directory joins; the last one stops what was started.
    """
    state = State(root.resolve(), durable=durable)
    state.prepare()
    wanted = needs(given)
    with ExitStack() as stack:
        ports: dict[str, int] = {}
        if wanted:
            mark = state.take()
            pids: list[int] = []
            stack.callback(_release, state, pids)
            stack.callback(mark.close)
            with state.locked():
                ports = _start(state, wanted)
                pids += [int(entry["pid"]) for entry in state.read("services.json").values()]
        yield environment(state, given, ports)


def environment(state: State, given: Mapping[str, str], ports: Mapping[str, int]) -> dict[str, str]:
    """What Django is started with; a value from outside always wins."""
    secrets = state.secrets()
    made = {key: secrets[key] for key in ("DJANGO_SECRET_KEY", "MAILER_FERNET_KEY")}
    made |= {key: str(value) for key, value in state.read(EXTRA).items()}
    if given.get("DB_ENGINE") == "sqlite":
        made["SQLITE_PATH"] = str(state.root / "db.sqlite3")
    if "postgres" in ports:
        made |= {
            "DB_ENGINE": "postgres",
            "POSTGRES_DB": postgres.DATABASE,
            "POSTGRES_USER": postgres.USER,
            "POSTGRES_PASSWORD": secrets["POSTGRES_PASSWORD"],
            "POSTGRES_HOST": HOST,
            "POSTGRES_PORT": str(ports["postgres"]),
        }
    if "valkey" in ports:
        made["REDIS_URL"] = Valkey(state).url(ports["valkey"])
    set_outside = {key: value for key, value in given.items() if value or key not in made}
    return {**made, **set_outside}


def _start(state: State, wanted: frozenset[str]) -> dict[str, int]:
    """Start what is missing and write down where it listens; the caller holds the lock."""
    known = state.read("services.json")
    before = {name: int(entry["port"]) for name, entry in known.items()}
    for name in sorted(wanted):
        server = Postgres(state) if name == "postgres" else Valkey(state)
        port = server.start(before.get(name, 0))
        known[name] = {"port": port, "pid": server.pid()}
        state.write("services.json", known)
    return {name: int(known[name]["port"]) for name in wanted}


def _release(state: State, pids: list[int]) -> None:
    if not state.root.exists():
        # somebody removed the directory under running servers: nobody can join or stop them any more
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        return
    with state.locked():
        if not state.is_owned():
            stop(state)


def stop(state: State) -> None:
    """End both servers, whoever started them; the caller holds the lock or is alone."""
    known = state.read("services.json")
    if "postgres" in known:
        Postgres(state).stop()
    if "valkey" in known:
        Valkey(state).stop(int(known["valkey"]["port"]))


def wipe(root: Path) -> None:
    """Remove a state directory with everything in it."""
    if not root.exists():
        return
    state = State(root.resolve())
    if not (root / "secrets.json").exists() and any(root.iterdir()):
        raise ToolError(f"{root} не похож на каталог состояния: удалите его сами.")
    state.prepare()
    with state.locked():
        if state.is_owned():
            raise ToolError(f"Состояние {root} занято другой командой: остановите её.")
        stop(state)
    shutil.rmtree(root)
