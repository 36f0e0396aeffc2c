"""The processes of the demonstration: server, worker, beat, simulated phones."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from devkit import paths
from devkit.errors import ToolError
from devkit.processes import Child

MANAGE = (sys.executable, str(paths.BACKEND / "manage.py"))
CELERY = (sys.executable, "-m", "celery", "-A", "crm")
READY_S = 60.0
PHONES_READY_S = 60.0
STOP_S = 15.0


class DemoUser(TypedDict):
    username: str
    password: str | None
    role: str
    branch: str | None
    phone: bool


@dataclass
class Stack:
    """Started children in order; `stop` ends them in the opposite order."""

    env: Mapping[str, str]
    logs: Path
    children: list[Child] = field(default_factory=list)

    def start(self, name: str, *command: str, **env: str) -> Child:
        log = self.logs / f"{name}.log"
        child = Child(name, command, env={**self.env, **env}, cwd=paths.BACKEND, log=log)
        self.children.append(child)
        return child

    def manage(self, *arguments: str) -> str:
        """What a Django command wrote to stdout; a failure ends everything with its last lines."""
        log = self.logs / "setup.log"
        with log.open("a") as errors:
            done = subprocess.run(
                [*MANAGE, *arguments],
                env=dict(self.env),
                cwd=paths.BACKEND,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                check=False,
            )
        if done.returncode:
            tail = "\n".join((log.read_text(errors="replace") + done.stdout).splitlines()[-20:])
            raise ToolError(f"Команда {arguments[0]} не прошла ({done.returncode}):\n{tail}")
        return done.stdout

    def start_server(self, port: int) -> None:
        listen = ("serve", "--host", "127.0.0.1", "--port", str(port))
        self.start("server", *MANAGE, *listen)

    def start_workers(self, schedule: Path) -> None:
        self.start("worker", *CELERY, "worker", "-c", "1", "-l", "INFO", "-n", f"demo{schedule.stat().st_ino}@%h")
        self.start("beat", *CELERY, "beat", "-l", "INFO", "-s", str(schedule / "celerybeat-schedule"), "--pidfile=")

    def start_phones(self, url: str, users: list[DemoUser], journals: Path) -> None:
        """One process per way to talk to the server; the last person has an old phone that polls."""
        owners = [user for user in users if user["phone"] and user["password"]]
        journals.mkdir(parents=True, exist_ok=True)
        groups: dict[tuple[str, str], list[str]] = {}
        for user in owners:
            transport = "poll" if len(owners) > 1 and user is owners[-1] else "ws"
            groups.setdefault((transport, user["password"] or ""), []).append(user["username"])
        started: list[tuple[Child, str, set[str]]] = []
        for number, ((transport, password), names) in enumerate(groups.items(), start=1):
            journal = f"{journals}/{transport}-{number}-{{i}}.json"
            command = (sys.executable, "-m", "dialer", "--url", url, "--username", ",".join(names))
            options = (
                "--transport",
                transport,
                "--journal",
                journal,
                "--relogin",
                "--ramp",
                "3",
                "--events",
                "--quiet",
            )
            phones = self.start(f"phones-{number}", *command, *options, CRM_DIALER_PASSWORD=password)
            started.append((phones, "registered" if transport == "poll" else "synced", set(names)))
        self._wait_for_phones(started)

    def _wait_for_phones(self, started: Iterable[tuple[Child, str, set[str]]]) -> None:
        deadline = time.monotonic() + PHONES_READY_S
        for phones, sign, names in started:
            while names - seen(phones.output(), sign):
                self.check()
                if time.monotonic() > deadline:
                    raise ToolError(f"Имитация телефона не вышла на связь:\n{phones.tail()}")
                time.sleep(0.1)

    def wait_until_ready(self, url: str) -> None:
        deadline = time.monotonic() + READY_S
        while not _answers(f"{url}/health/ready"):
            self.check()
            if time.monotonic() > deadline:
                raise ToolError(f"Сервер не готов за {READY_S:.0f} с:\n{self.children[0].tail()}")
            time.sleep(0.1)

    def check(self) -> None:
        """Raises when a child has ended by itself."""
        for child in self.children:
            if not child.is_running():
                code = child.process.returncode
                raise ToolError(f"Процесс «{child.name}» закончился (код {code}), журнал {child.log}:\n{child.tail()}")

    def stop(self) -> None:
        """Phones first, so that the server has nobody to wait for; then the rest together."""
        phones = [child for child in self.children if child.name.startswith("phones")]
        rest = [child for child in self.children if child not in phones]
        for group in (phones, rest):
            for child in group:
                child.ask_to_stop()
            for child in reversed(group):
                child.wait(STOP_S)
        self.children.clear()


def seen(events: str, sign: str) -> set[str]:
    """Names whose phone has told `sign`, from the dialer's lines of JSON."""
    found = [json.loads(line) for line in events.splitlines() if line.startswith("{") and line.endswith("}")]
    return {event["user"] for event in found if event["event"] == sign}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:  # noqa: S310 (our own http address)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def parse_users(output: str) -> list[DemoUser]:
    """The people that `seed_demo --json` names in its last line."""
    found: list[DemoUser] = json.loads(output.strip().splitlines()[-1])["users"]
    return [
        DemoUser(
            username=user["username"],
            password=user["password"],
            role=user["role"].lower(),
            branch=user["branch"].lower() if user["branch"] else None,
            phone=user["phone"],
        )
        for user in found
    ]
