"""Random interleavings of phones, people, time and crashes: what must hold, holds after every step."""

from __future__ import annotations

import pytest

from phonebridge.tests.interleavings.run import never, run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

EXAMPLES = 500
# `./crm bench interleavings` shows that every situation occurs; a few hundred examples need not meet the rarest.
COMMON = {"granted by socket", "granted by poll", "granted by legacy", "refused: taken", "dialled", "became expired"}


@pytest.mark.parametrize("seed", [1, 2])
def test_every_promise_holds_whatever_the_order_of_things(seed: int) -> None:
    counts = run(EXAMPLES, seed)
    assert counts["examples"] >= EXAMPLES
    assert COMMON & set(never(counts)) == set()
    assert counts["a page equals its fresh snapshot"] > 0
