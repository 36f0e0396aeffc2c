"""Full collections happen when the server of sockets wants them, and they happen."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import weakref

import pytest

from crm import garbage
from crm.tests.live import BACKEND

SAY = "import crm.asgi, gc; print(gc.get_threshold()[2], gc.get_freeze_count())"


@pytest.mark.parametrize(("server", "ours"), [("asgi", True), ("wsgi", False)])
def test_server_of_sockets_alone_decides_about_full_collections(server: str, ours: bool) -> None:
    env = {**os.environ, "CRM_SERVER": server, "DJANGO_SETTINGS_MODULE": "crm.settings"}
    said = subprocess.run(
        [sys.executable, "-c", SAY], cwd=BACKEND, env=env, capture_output=True, text=True, check=True
    )
    limit, frozen = map(int, said.stdout.split())
    assert (limit == garbage.NEVER, frozen > 50_000) == (ours, ours)


class Ring:
    def __init__(self) -> None:
        self.me = self


async def test_old_cycles_are_collected_by_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "EVERY_S", 0.01)
    ring = weakref.ref(Ring())
    task = asyncio.create_task(garbage.keep())
    async with asyncio.timeout(10):
        while ring() is not None:  # noqa: ASYNC110 (what is collected tells nobody)
            await asyncio.sleep(0.01)
    task.cancel()
    assert gc.isenabled()
