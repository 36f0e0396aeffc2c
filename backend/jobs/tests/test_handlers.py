"""The registry of kinds."""

from __future__ import annotations

import pytest

from jobs.handlers import ChangeRecorder, Handler, RowOutcome, UnknownKind, group_of, handler_of, handlers, register
from jobs.models import ChangeLog, Job, JobRow
from jobs.tests.stand import Branches, Exclusive


class Impostor(Handler):
    kind = "test.branches"

    def apply(self, job: Job, rows: list[JobRow], log: ChangeRecorder) -> list[RowOutcome]:
        return []


def test_kind_has_one_handler() -> None:
    assert isinstance(handler_of("test.branches"), Branches)
    register(Branches())
    with pytest.raises(ValueError, match="two handlers"):
        register(Impostor())
    assert isinstance(handler_of("test.branches"), Branches)
    with pytest.raises(UnknownKind):
        handler_of("test.nothing")
    assert "test.exclusive" in {handler.kind for handler in handlers()}


def test_limits_are_counted_over_the_kind_unless_it_names_a_group() -> None:
    assert (group_of(Branches()), group_of(Exclusive())) == ("test.branches", "test.one")


def test_kind_that_cannot_undo_keeps_everything() -> None:
    assert [outcome.status for outcome in Impostor().undo(Job(), [ChangeLog(), ChangeLog()])] == ["kept", "kept"]
