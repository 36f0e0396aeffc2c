"""Figures of this process in the text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats)."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class Requests:
    """How many answers of each status, and how long they took in seconds.

    Counted without a lock: a thread that is interrupted between two additions loses one figure, and nobody waits.
    """

    def __init__(self, name: str, what: str) -> None:
        self.name, self.what = name, what
        self.answers: Counter[int] = Counter()
        self.within = [0] * (len(BUCKETS_S) + 1)
        self.seconds = 0.0

    def count(self, status: int, seconds: float) -> None:
        self.answers[status] += 1
        self.within[bisect_left(BUCKETS_S, seconds)] += 1
        self.seconds += seconds

    def lines(self) -> Iterator[str]:
        yield f"# HELP {self.name}_answers_total {self.what}"
        yield f"# TYPE {self.name}_answers_total counter"
        for status, n in sorted(self.answers.items()):
            yield f'{self.name}_answers_total{{status="{status}"}} {n}'
        yield f"# HELP {self.name}_seconds {self.what}: how long"
        yield f"# TYPE {self.name}_seconds histogram"
        below = 0
        for limit, n in zip((*BUCKETS_S, "+Inf"), self.within, strict=True):
            below += n
            yield f'{self.name}_seconds_bucket{{le="{limit}"}} {below}'
        yield f"{self.name}_seconds_sum {self.seconds:.6f}"
        yield f"{self.name}_seconds_count {below}"


POLLS = Requests("crm_phone_poll", "Polls of phones")


def exposition() -> str:
    """Everything that this process counts."""
    return "\n".join([*POLLS.lines(), ""])
