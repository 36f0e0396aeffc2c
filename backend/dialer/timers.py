"""Timers and small jobs that end with their owner."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Timers:
    """Named one-shot timers (a new one replaces the old) and background jobs."""

    handles: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    jobs: set[asyncio.Task[None]] = field(default_factory=set)

    def later(self, name: str, wait_s: float, then: Callable[[], None]) -> None:
        if name in self.handles:
            self.handles[name].cancel()
        self.handles[name] = asyncio.get_running_loop().call_later(wait_s, self._fire, name, then)

    def _fire(self, name: str, then: Callable[[], None]) -> None:
        self.handles.pop(name, None)
        then()

    def job(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self.jobs.add(task)
        task.add_done_callback(self.jobs.discard)

    def close(self) -> None:
        for handle in self.handles.values():
            handle.cancel()
        for job in self.jobs:
            job.cancel()
