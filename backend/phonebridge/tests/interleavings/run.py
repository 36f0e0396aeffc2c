"""Runs the machine: so many examples from a seed, then what was seen on the way."""

from __future__ import annotations

import logging
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.test import override_settings
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from phonebridge.tests.interleavings.cast import assemble
from phonebridge.tests.interleavings.machine import machine_for
from phonebridge.tests.interleavings.server import Server

STEPS = 10
# A run in which one of these never happened has proved less than it says.
SITUATIONS = (
    "granted by socket",
    "granted by poll",
    "granted by legacy",
    "refused: taken",
    "refused: cancelled",
    "refused: expired",
    "refused: unknown",
    "a lost grant was healed by socket",
    "a lost grant was healed by poll",
    "a claim was asked again",
    "a go came too late and was void",
    "a holder stopped before it dialled",
    "dialled",
    "unconfirmed",
    "an unconfirmed call was dialled after all",
    "a holder was lost",
    "became expired",
    "became cancelled user",
    "became cancelled rejected",
    "became cancelled not_dialled",
    "a cancel won",
    "a cancel came too late",
    "a second click gave the open call",
    "another call was open",
    "a result came late",
    "a result came again",
    "a second call under an old id",
    "a call without a click",
    "a report was kept as a dead letter",
    "the server died between a click and its offer",
    "the server died between a grant and its answer",
    "the server died between a result and its acknowledgement",
    "a phone died between its journal and the dial",
    "a phone died with its journal",
    "a phone lost its journal",
    "a socket was replaced",
    "an event was lost",
    "an event came twice",
    "an event older than the page was dropped",
    "a page equals its fresh snapshot",
)


def run(examples: int, seed_number: int, *, steps: int = STEPS) -> Counter[str]:
    """Counts of all that happened. Raises with the shrunk story when something did not hold."""
    counts: Counter[str] = Counter()
    with _one_process():
        server = Server()
        try:
            machine = seed(seed_number)(machine_for(assemble(), server, counts))
            run_state_machine_as_test(machine, settings=_settings(examples, steps))
        finally:
            if (error := sys.exception()) is not None:
                error.add_note(f"Seed {seed_number}, first seen in example {counts['first violation']}.")
            server.close()
    return counts


def never(counts: Counter[str]) -> list[str]:
    """Situations that did not occur."""
    return [name for name in SITUATIONS if not counts[name]]


def _settings(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


@contextmanager
def _one_process() -> Iterator[None]:
    """An installation without Redis (events go to the hub directly), whose threads keep their connections."""
    apart = override_settings(
        IS_ASGI=True,
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
    )
    logging.disable(logging.WARNING)
    try:
        with apart, warnings.catch_warnings():
            # no collected static files here, and nobody asks for them
            warnings.filterwarnings("ignore", "No directory at", UserWarning)
            yield
    finally:
        logging.disable(logging.NOTSET)
