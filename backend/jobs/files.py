"""The private result of a job: one file outside the web root, its name known to the database only."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction

from common.clock import db_now_plus
from common.errors import DomainError
from jobs.models import Job


class NoFile(DomainError):
    code = "no_file"
    status = 404


def path_of(job: Job) -> Path:
    """Where the file stands, if there is one."""
    name = job.pk.hex
    return Path(settings.MEDIA_ROOT) / "jobs" / name[-2:] / name


def append(*, job: Job, data: bytes, name: str, keep: timedelta | None = None) -> None:
    """Add `data` at the end, inside a chunk's transaction.

    What an earlier try of this chunk has written is cut off first: the length that counts is the committed one.
    """
    path = path_of(job)
    path.parent.mkdir(parents=True, exist_ok=True)
    size = Job.objects.values_list("file_size", flat=True).get(pk=job.pk)
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(size)
        file.seek(size)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    _note(job, name, size + len(data), keep)


def write(*, job: Job, chunks: Iterable[bytes], name: str, keep: timedelta | None = None) -> None:
    """The whole file at once: beside the old one, then in its place."""
    path = path_of(job)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.writelines(chunks)
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    fresh.replace(path)
    _note(job, name, size, keep)


def _note(job: Job, name: str, size: int, keep: timedelta | None) -> None:
    until = {"file_until": db_now_plus(keep)} if keep is not None else {}
    Job.objects.filter(pk=job.pk).update(file_name=name[:200], file_size=size, **until)


def existing_path(job: Job) -> Path:
    """The file of a job whose right to see was checked. Raises NoFile when it was never written or is gone."""
    path = path_of(job)
    if not job.file_name or not path.is_file():
        raise NoFile("Файла больше нет. Выполните работу ещё раз.")
    return path


def remove_on_commit(job: Job) -> None:
    transaction.on_commit(partial(path_of(job).unlink, missing_ok=True), robust=True)
