"""`./crm services`: embedded servers until Ctrl+C; prints the variables that point at them."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from devkit import paths, services
from devkit.processes import Stopped, stop_on_signal

KEYS = ("DB_ENGINE", "POSTGRES_", "REDIS_URL", "DJANGO_SECRET_KEY", "MAILER_FERNET_KEY")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="crm services", description=__doc__)
    parser.add_argument("--state", type=Path, default=paths.STATE)
    options = parser.parse_args(arguments)
    try:
        with stop_on_signal(), services.running(options.state) as env:
            for key in sorted(env):
                if key.startswith(KEYS):
                    sys.stdout.write(f"export {key}='{env[key]}'\n")
            sys.stdout.flush()
            signal.pause()
    except Stopped:
        return 0
    return 0
