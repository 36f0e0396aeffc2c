"""A minute of the soak: real servers, faults in its first part, and every promise counted at its end (Q-8, R-1)."""

from __future__ import annotations

import pytest

from bench import soak
from bench._soak_watch import Growth

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("faults"), pytest.mark.timeout(400)]


def test_a_minute_of_faults_breaks_no_promise() -> None:
    options = soak.arguments(["--minutes", "1", "--phones", "40", "--pollers", "40", "--pages", "6", "--rate", "3"])
    verdict = soak.run(options)
    told = {str(name): value for name, value in verdict.figures}
    assert verdict.broken == [], told
    assert int(str(told["commands in the database"])) > 60
    assert told["faults"] != "none"


def test_verdict_knows_what_was_broken() -> None:
    """The end can fail: what is told as wrong is named, and growth beyond its allowance is wrong."""
    verdict = soak.Verdict()
    verdict.told("dialled twice", 1, wrong=True)
    verdict.told("results lost", 0, wrong=False)
    assert verdict.broken == ["dialled twice: 1"]
    assert Growth("memory", 100, 125, 24).is_wrong()
    assert not Growth("memory", 100, 124, 24).is_wrong()
