"""Nothing is kept for ever: rows, log and files of old jobs go, the line of history stays."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import transaction
from django.db.models import F

from accounts.models import User
from jobs import files, services, upkeep
from jobs.models import ChangeLog, Job, JobRow
from jobs.tests.stand import begin, codes, finished, make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _media(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def age(job: Job, days: int) -> None:
    by = timedelta(days=days)
    moments = ("created_at", "finished_at", "undone_at", "undo_until", "file_until")
    Job.objects.filter(pk=job.pk).update(**{name: F(name) - by for name in moments})


def test_old_jobs_lose_rows_log_and_file_and_stay_as_a_line(anna: User) -> None:
    old, fresh = finished(begin(anna, codes(5))), finished(begin(anna, codes(2, "c")))
    files.write(job=old, chunks=[b"abc"], name="Ошибки.xlsx")
    age(old, 31)
    assert upkeep.purge() == 11
    old.refresh_from_db()
    assert (old.status, old.file_name, old.purged_at is not None) == ("done", "", True)
    assert not files.path_of(old).exists()
    assert not JobRow.objects.filter(job=old).exists()
    assert not ChangeLog.objects.filter(job=old).exists()
    assert JobRow.objects.filter(job=fresh).count() == ChangeLog.objects.filter(job=fresh).count() == 2
    assert upkeep.purge() == 0
    with pytest.raises(services.CannotUndo):
        services.undo(job=old, actor=anna)


def test_what_runs_waits_or_may_be_undone_is_left(anna: User) -> None:
    running, undoable = begin(anna, codes(2)), finished(begin(anna, codes(2, "c")))
    undone = finished(begin(anna, codes(2, "d")))
    services.undo(job=undone, actor=anna)
    finished(undone)
    for job in (running, undoable, undone):
        age(job, 40)
    Job.objects.filter(pk=undoable.pk).update(undo_until=F("undo_until") + timedelta(days=100))
    Job.objects.filter(pk=undone.pk).update(undone_at=F("undone_at") + timedelta(days=39))
    assert upkeep.purge() == 0


def test_job_that_was_never_started_is_forgotten(anna: User) -> None:
    job = make(anna, codes(3))
    age(job, 31)
    assert upkeep.purge() == 3
    assert not Job.objects.filter(pk=job.pk).exists()


def test_file_goes_at_its_own_time(anna: User) -> None:
    job = finished(begin(anna, codes(1)))
    files.write(job=job, chunks=[b"a", b"b"], name="Компании.csv", keep=timedelta(days=1))
    job.refresh_from_db()
    assert files.existing_path(job).read_bytes() == b"ab"
    assert upkeep.purge() == 0
    age(job, 2)
    assert upkeep.purge() == 1
    job.refresh_from_db()
    with pytest.raises(files.NoFile):
        files.existing_path(job)
    assert JobRow.objects.filter(job=job).exists()


def test_appended_bytes_of_a_chunk_that_fell_are_cut_off(anna: User) -> None:
    job = make(anna, [])
    files.append(job=job, data=b"head;", name="x.csv")
    with transaction.atomic():
        files.append(job=job, data=b"lost half", name="x.csv")
        transaction.set_rollback(True)
    files.append(job=job, data=b"one;", name="x.csv")
    job.refresh_from_db()
    assert (files.path_of(job).read_bytes(), job.file_size) == (b"head;one;", 9)
    services.discard(job=job)
    assert not files.path_of(job).exists()
