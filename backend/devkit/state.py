"""The directory that holds one installation of the embedded servers: data, ports, secrets, owners."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any


@dataclass(frozen=True)
class State:
    """Paths below the directory; nothing is created before `prepare`."""

    root: Path
    durable: bool = True  # False: test servers that may lose everything in a crash, and are faster for it

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def owners(self) -> Path:
        return self.root / "owners"

    def prepare(self) -> None:
        for path in (self.root, self.logs, self.owners):
            path.mkdir(parents=True, exist_ok=True)

    def read(self, name: str) -> dict[str, Any]:
        """The JSON object of a file in this directory; empty when there is none."""
        path = self.root / name
        if not path.is_file():
            return {}
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def write(self, name: str, values: dict[str, Any]) -> None:
        """Replace the file in one step, readable by its owner only."""
        path = self.root / name
        fresh = path.with_name(f"{name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(values, file, indent=1)
        fresh.replace(path)

    def secrets(self) -> dict[str, str]:
        """Keys and passwords of this installation, made once."""
        found = self.read("secrets.json")
        if not found:
            found = {
                "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
                "MAILER_FERNET_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
                "POSTGRES_PASSWORD": secrets.token_hex(20),
                "REDIS_PASSWORD": secrets.token_hex(20),
            }
            self.write("secrets.json", found)
        return {key: str(value) for key, value in found.items()}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time starts or stops the servers."""
        with (self.root / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def take(self) -> IO[str]:
        """A mark that says «in use» as long as it is open: the system frees it even after kill -9."""
        mark = (self.owners / f"{os.getpid()}-{secrets.token_hex(4)}").open("w")
        fcntl.flock(mark, fcntl.LOCK_EX)
        return mark

    def is_owned(self) -> bool:
        """Is any mark still held? Marks of dead processes are removed."""
        held = False
        for path in self.owners.iterdir():
            with path.open("w") as mark:
                try:
                    fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    held = True
                    continue
                path.unlink(missing_ok=True)
        return held
