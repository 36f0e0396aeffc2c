"""`./crm demo`: the whole system with example data in the foreground, on this machine only."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devkit import paths, services
from devkit.errors import ToolError
from devkit.ports import free_port, is_free
from devkit.processes import Stopped, stop_on_signal
from devkit.stack import DemoUser, Stack, parse_users
from devkit.state import State

ROLES = {
    "manager": "менеджер",
    "sales_head": "руководитель отдела продаж",
    "branch_director": "директор филиала",
    "group_manager": "управляющий группой",
    "admin": "администратор",
}


def parser() -> argparse.ArgumentParser:
    cli = argparse.ArgumentParser(prog="crm demo", description="Вся система с примерами данных; Ctrl+C — остановить.")
    cli.add_argument("--port", type=int, default=8000, help="порт сайта; 0 — любой свободный")
    cli.add_argument("--state", type=Path, default=paths.STATE, help="каталог данных; обычно .state")
    cli.add_argument("--json", action="store_true", help="когда готово, одна строка JSON и больше ничего")
    cli.add_argument("--no-phone", action="store_true", help="без имитации телефонов")
    cli.add_argument("--fresh", action="store_true", help="стереть каталог данных и начать сначала")
    cli.add_argument("--companies", type=int, default=200, help="сколько компаний должно быть в базе")
    cli.add_argument("--calls", type=int, default=3000, help="сколько звонков должно быть в базе")
    return cli


def choose_port(wanted: int) -> int:
    """Raises ToolError when somebody listens there already."""
    if not 0 <= wanted <= 65535:
        raise ToolError("Порт — число от 0 до 65535.")
    if wanted and not is_free(wanted):
        raise ToolError(f"Порт {wanted} занят: укажите другой, например --port {free_port()}.")
    return wanted or free_port()


@contextmanager
def only_one(state: State) -> Iterator[None]:
    """Two demonstrations over one state would answer each other's calls."""
    with (state.root / "demo.lock").open("w") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ToolError(f"Демонстрация на состоянии {state.root} уже идёт.") from None
        yield


def settings(state: Path, url: str) -> dict[str, str]:
    """What makes the site a demonstration; later `./crm manage` on this state sees the same."""
    return {
        "CRM_DEMO": "1",
        "DJANGO_DEBUG": "0",
        "PUBLIC_BASE_URL": url,
        "MEDIA_ROOT": str(state / "media"),
        "LOG_DIR": str(state / "logs"),
        "STATIC_ROOT": str(state / "static"),
        "CRM_DRAIN_S": "3",
    }


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def report(url: str, users: list[DemoUser], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"url": url, "users": users}, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        return
    lines = [f"Готово: {url}", "", f"{'Логин':10} {'Пароль':16} {'Роль':28} {'Филиал':14} Телефон"]
    for user in users:
        role, phone = ROLES.get(user["role"], user["role"]), "есть" if user["phone"] else "—"
        password, branch = user["password"] or "(прежний)", user["branch"] or "все"
        lines.append(f"{user['username']:10} {password:16} {role:28} {branch:14} {phone}")
    lines += ["", "Остановить: Ctrl+C. Данные останутся; начать сначала: --fresh."]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _fill(stack: Stack, options: argparse.Namespace) -> list[DemoUser]:
    say("Готовлю базу…")
    stack.manage("migrate", "--noinput", "-v", "0")
    counts = ("--companies", str(options.companies), "--calls", str(options.calls))
    users = parse_users(stack.manage("seed_demo", *counts, "--json"))
    if options.no_phone:
        for user in users:
            user["phone"] = False
    return users


def _serve(stack: Stack, options: argparse.Namespace, state: Path, url: str, port: int) -> None:
    users = _fill(stack, options)
    say("Запускаю сервер…")
    stack.start_server(port)
    if stack.env.get("REDIS_URL"):
        stack.start_workers(state)
    stack.wait_until_ready(url)
    if not options.no_phone:
        say("Включаю телефоны…")
        stack.start_phones(url, users, state / "phones")
    report(url, users, as_json=options.json)
    while True:
        stack.check()
        time.sleep(0.5)


def _run(options: argparse.Namespace) -> None:
    port = choose_port(options.port)
    url = f"http://127.0.0.1:{port}"
    root = options.state.resolve()
    if options.fresh:
        if os.environ.get("POSTGRES_HOST"):
            raise ToolError("С заданным POSTGRES_HOST --fresh не работает: чужую базу эта команда не стирает.")
        services.wipe(root)
    state = State(root)
    state.prepare()
    (root / "static").mkdir(exist_ok=True)
    with only_one(state):
        given = {**settings(root, url), **os.environ}
        state.write(services.EXTRA, settings(root, url))
        if services.needs(given):
            say("Запускаю PostgreSQL и Valkey…")
        with services.running(root, given=given) as env:
            stack = Stack(env, state.logs)
            try:
                _serve(stack, options, root, url, port)
            finally:
                stack.stop()


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    try:
        with stop_on_signal():
            _run(options)
    except Stopped:
        say("Остановлено.")
    return 0
