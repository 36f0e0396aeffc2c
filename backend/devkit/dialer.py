"""`./crm dialer …`: the simulated phone; it needs an address and nothing else of ours."""

from __future__ import annotations

import os
import sys


def main(arguments: list[str]) -> int:
    os.execv(sys.executable, [sys.executable, "-m", "dialer", *arguments])  # noqa: S606 (no shell wanted)
