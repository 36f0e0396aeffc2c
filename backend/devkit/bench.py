"""`./crm bench [--state DIR] NAME …`: a module of `bench/` with servers around it."""

from __future__ import annotations

import os
import sys

from devkit import paths, services
from devkit.errors import ToolError
from devkit.manage import split_state
from devkit.processes import run_forwarding


def names() -> list[str]:
    """The benches that exist; a module with a leading underscore is a part of others."""
    modules = (paths.BACKEND / "bench").glob("*.py")
    return sorted(path.stem for path in modules if not path.stem.startswith("_"))


def main(arguments: list[str]) -> int:
    state, rest = split_state(arguments, paths.BENCH_STATE)
    known = names()
    if not rest:
        sys.stdout.write("".join(f"{name}\n" for name in known) or "Замеров пока нет.\n")
        return 0
    if rest[0] not in known:
        raise ToolError(f"Нет замера «{rest[0]}». Есть: {', '.join(known) or 'ни одного'}.")
    with services.running(state, given=os.environ) as env:
        env = {**env, "CRM_BENCH_STATE": str(state)}
        return run_forwarding([sys.executable, "-m", f"bench.{rest[0]}", *rest[1:]], env=env)
