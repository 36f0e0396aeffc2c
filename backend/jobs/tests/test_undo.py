"""Undo: newest first, once, and only what nobody has touched since."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from accounts.models import Branch, User
from jobs import engine, services
from jobs.models import ChangeLog, Job, JobRow
from jobs.selectors import can_undo, job_counts, row_page
from jobs.tests.stand import Killed, before_statement, begin, codes, ends, finished, forget_lease, make, state, times

pytestmark = pytest.mark.django_db(transaction=True)


def log_of(job: Job) -> list[tuple[int, str, str]]:
    return list(ChangeLog.objects.filter(job=job).order_by("pk").values_list("n", "undo_status", "undo_code"))


def test_undo_takes_everything_back_newest_first(anna: User) -> None:
    before = state()
    job = finished(begin(anna, [*codes(6), *codes(6, area="343"), *codes(3, area="861")]))
    assert can_undo(job)
    asked = services.undo(job=job, actor=anna)
    assert (asked.status, asked.phase, asked.passed, asked.ahead) == ("undoing", "undo", 0, 15)
    job = finished(job)
    assert (job.status, job.undo_cursor, job.cursor) == ("undone", 15, 15)
    assert state() == before
    assert dict(times(job, "test-undo")) == dict.fromkeys(range(1, 16), 1)
    assert job_counts(job).by_undo() == {"undone": 15}
    assert (ends(job, "done"), ends(job, "undone")) == (1, 1)
    assert job.undone_at


def test_second_undo_is_the_first_one(anna: User) -> None:
    job = finished(begin(anna, codes(5)))
    services.undo(job=job, actor=anna)
    repeated = services.undo(job=job, actor=anna)
    assert repeated.status == "undoing"
    job = finished(job)
    after, log, said = state(), log_of(job), times(job, "test-undo")
    services.undo(job=job, actor=anna)
    job = finished(job)
    assert (job.status, state(), log_of(job), times(job, "test-undo")) == ("undone", after, log, said)


def test_what_a_person_did_later_is_kept_and_tried_again(anna: User) -> None:
    job = finished(begin(anna, [*codes(5), *codes(2, area="343")]))
    Branch.objects.filter(code="b1").update(area_code="999")
    Branch.objects.filter(code="b4").update(is_active=False)
    services.undo(job=job, actor=anna)
    job = finished(job)
    assert job.status == "undone"
    # the branch of row 1 is gone although its city code, which row 6 had changed, was kept as edited
    assert {code for code, _area in state()} == {"ekb/Екатеринбург", "b4/b4"}
    assert job_counts(job).undo == {("undone", ""): 5, ("kept", "edited"): 1, ("kept", "in_use"): 1}
    assert [(row.n, row.undo_reason) for row in row_page(job, undo_status="kept")] == [
        (4, "Филиал закрыт."),
        (6, "Изменено позже."),
    ]
    Branch.objects.filter(code="b4").update(is_active=True)
    JobRow.objects.filter(job=job, n=6).delete()
    ChangeLog.objects.filter(job=job, n=6).delete()
    services.undo(job=job, actor=anna)
    job = finished(job)
    assert {code for code, _area in state()} == {"ekb/Екатеринбург"}
    assert job_counts(job).undo == {("undone", ""): 6}
    assert times(job, "test-undo")[4] == 2
    assert times(job, "test-undo")[5] == 1


def test_undo_of_a_stopped_job_takes_back_what_was_done(anna: User) -> None:
    before = state()
    job = begin(anna, codes(9))
    engine.run(job_id=job.pk, should_stop=lambda: True)
    services.cancel(job=job, actor=anna)
    job = finished(job)
    assert (job.status, job.cursor) == ("cancelled", 4)
    services.undo(job=job, actor=anna)
    job = finished(job)
    assert (job.status, job.undo_cursor, state()) == ("undone", 4, before)
    with pytest.raises(services.WrongState):
        services.resume(job=job, actor=anna)


def test_undo_is_stopped_and_gone_on_with(anna: User) -> None:
    before = state()
    job = finished(begin(anna, codes(9)))
    services.undo(job=job, actor=anna)
    engine.run(job_id=job.pk, should_stop=lambda: True)
    assert services.cancel(job=job, actor=anna)
    job = finished(job)
    assert (job.status, job.phase, job.undo_cursor) == ("cancelled", "undo", 4)
    resumed = services.resume(job=job, actor=anna)
    assert (resumed.status, resumed.undo_cursor) == ("undoing", 4)
    job = finished(job)
    assert (job.status, state()) == ("undone", before)
    assert dict(times(job, "test-undo")) == dict.fromkeys(range(1, 10), 1)


@pytest.mark.parametrize("statement", range(1, 25))
def test_undo_that_is_broken_anywhere_takes_everything_back_once(anna: User, statement: int) -> None:
    before = state()
    job = finished(begin(anna, codes(5)))
    services.undo(job=job, actor=anna)

    def act(k: int) -> None:
        if k == statement:
            raise Killed

    with pytest.raises(Killed), before_statement(act):
        engine.run(job_id=job.pk)
    forget_lease(job)
    job = finished(job)
    assert (job.status, state()) == ("undone", before)
    assert dict(times(job, "test-undo")) == dict.fromkeys(range(1, 6), 1)


def test_row_that_cannot_be_taken_back_by_the_database_is_kept_alone(anna: User, boris: User) -> None:
    job = finished(begin(anna, codes(5)))
    User.objects.filter(pk=boris.pk).update(branch=Branch.objects.get(code="b3"))
    services.undo(job=job, actor=anna)
    job = finished(job)
    assert job.status == "undone"
    assert job_counts(job).undo[("undone", "")] == 4
    assert [row.n for row in row_page(job, undo_status="kept")] == [3]


def test_what_cannot_be_undone_is_refused_in_words(anna: User) -> None:
    running, empty = begin(anna, codes(2)), finished(begin(anna, []))
    forever, late = finished(begin(anna, codes(1, "f"), "test.forever")), finished(begin(anna, codes(1, "l")))
    Job.objects.filter(pk=late.pk).update(undo_until=F("undo_until") - timedelta(days=8))
    said = []
    for job in (running, empty, forever, late):
        assert not can_undo(job) or job == running
        with pytest.raises(services.CannotUndo) as refused:
            services.undo(job=job, actor=anna)
        said.append(refused.value.detail)
    assert said == [
        "Работа ещё идёт. Сначала остановите её.",
        "Отменять нечего: ничего не изменено.",
        "Эту работу отменить нельзя.",
        "Срок отмены прошёл.",
    ]


def test_waiting_undo_that_is_cancelled_leaves_the_job_as_it_was(anna: User) -> None:
    job = finished(begin(anna, codes(2), "test.exclusive"))
    other = begin(anna, codes(2, "c"), "test.exclusive")
    assert services.undo(job=job, actor=anna).status == "queued"
    assert services.cancel(job=job, actor=anna)
    job.refresh_from_db()
    assert (job.status, job.phase) == ("done", "apply")
    assert services.undo(job=job, actor=anna).status == "queued"
    finished(other)
    assert finished(job).status == "undone"
    begin(anna, codes(2, "d"), "test.exclusive")
    assert services.undo(job=job, actor=anna).status == "queued"
    assert services.cancel(job=job, actor=anna)
    job.refresh_from_db()
    assert (job.status, job.undo_cursor) == ("undone", 2)


def test_strangers_do_not_stop_resume_or_undo(anna: User, boris: User, clara: User) -> None:
    job = finished(begin(anna, codes(2)))
    for stranger in (boris, clara):
        for act in (services.undo, services.cancel, services.resume):
            with pytest.raises(services.NotYours):
                act(job=job, actor=stranger)
    assert make(anna, []).status == "staging"
