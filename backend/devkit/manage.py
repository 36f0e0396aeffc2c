"""`./crm manage [--state DIR] COMMAND …`: a Django command on the state of the demo, or on the given servers."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from devkit import paths, services
from devkit.errors import ToolError
from devkit.processes import run_forwarding


def split_state(arguments: list[str], default: Path) -> tuple[Path, list[str]]:
    """`--state DIR` is ours only before the command; everything after it is Django's."""
    if arguments and arguments[0].startswith("--state="):
        return Path(arguments[0].partition("=")[2]), arguments[1:]
    if arguments and arguments[0] == "--state":
        if len(arguments) < 2:
            raise ToolError("После --state нужен каталог.")
        return Path(arguments[1]), arguments[2:]
    return default, arguments


def main(arguments: list[str]) -> int:
    state, rest = split_state(arguments, paths.STATE)
    command = [sys.executable, str(paths.BACKEND / "manage.py"), *rest]
    with services.running(state, given=os.environ) as env:
        return run_forwarding(command, env=env)
