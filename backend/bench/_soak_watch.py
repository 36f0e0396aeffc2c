"""Memory, descriptors and connections over the calm part of a soak."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median

from devkit.serving import descriptors, family, rss_kib
from faults.cluster import Cluster, Node

EVERY_S = 2.0


@dataclass(frozen=True)
class Growth:
    """The median of the first third and of the last third of the samples; `allowed` is added to the first."""

    name: str
    first: float
    last: float
    allowed: float
    unit: str = ""

    def is_wrong(self) -> bool:
        return self.last > self.first + self.allowed

    def words(self) -> str:
        return f"{self.first:.0f} → {self.last:.0f} {self.unit}".strip()


class Watch:
    """Samples the processes and the servers behind them every two seconds."""

    def __init__(self, cluster: Cluster, nodes: list[Node]) -> None:
        self.cluster = cluster
        self.sources: dict[str, tuple[Callable[[], float], float, str]] = {}
        for number, node in enumerate(nodes, start=1):
            name = node.kind if node.kind == "gunicorn" else f"{node.kind} {number}"
            self.sources[f"memory of {name}"] = (partial(_rss_mib, node), 24, "MiB")
            self.sources[f"descriptors of {name}"] = (partial(_descriptors, node), 30, "")
        self.sources["connections of PostgreSQL"] = (self._postgres, 6, "")
        self.sources["clients of Redis"] = (self._redis, 6, "")

    def over(self, seconds: float) -> list[Growth]:
        """Watch for so long, and compare the last third with the first."""
        samples: dict[str, list[float]] = {name: [] for name in self.sources}
        until, pause = time.monotonic() + seconds, threading.Event()
        while time.monotonic() < until:
            for name, (read, _allowed, _unit) in self.sources.items():
                samples[name].append(read())
            pause.wait(EVERY_S)
        found = []
        for name, (_read, allowed, unit) in self.sources.items():
            third = max(len(samples[name]) // 3, 1)
            found.append(Growth(name, median(samples[name][:third]), median(samples[name][-third:]), allowed, unit))
        return found

    def _postgres(self) -> float:
        query = "SELECT count(*) AS n FROM pg_stat_activity WHERE backend_type = 'client backend'"
        return float(self.cluster.rows(query)[0]["n"])

    def _redis(self) -> float:
        with self.cluster.valkey.client(self.cluster.redis_port) as client:
            return float(client.info("clients")["connected_clients"])


def _pids(node: Node) -> list[int]:
    return family(node.process.pid) if node.process is not None else []


def _rss_mib(node: Node) -> float:
    return sum(map(rss_kib, _pids(node))) / 1024


def _descriptors(node: Node) -> float:
    return float(sum(map(descriptors, _pids(node))))
