"""A row that the database refuses, or that loses a race, costs nobody else anything."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from django.db import connection, connections, transaction

from accounts.models import Branch, User
from devkit.serving import wait_until
from jobs import engine, services
from jobs.passes import BAD_DATA, CLASH
from jobs.tests.stand import (
    Killed,
    before_statement,
    begin,
    changes,
    codes,
    finished,
    forget_lease,
    outcomes,
    state,
    times,
)
from jobs.tests.workers import is_anybody_blocked

pytestmark = pytest.mark.django_db(transaction=True)


def test_clashing_row_is_refused_alone_and_its_chunk_goes_on(anna: User) -> None:
    """`blind` rows do not look whether the branch is there, as a row that lost a race did not see it."""
    job = finished(begin(anna, [*codes(3), *codes(1, "ekb", blind=True, name="Екатеринбург"), *codes(2, "c")]))
    assert [(n, s, c) for n, s, c in outcomes(job)] == [
        (1, "done", "created"),
        (2, "done", "created"),
        (3, "done", "created"),
        (4, "refused", CLASH),
        (5, "done", "created"),
        (6, "done", "created"),
    ]
    assert dict(times(job)) == {1: 1, 2: 1, 3: 1, 5: 1, 6: 1}
    assert [n for n, _op, _field in changes(job)] == [1, 2, 3, 5, 6]
    assert (job.status, job.crashes) == ("done", 0)


def test_value_that_the_database_does_not_take_is_refused_alone(anna: User) -> None:
    job = finished(begin(anna, [*codes(1), services.Staged({"code": "long", "area": "1234567"}), *codes(1, "c")]))
    assert [(s, c) for _n, s, c in outcomes(job)] == [
        ("done", "created"),
        ("refused", BAD_DATA),
        ("done", "created"),
    ]
    assert ("long/long", "1234567") not in state()


def test_foreign_key_that_fails_at_the_commit_is_blamed_on_its_row(anna: User) -> None:
    rows = [*codes(1), services.Staged({"code": "orphan", "orphan": True}), *codes(1, "c")]
    job = finished(begin(anna, rows))
    assert [(s, c) for _n, s, c in outcomes(job)] == [("done", "created"), ("refused", CLASH), ("done", "created")]
    assert not Branch.objects.filter(code="orphan").exists()


def test_row_that_lost_a_race_sees_the_winner_and_changes_it(anna: User) -> None:
    """Somebody inserts the same branch while the chunk has looked and not yet written."""
    job = begin(anna, codes(3, area="861"))
    gone_on = threading.Event()

    def insert_and_wait() -> None:
        try:
            with transaction.atomic():
                Branch.objects.create(code="b2", name="Филиал соседа")
                inserted.set()
                gone_on.wait(10)
        finally:
            connections.close_all()

    inserted = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        neighbour = pool.submit(insert_and_wait)
        assert inserted.wait(10)
        worker = pool.submit(_run, job.pk)
        wait_until(is_anybody_blocked, "the chunk waits for the neighbour")
        gone_on.set()
        neighbour.result(10)
        worker.result(30)
    job.refresh_from_db()
    assert job.status == "done"
    assert [(s, c) for _n, s, c in outcomes(job)] == [("done", "created"), ("done", "updated"), ("done", "created")]
    assert ("b2/Филиал соседа", "861") in state()
    assert dict(times(job)) == {1: 1, 2: 1, 3: 1}


def test_deadlock_lets_the_chunk_go_row_by_row(anna: User) -> None:
    """Two who take the same two rows in opposite order: one of them is sent back and loses nothing."""
    for code in ("b1", "b2"):
        Branch.objects.create(code=code, name=code)
    job = begin(anna, codes(2, area="861"))
    holds_second = threading.Event()

    def against() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                # both sides look for a deadlock after the same time: the job, which waits longer, finds it first
                cursor.execute("UPDATE accounts_branch SET area_code = '1' WHERE code = 'b2'")
                holds_second.set()
                wait_until(is_anybody_blocked, "the job waits for the second row")
                cursor.execute("UPDATE accounts_branch SET area_code = '1' WHERE code = 'b1'")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        other = pool.submit(against)
        assert holds_second.wait(10)
        worker = pool.submit(_run, job.pk)
        other.result(40)
        worker.result(40)
    job.refresh_from_db()
    assert (job.status, job.crashes) == ("done", 0)
    assert dict(times(job)) == {1: 1, 2: 1}
    assert [code for _n, _s, code in outcomes(job)] == ["updated", "updated"]


def _run(job_id: object) -> None:
    try:
        engine.run(job_id=job_id)  # type: ignore[arg-type]
    finally:
        connections.close_all()


def test_worker_that_falls_anywhere_on_the_way_row_by_row_leaves_every_row_done_once(anna: User) -> None:
    for point in count(1):
        job = begin(anna, [*codes(2, f"p{point}-"), *codes(1, "ekb", blind=True, name="Екатеринбург")])

        def act(k: int, point: int = point) -> None:
            if k == point:
                raise Killed

        try:
            with before_statement(act):
                engine.run(job_id=job.pk)
        except Killed:
            forget_lease(job)
        else:
            break
        finished(job)
        assert [(s, c) for _n, s, c in outcomes(job)] == [("done", "created")] * 2 + [("refused", CLASH)], point
        assert dict(times(job)) == {1: 1, 2: 1}, point
        assert [n for n, _op, _field in changes(job)] == [1, 2], point
    assert point > 30
