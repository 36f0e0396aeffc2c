"""Workers that are really killed: every row is done exactly once, whatever statement was the last."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from accounts.models import Branch, User
from devkit.serving import wait_until
from jobs import engine, leases, services, upkeep
from jobs.models import Job
from jobs.tests.stand import LATCH, begin, changes, codes, ends, finished, forget_lease, outcomes, state, times
from jobs.tests.workers import Mortals, is_anybody_busy, latched, waits, worker, working

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]
ROWS = 6


def clean(job: Job) -> None:
    """Nothing of this job is left, so that the next try begins from nothing."""
    Branch.objects.exclude(code="ekb").delete()
    Job.objects.filter(pk=job.pk).delete()


@pytest.fixture
def mortals() -> Iterator[Mortals]:
    made = Mortals()
    yield made
    made.end()


@pytest.mark.parametrize("side", [1, -1], ids=["before", "after"])
def test_kill_at_every_statement_does_every_row_once(anna: User, side: int, mortals: Mortals) -> None:
    """Before and after each statement of a whole run, so around every commit too."""
    reference = begin(anna, codes(ROWS))
    finished(reference)
    left, said, log = state(), outcomes(reference), changes(reference)
    clean(reference)
    for point in count(1):
        job = begin(anna, codes(ROWS))
        was_killed = mortals.killed_at(job, side * point)
        job.refresh_from_db()
        assert job.cursor in {0, 4, ROWS}
        assert set(times(job)) == set(range(1, job.cursor + 1))
        forget_lease(job)
        job = finished(job)
        assert (job.status, state(), outcomes(job), changes(job)) == ("done", left, said, log), point
        assert dict(times(job)) == dict.fromkeys(range(1, ROWS + 1), 1), point
        assert ends(job, "done") == 1, point
        clean(job)
        if not was_killed:
            break
    assert point > 30


def test_worker_killed_amid_a_chunk_is_followed_by_another_one(anna: User) -> None:
    job = begin(anna, [*codes(6), *codes(1, "w", wait=True), *codes(1, "z")])
    with latched(LATCH), working(job) as first:
        wait_until(lambda: waits(LATCH), "the worker is amid its second chunk")
        first.kill()
        first.wait(10)
    wait_until(lambda: not is_anybody_busy(), "the database has noticed")
    job.refresh_from_db()
    assert (job.status, job.cursor, set(times(job))) == ("running", 4, {1, 2, 3, 4})
    engine.run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.cursor) == ("running", 4), "the lease of the dead is respected until it ends"
    forget_lease(job)
    second = worker(job)
    assert second.wait(60) == 0
    second.communicate()
    job.refresh_from_db()
    assert (job.status, job.crashes) == ("done", 0)
    assert dict(times(job)) == dict.fromkeys(range(1, 9), 1)


def test_nobody_takes_over_while_a_chunk_is_worked_on(anna: User) -> None:
    """However long it takes: the chunk holds the job's row, and whoever comes leaves at once."""
    job = begin(anna, [*codes(1), *codes(1, "w", wait=True)])
    with working(job, CRM_JOB_LEASE_S="0.2") as first:
        with latched(LATCH):
            wait_until(lambda: waits(LATCH), "the worker is amid its chunk")
            wait_until(lambda: leases.due().exists(), "its lease has ended")
            assert leases.take(job_id=job.pk) is None
            assert upkeep.sweep() == 0
            assert times(job) == {}
        assert first.wait(60) == 0
    job.refresh_from_db()
    assert (job.status, job.crashes) == ("done", 0)
    assert dict(times(job)) == {1: 1, 2: 1}


def test_worker_that_falls_silent_loses_its_job_and_commits_nothing(anna: User) -> None:
    """It is not dead: it wakes when another one has finished, and must find the door shut."""
    job = begin(anna, [*codes(1), services.Staged({"code": "s", "stall": True}), *codes(1, "z")])
    with working(job, CRM_JOB_LEASE_S="1") as silent:
        assert silent.stdout is not None
        assert silent.stdin is not None
        assert silent.stdout.readline() == "stalled\n"
        job.rows.filter(n=2).update(input={"code": "s"})

        def is_done() -> bool:
            return finished_or_not(job).status == "done"

        wait_until(is_done, "the database ends the silent transaction and another worker goes on")
        silent.stdin.write("go on\n")
        silent.stdin.flush()
        assert silent.wait(30) != 0
    assert dict(times(job)) == {1: 1, 2: 1, 3: 1}
    assert ends(job, "done") == 1
    job.refresh_from_db()
    assert job.status == "done"


def finished_or_not(job: Job) -> Job:
    """Somebody looks whether the job is free, and works on it if it is."""
    engine.run(job_id=job.pk)
    job.refresh_from_db()
    return job
