"""Who runs when: one of a group, one of a person, so many altogether, in the order of the queue."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connections, transaction

from accounts.models import User
from jobs import admission, leases, services, upkeep
from jobs.handlers import UnknownKind
from jobs.models import ACTIVE, Job, Status
from jobs.selectors import queue_position
from jobs.tests.stand import begin, codes, finished, forget_lease, make

pytestmark = pytest.mark.django_db(transaction=True)


def states(*jobs: Job) -> list[str]:
    stored = dict(Job.objects.values_list("pk", "status"))
    return [stored[job.pk] for job in jobs]


def places(*jobs: Job) -> list[int]:
    return [queue_position(Job.objects.get(pk=job.pk)) for job in jobs]


def test_one_of_an_exclusive_group_runs_and_the_others_know_their_place(anna: User, boris: User) -> None:
    first = begin(anna, codes(2), "test.exclusive")
    second, third = begin(boris, codes(2, "c"), "test.exclusive"), begin(anna, codes(2, "d"), "test.exclusive")
    assert states(first, second, third) == ["running", "queued", "queued"]
    assert places(first, second, third) == [0, 1, 2]
    finished(first)
    assert states(first, second, third) == ["done", "running", "queued"]
    assert places(second, third) == [0, 1]
    assert services.cancel(job=second, actor=boris)
    finished(second)
    assert states(second, third) == ["cancelled", "running"]


def test_undo_stands_in_the_same_queue(anna: User) -> None:
    first, second = begin(anna, codes(2), "test.exclusive"), begin(anna, codes(2, "c"), "test.exclusive")
    finished(first)
    undone = services.undo(job=first, actor=anna)
    assert (undone.status, queue_position(undone)) == ("queued", 1)
    finished(second)
    assert states(first) == ["undoing"]
    assert finished(first).status == "undone"


def test_waiting_job_that_is_cancelled_frees_its_place(anna: User) -> None:
    first, second, third = (begin(anna, codes(2, name), "test.exclusive") for name in "bcd")
    assert services.cancel(job=second, actor=anna)
    assert (states(second), places(third)) == (["cancelled"], [1])
    finished(first)
    assert states(third) == ["running"]


def test_failed_job_frees_its_group(anna: User) -> None:
    first = begin(anna, codes(1, fail=True), "test.exclusive")
    second = begin(anna, codes(1, "c"), "test.exclusive")
    assert finished(first).status == "failed"
    assert states(second) == ["running"]


def test_database_itself_refuses_two_of_an_exclusive_group(anna: User) -> None:
    begin(anna, codes(1), "test.exclusive")
    second = begin(anna, codes(1, "c"), "test.exclusive")
    with pytest.raises(IntegrityError):
        Job.objects.filter(pk=second.pk).update(status=Status.RUNNING)


def test_limits_of_a_person_and_of_the_installation(anna: User, boris: User, clara: User) -> None:
    annas = [begin(anna, codes(2, f"a{i}-"), "test.crowded") for i in range(2)]
    assert states(*annas) == ["running", "queued"]
    boriss = begin(boris, codes(2, "b-"), "test.crowded")
    assert states(boriss) == ["running"]
    claras = begin(clara, codes(2, "c-"), "test.crowded")
    assert states(claras) == ["queued"]
    assert places(annas[1], claras) == [1, 2]
    finished(boriss)
    # Anna's second is first in the queue but she has one running: it holds nobody else up
    assert states(annas[1], claras) == ["queued", "running"]
    finished(annas[0])
    assert states(annas[1]) == ["running"]


def test_simultaneous_starts_let_one_in(anna: User) -> None:
    jobs = [make(anna, codes(1, f"s{i}-"), "test.exclusive") for i in range(6)]
    gate = Barrier(6)

    def start(job: Job) -> None:
        try:
            gate.wait(10)
            services.start(job=job)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(start, job) for job in jobs]:
            done.result(30)
    assert sorted(states(*jobs)) == ["queued"] * 5 + ["running"]
    assert sorted(places(*jobs)) == [0, 1, 2, 3, 4, 5]
    while running := Job.objects.filter(status__in=ACTIVE).first():
        finished(running)
    assert set(states(*jobs)) == {"done"}


def test_start_again_changes_nothing(anna: User) -> None:
    job = begin(anna, codes(2))
    assert services.start(job=job).status == "running"
    finished(job)
    assert services.start(job=job).status == "done"


def test_kind_that_nobody_knows_is_refused_waits_and_fails_in_words(anna: User) -> None:
    with pytest.raises(UnknownKind):
        services.create_job(actor=anna, kind="test.nothing", title="Нет такой")
    job = make(anna, codes(1))
    Job.objects.filter(pk=job.pk).update(kind="test.nothing")
    assert services.start(job=job).status == "queued"
    Job.objects.filter(pk=job.pk).update(status=Status.RUNNING)
    assert (finished(job).status, job.error) == ("failed", "Такую работу эта версия программы не выполняет.")


def test_sweep_starts_what_waits_and_calls_for_what_was_left(anna: User) -> None:
    job = make(anna, codes(2))
    Job.objects.filter(pk=job.pk).update(status=Status.QUEUED, queued_at=job.created_at)
    assert upkeep.sweep() == 1
    assert states(job) == ["running"]
    assert upkeep.sweep() == 0
    forget_lease(job)
    assert upkeep.sweep() == 1
    assert upkeep.sweep() == 0
    assert Job.objects.get(pk=job.pk).called_at is not None
    assert admission.admit() == 0


def test_sweep_passes_by_whoever_is_amid_a_chunk(anna: User) -> None:
    """His lease may have ended: the lock of the job's row says that he lives."""
    job = begin(anna, codes(1))
    forget_lease(job)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Job.objects.select_for_update().get(pk=job.pk)
        assert pool.submit(_elsewhere, job.pk).result(8) == (0, None)
    assert _elsewhere(job.pk)[0] == 1


def _elsewhere(job_id: uuid.UUID) -> tuple[int, str | None]:
    try:
        return upkeep.sweep(), leases.take(job_id=job_id)
    finally:
        connections.close_all()
