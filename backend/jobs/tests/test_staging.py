"""Rows before the start: any number in constant memory, numbered without a gap, all or none."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from accounts.models import Branch, User
from jobs import engine, services
from jobs.models import Job, JobRow
from jobs.selectors import job_counts
from jobs.services import NotStaging, Staged
from jobs.tests.stand import begin, codes, finished, make

pytestmark = pytest.mark.django_db(transaction=True)
MEBIBYTE = 1024 * 1024


def many(count: int) -> Iterator[Staged]:
    for n in range(count):
        yield Staged({"Название": f"ООО «Компания {n}»", "Телефон": "8 343 000-00-00", "line": n}, target_id=n)


def peak_mib(job: Job, count: int) -> float:
    tracemalloc.start()
    try:
        services.stage_rows(job=job, rows=many(count))
        return tracemalloc.get_traced_memory()[1] / MEBIBYTE
    finally:
        tracemalloc.stop()


def test_fifty_thousand_rows_cost_the_memory_of_five_thousand(anna: User) -> None:
    few, lots = make(anna, []), make(anna, [])
    small, big = peak_mib(few, 5_000), peak_mib(lots, 50_000)
    assert big < small + 2, (small, big)
    assert big < 24
    assert (lots.total, JobRow.objects.filter(job=lots).count()) == (50_000, 50_000)
    assert list(JobRow.objects.filter(job=lots, n__in=[1, 50_000]).values_list("n", "target_id").order_by("n")) == [
        (1, 0),
        (50_000, 49_999),
    ]


def test_memory_of_a_run_does_not_grow_with_the_rows(anna: User) -> None:
    job = make(anna, [], "test.wide")
    services.stage_rows(job=job, rows=many(10_000))
    services.start(job=job)
    tracemalloc.start()
    try:
        engine.run(job_id=job.pk)
        peak = tracemalloc.get_traced_memory()[1] / MEBIBYTE
    finally:
        tracemalloc.stop()
    assert finished(job).status == "done"
    assert job_counts(job).by_status() == {"done": 6667, "refused": 3333}
    assert peak < 24


def test_rows_are_appended_and_numbered_on(anna: User) -> None:
    job = make(anna, codes(3))
    assert services.stage_rows(job=job, rows=codes(2, "c")) == 5
    assert list(JobRow.objects.filter(job=job).order_by("n").values_list("n", "input__code")) == [
        (1, "b1"),
        (2, "b2"),
        (3, "b3"),
        (4, "c1"),
        (5, "c2"),
    ]
    assert set(JobRow.objects.values_list("status", "code", "reason", "undo_status")) == {("pending", "", "", "")}


def test_generator_may_ask_the_database_and_its_failure_leaves_nothing(anna: User) -> None:
    job = make(anna, [])

    def asking() -> Iterator[Staged]:
        for n in range(1500):
            yield Staged({"branches": Branch.objects.count() if n % 500 == 0 else 0})
        raise OSError("the file is cut")

    with pytest.raises(OSError, match="cut"):
        services.stage_rows(job=job, rows=asking())
    assert not JobRow.objects.exists()
    assert Job.objects.get(pk=job.pk).total == 0


def test_what_a_database_cannot_hold_is_left_out(anna: User) -> None:
    job = make(anna, [Staged({"a": "x\x00y", "b": ["\ud83d", "😀 ё\\u0000 \t\n"], "k\x00": None})])
    assert JobRow.objects.get(job=job).input == {"a": "xy", "b": ["", "😀 ё\\u0000 \t\n"], "k": None}


def test_started_job_takes_no_more_rows(anna: User) -> None:
    job = begin(anna, codes(1))
    with pytest.raises(NotStaging):
        services.stage_rows(job=job, rows=codes(1))


def test_selection_is_frozen_by_one_statement(anna: User) -> None:
    for n in range(5):
        Branch.objects.create(code=f"b{n}", name=f"Филиал {n}")
    chosen = Branch.objects.filter(code__startswith="b").order_by("-code")
    job = make(anna, codes(1))
    assert services.stage_selection(job=job, selection=chosen) == 6
    assert services.stage_selection(job=job, selection=Branch.objects.none()) == 6
    assert services.stage_selection(job=job, selection=Branch.objects.filter(pk__in=[])) == 6
    assert services.stage_selection(job=job, selection=Branch.objects.filter(pk=0)) == 6
    rows = JobRow.objects.filter(job=job, n__gt=1).order_by("n").values_list("n", "target_id", "target_version")
    assert list(rows) == [(n, pk, None) for n, pk in enumerate(chosen.values_list("pk", flat=True), 2)]


def test_selection_keeps_the_version(anna: User, boris: User) -> None:
    User.objects.filter(pk=boris.pk).update(auth_epoch=7)
    job = make(anna, [])
    services.stage_selection(job=job, selection=User.objects.filter(pk=boris.pk), version="auth_epoch")
    assert list(JobRow.objects.filter(job=job).values_list("n", "target_id", "target_version")) == [(1, boris.pk, 7)]


def test_job_that_was_never_started_may_be_discarded(anna: User) -> None:
    job = make(anna, codes(3))
    assert services.discard(job=job)
    assert not JobRow.objects.exists()
    assert not Job.objects.exists()
    assert services.discard(job=job) is False
    assert services.discard(job=begin(anna, codes(1))) is False


def test_job_that_is_stopped_while_its_rows_come_in_gets_none(anna: User) -> None:
    """The click is answered at once, and the rest of a long file is not read."""
    job = make(anna, [])
    read: list[int] = []

    def click() -> bool:
        try:
            return services.cancel(job=job, actor=anna)
        finally:
            connections.close_all()

    def file() -> Iterator[Staged]:
        with ThreadPoolExecutor(1) as pool:
            for n in range(10_000):
                if n == 1500:
                    assert pool.submit(click).result(5)
                read.append(n)
                yield Staged({"n": n})

    with pytest.raises(NotStaging):
        services.stage_rows(job=job, rows=file())
    assert len(read) < 3000
    assert not JobRow.objects.exists()
