"""What happened to the phones: JSON lines for programs, Russian lines for people, figures for both."""

import json
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TextIO

STARTED = time.monotonic()

WORDS = {
    "synced": "на связи",
    "offer": "команда: {phone}",
    "ringing": "звонит {phone}",
    "dialing": "набор {phone}",
    "talking": "разговор",
    "result": "итог: {call_status}, {call_duration_seconds} с",
    "ack": "итог принят сервером",
    "revoke": "команда отозвана: {reason}",
    "reject": "отказ: {reason}",
    "closed": "соединение закрыто: {code}",
    "cut": "нет сети {for_s} с",
    "crash": "телефон выключился",
    "restart": "телефон включился",
    "stopped": "остановлен: {reason}",
}


MOST_SAMPLES = 200_000


def _samples() -> deque[float]:
    """The last ones only: a phone of the demo may run for weeks."""
    return deque(maxlen=MOST_SAMPLES)


@dataclass
class Figures:
    """Counters and samples of a run."""

    counts: Counter[str] = field(default_factory=Counter)
    samples_ms: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(_samples))

    def sample(self, name: str, value_ms: float) -> None:
        self.samples_ms[name].append(value_ms)

    def summary(self) -> dict[str, object]:
        timings = {name: _quantiles(values) for name, values in self.samples_ms.items() if values}
        return {"seconds": round(time.monotonic() - STARTED, 3), "counts": dict(self.counts), "ms": timings}


def _quantiles(values: Iterable[float]) -> dict[str, float]:
    ordered = sorted(values)
    last = len(ordered) - 1
    picked = {name: ordered[round(last * share)] for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))}
    return {"n": len(ordered), **{k: round(v, 3) for k, v in picked.items()}, "max": round(ordered[last], 3)}


@dataclass
class Events:
    """One sink for all phones. `lines` prints JSON on stdout, `words` prints Russian for a person."""

    lines: bool = False
    words: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    figures: Figures = field(default_factory=Figures)

    def emit(self, index: int, username: str, event: str, **facts: object) -> None:
        self.figures.counts[event] += 1
        if self.lines:
            head = {"event": event, "mono": round(time.monotonic(), 6), "at": round(time.time(), 6)}
            self._print(json.dumps({**head, "phone_index": index, "user": username, **facts}, ensure_ascii=False))
        elif self.words and event in WORDS:
            shown = WORDS[event].format_map(defaultdict(lambda: "—", facts))
            self._print(f"{time.strftime('%H:%M:%S')}  {username}  {shown}")

    def _print(self, line: str) -> None:
        print(line, file=self.out, flush=True)
