"""The engine over rows: every row once, whoever dies, whoever else works."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.conf import LazySettings
from django.db import connection, connections

from accounts.models import Branch, User
from jobs import engine, leases, services
from jobs.models import ChangeLog, Job, JobRow, Status
from jobs.selectors import can_resume, job_counts, row_page
from jobs.tests.stand import (
    Killed,
    before_statement,
    begin,
    changes,
    codes,
    ends,
    finished,
    forget_lease,
    make,
    outcomes,
    state,
    times,
)

pytestmark = pytest.mark.django_db(transaction=True)


def once(job: Job) -> bool:
    return dict(times(job)) == dict.fromkeys(range(1, job.total + 1), 1)


def test_every_row_is_done_once_in_order_and_logged(anna: User) -> None:
    rows = [*codes(5), *codes(2, area="343"), *codes(1, area="343"), services.Staged({"refuse": "foreign"})]
    job = finished(begin(anna, rows))
    assert (job.status, job.cursor, job.total, job.lease, job.crashes) == ("done", 9, 9, "", 0)
    assert [(s, c) for _n, s, c in outcomes(job)] == [
        *[("done", "created")] * 5,
        *[("done", "updated")] * 2,
        ("unchanged", ""),
        ("refused", "foreign"),
    ]
    assert changes(job) == [
        *((n, "create", "") for n in range(1, 6)),
        (6, "update", "area_code"),
        (7, "update", "area_code"),
    ]
    assert once(job)
    assert ends(job, "done") == 1
    assert job.started_at and job.finished_at and job.undo_until
    assert job.undo_until - job.finished_at == timedelta(days=7)


def test_counts_are_the_rows(anna: User) -> None:
    job = finished(begin(anna, [*codes(6), *codes(6), *[services.Staged({"refuse": "foreign"})] * 3]))
    counts = job_counts(job)
    assert counts.rows == {("done", "created"): 6, ("unchanged", ""): 6, ("refused", "foreign"): 3}
    assert sum(counts.by_status().values()) == job.total == JobRow.objects.filter(job=job).count()
    assert counts.of("refused") == counts.of("refused", "foreign") == 3
    assert [row.n for row in row_page(job, status="refused", limit=2)] == [13, 14]
    assert [row.n for row in row_page(job, code="foreign", after=14)] == [15]
    assert [row.n for row in row_page(job, after=13)] == [14, 15]


def test_job_without_rows_is_done_at_once(anna: User) -> None:
    job = finished(begin(anna, []))
    assert (job.status, job.total, ends(job, "done")) == ("done", 0, 1)


def test_broken_chunk_leaves_nothing_and_is_done_again(anna: User) -> None:
    job = begin(anna, [*codes(6), *codes(1, "x", crash=True)])
    with pytest.raises(Killed):
        engine.run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.cursor, job.crashes, job.lease) == ("running", 4, 1, "")
    assert Branch.objects.filter(code__startswith="b").exclude(code="ekb").count() == 4
    assert set(times(job)) == {1, 2, 3, 4}
    JobRow.objects.filter(job=job, n=7).update(input={"code": "x1"})
    forget_lease(job)
    assert finished(job).status == "done"
    assert once(job)


def test_three_crashes_on_one_chunk_fail_the_job_and_it_may_be_resumed(anna: User) -> None:
    job = begin(anna, [*codes(4), *codes(1, "x", crash=True)])
    for _ in range(3):
        forget_lease(job)
        with pytest.raises(Killed):
            engine.run(job_id=job.pk)
    forget_lease(job)
    engine.run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.cursor, job.lease) == ("failed", 4, "")
    assert "три сбоя подряд" in job.error
    JobRow.objects.filter(job=job, n=5).update(input={"code": "x1"})
    again = services.resume(job=job, actor=anna)
    assert (again.status, again.error, again.crashes) == ("running", "", 0)
    assert finished(job).status == "done"
    assert once(job)


def test_refusal_of_the_whole_job_fails_it_with_its_sentence(anna: User) -> None:
    job = finished(begin(anna, [*codes(4), *codes(1, "x", fail=True)]))
    assert (job.status, job.error, job.cursor) == ("failed", "Файла больше нет.", 4)


def test_crashes_of_different_chunks_are_not_added_up(anna: User) -> None:
    job = begin(anna, codes(16))
    for n in (1, 5, 9, 13):
        JobRow.objects.filter(job=job, n=n).update(input={"code": f"b{n}", "crash": True})
        with pytest.raises(Killed):
            engine.run(job_id=job.pk)
        JobRow.objects.filter(job=job, n=n).update(input={"code": f"b{n}"})
        forget_lease(job)
    assert finished(job).status == "done"
    assert once(job)


def test_stale_lease_commits_nothing(anna: User) -> None:
    job = begin(anna, codes(9))
    old = leases.take(job_id=job.pk)
    assert old
    assert leases.take(job_id=job.pk) is None
    forget_lease(job)
    new = leases.take(job_id=job.pk)
    assert new and new != old
    engine.work(job_id=job.pk, lease=old)
    job.refresh_from_db()
    assert (job.cursor, job.lease, times(job)) == (0, new, {})
    leases.give_back(job_id=job.pk, lease=old)
    job.refresh_from_db()
    assert (job.lease, job.crashes) == (new, 1)
    engine.work(job_id=job.pk, lease=new)
    job.refresh_from_db()
    assert (job.status, job.crashes) == ("done", 0)
    assert once(job)


def test_lease_that_ended_but_was_taken_by_nobody_is_still_good(anna: User) -> None:
    job = begin(anna, codes(9))
    lease = leases.take(job_id=job.pk)
    assert lease
    forget_lease(job)
    engine.work(job_id=job.pk, lease=lease)
    job.refresh_from_db()
    assert job.status == "done"


def test_many_workers_on_one_job_do_every_row_once(anna: User, settings: LazySettings) -> None:
    settings.JOBS = {**settings.JOBS, "turn": timedelta(0)}
    job = begin(anna, codes(60))
    gate = Barrier(4)

    def compete() -> None:
        try:
            gate.wait(10)
            while Job.objects.filter(pk=job.pk, status=Status.RUNNING).exists():
                engine.run(job_id=job.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(compete) for _ in range(4)]:
            done.result(60)
    job.refresh_from_db()
    assert (job.status, job.crashes) == ("done", 0)
    assert once(job)
    assert ends(job, "done") == 1


def test_turn_ends_and_the_next_worker_goes_on(anna: User, settings: LazySettings) -> None:
    settings.JOBS = {**settings.JOBS, "turn": timedelta(0)}
    job = begin(anna, codes(9))
    for cursor in (4, 8, 9):
        engine.run(job_id=job.pk)
        job.refresh_from_db()
        assert (job.status, job.cursor, job.lease, job.crashes) == ("running", cursor, "", 0)
    engine.run(job_id=job.pk)
    job.refresh_from_db()
    assert job.status == "done"


def test_process_that_ends_stops_after_the_present_chunk(anna: User) -> None:
    job = begin(anna, codes(9))
    engine.run(job_id=job.pk, should_stop=lambda: True)
    job.refresh_from_db()
    assert (job.status, job.cursor, job.lease) == ("running", 4, "")


def test_cancel_stops_after_the_present_chunk_and_resume_goes_on(anna: User) -> None:
    job = begin(anna, codes(10))
    stops = iter([False])

    def after_one_chunk() -> bool:
        services.cancel(job=job, actor=anna)
        return next(stops, False)

    engine.run(job_id=job.pk, should_stop=after_one_chunk)
    job.refresh_from_db()
    assert (job.status, job.cursor) == ("cancelled", 4)
    assert job_counts(job).by_status() == {"done": 4, "pending": 6}
    assert ends(job, "done") == 0
    assert services.cancel(job=job, actor=anna) is False
    assert can_resume(job)
    assert services.resume(job=job, actor=anna).status == "running"
    assert finished(job).status == "done"
    assert once(job)


def test_cancel_does_not_wait_for_the_chunk(anna: User) -> None:
    """The chunk holds the job's row; the click is answered all the same."""
    job = begin(anna, codes(5))
    answers: list[bool] = []

    def click() -> None:
        try:
            answers.append(services.cancel(job=job, actor=anna))
        finally:
            connections.close_all()

    def amid_the_chunk(k: int) -> None:
        cursor_has_moved = k < 0 and connection.in_atomic_block and times(job)
        if cursor_has_moved and not answers:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(click).result(5)

    with before_statement(amid_the_chunk):
        engine.run(job_id=job.pk)
    job.refresh_from_db()
    assert answers == [True]
    assert (job.status, job.cursor) == ("cancelled", 4)


def test_job_that_waits_or_is_being_made_is_cancelled_at_once(anna: User) -> None:
    job = make(anna, codes(3))
    assert services.cancel(job=job, actor=anna)
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert not can_resume(job)
    with pytest.raises(services.WrongState):
        services.start(job=job)
    with pytest.raises(services.WrongState):
        services.resume(job=job, actor=anna)
    assert not ChangeLog.objects.exists()
    assert state() == [("ekb/Екатеринбург", "343")]
