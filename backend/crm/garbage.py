"""When a server of sockets looks for cyclic garbage.

A full collection looks at every object of every open socket: at 5 000 sockets nearly half a second in which nobody
hears anything, and the interpreter starts one whenever it likes. Young garbage, which is nearly all there is, is
still collected as usual (20 ms); the full one runs rarely, at a moment of its own for each process.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import time

from common.realtime import while_serving

logger = logging.getLogger(__name__)
NEVER = 1_000_000_000
EVERY_S, SLOW_S = 600.0, 0.2


def take_over() -> None:
    """Call once everything is loaded: that is not looked through again, and full collections are only ours."""
    gc.collect()
    gc.freeze()
    young, middle, _old = gc.get_threshold()
    gc.set_threshold(young, middle, NEVER)
    while_serving(keep)


async def keep() -> None:
    """The loop that collects fully, every `EVERY_S` and not at the same moment in all processes."""
    await asyncio.sleep(EVERY_S * random.uniform(0.5, 1))  # noqa: S311
    while True:
        started = time.monotonic()
        gc.collect()
        took_s = time.monotonic() - started
        if took_s > SLOW_S:
            logger.info("Looking through everything for garbage took %.2f s", took_s)
        await asyncio.sleep(EVERY_S)
