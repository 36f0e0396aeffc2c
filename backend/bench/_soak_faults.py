"""What strikes a soak, in a random order that a seed repeats."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import TextIO

from faults.cluster import Cluster

PAUSE = threading.Event()


class Faults:
    """Strikes one fault after the other and counts them; each leaves everything running."""

    def __init__(self, cluster: Cluster, seed: int, progress: TextIO) -> None:
        self.cluster, self.progress = cluster, progress
        self.random = random.Random(seed)  # noqa: S311 (reproducible)
        self.struck: Counter[str] = Counter()
        self.kinds: dict[str, Callable[[], None]] = {
            "server killed": self._killed,
            "server restarted": self._restarted,
            "server frozen": self._frozen,
            "Redis restarted": self._redis_restarted,
            "Redis flushed": cluster.flush_redis,
            "Redis frozen": self._redis_frozen,
            "PostgreSQL restarted": self._postgres_restarted,
        }

    def strike(self, seconds: float) -> None:
        """Faults for so long, none of a kind again before all have been."""
        until = time.monotonic() + seconds
        left: list[str] = []
        while True:
            pause = min(self.random.uniform(4, 12), max(seconds / 8, 2))
            if time.monotonic() + pause > until:
                PAUSE.wait(max(until - time.monotonic(), 0))
                return
            PAUSE.wait(pause)
            if not left:
                left = self.random.sample(list(self.kinds), len(self.kinds))
            name = left.pop()
            self.progress.write(f"{time.strftime('%H:%M:%S')} {name}\n")
            self.kinds[name]()
            self.struck[name] += 1

    def _killed(self) -> None:
        node = self.random.choice(self.cluster.nodes)
        node.kill()
        self._moment()
        node.start()

    def _restarted(self) -> None:
        node = self.random.choice(self.cluster.nodes)
        node.end(signal.SIGTERM)
        node.start()

    def _frozen(self) -> None:
        node = self.random.choice(self.cluster.nodes)
        node.freeze()
        PAUSE.wait(self.random.uniform(1, 8))
        node.thaw()

    def _redis_restarted(self) -> None:
        self.cluster.restart_redis(down=self._moment)

    def _moment(self) -> None:
        PAUSE.wait(self.random.uniform(0, 3))

    def _redis_frozen(self) -> None:
        with self.cluster.frozen_redis():
            PAUSE.wait(self.random.uniform(1, 4))

    def _postgres_restarted(self) -> None:
        self.cluster.restart_postgres(down=self._moment)
