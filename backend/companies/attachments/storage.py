"""Where files lie: outside the web root, under random names without an ending, known to the database only."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from companies.attachments.kinds import BadFile

FOLDER = "attachments"
COMING = "coming"


def root() -> Path:
    return Path(settings.MEDIA_ROOT) / FOLDER


def path_of(key: str) -> Path:
    """The file that a row names by its key, «attachments/ab/cd/<uuid>»."""
    return Path(settings.MEDIA_ROOT) / key


@contextmanager
def arriving(chunks: Iterable[bytes]) -> Iterator[Path]:
    """A file that is still looked at: in the folder of what comes, gone afterwards unless it was kept.

    Raises BadFile when it is longer than the setting says.
    """
    longest = settings.ATTACHMENTS["file_mb"] * 1024 * 1024
    folder = root() / COMING
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / uuid.uuid4().hex
    try:
        with path.open("xb") as file:
            written = 0
            for chunk in chunks:
                written += len(chunk)
                if written > longest:
                    raise BadFile(f"Файл больше {settings.ATTACHMENTS['file_mb']} МБ.", code="too_big", status=413)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        yield path
    finally:
        path.unlink(missing_ok=True)


def keep(path: Path) -> str:
    """Move a file that has come to its place; returns the key for the row."""
    name = str(uuid.uuid4())
    key = f"{FOLDER}/{name[:2]}/{name[2:4]}/{name}"
    place = path_of(key)
    place.parent.mkdir(parents=True, exist_ok=True)
    path.replace(place)
    return key


def older_than(age_s: float) -> Iterator[tuple[str, Path]]:
    """(key, path) of every file that came so long ago; what never arrived whole has the key ''."""
    before = time.time() - age_s
    for folder, _, names in os.walk(root()):
        for name in names:
            path = Path(folder) / name
            try:
                is_old = path.stat().st_mtime < before
            except FileNotFoundError:
                continue
            if is_old:
                is_coming = path.parent.name == COMING
                yield "" if is_coming else str(path.relative_to(settings.MEDIA_ROOT)), path
