"""`python -m devkit COMMAND …`: what `./crm` calls once the virtual environment stands."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from importlib import import_module

from devkit.errors import ToolError

COMMANDS = {
    "demo": "devkit.demo",
    "test": "devkit.testing",
    "check": "devkit.checking",
    "manage": "devkit.manage",
    "dialer": "devkit.dialer",
    "bench": "devkit.bench",
    "shots": "devkit.shots",
    "services": "devkit.hold",
    "android-check": "devkit.android",
}
USAGE = """Использование: ./crm КОМАНДА …

  demo [--port N] [--state DIR] [--json] [--no-phone] [--fresh]
                              вся система с примерами данных на этой машине
  test [аргументы pytest]     тесты
  check                       всё, что проверяет CI
  manage [--state DIR] …      команды Django на том же состоянии
  dialer --url URL …          имитация телефона
  bench [ИМЯ …]               замеры
  shots                       снимки экранов для руководства менеджера, в docs/images
  android-check [--e2e ЧИСЛО | аргументы mvn]
                              приложение Android: сборка, проверки, тесты (нужны JDK 17 и Maven)
  services [--state DIR]      только PostgreSQL и Valkey, до Ctrl+C
"""


def _raise_file_limit() -> None:
    """Thousands of sockets need thousands of descriptors; the usual soft limit is 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        asked_for_help = bool(arguments) and arguments[0] in {"help", "--help", "-h"}
        (sys.stdout if asked_for_help else sys.stderr).write(USAGE)
        return 0 if asked_for_help else 2
    _raise_file_limit()
    run: Callable[[list[str]], int] = import_module(COMMANDS[arguments[0]]).main
    try:
        return run(arguments[1:])
    except ToolError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
