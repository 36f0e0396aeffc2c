"""Taking files in, giving them to a note, finding one for download, and what the clock does with the rest."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import batched
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.models import User
from common.clock import db_now_plus
from companies.attachments import storage
from companies.attachments.kinds import BadFile, sniff
from companies.attachments.names import shown_name
from companies.edits import effects
from companies.models import Company, CompanyNote, NoteAttachment, Scan
from companies.records import BadRecord

DRAFTS = 40
DRAFT_LIFE = timedelta(hours=24)
SCAN_S = 120
SCANS = 20


def take_file(*, actor: User, chunks: Iterable[bytes], name: str) -> NoteAttachment:
    """Keep a file for a note that is still being written. Raises BadFile; nothing of a refused file stays."""
    if NoteAttachment.objects.filter(uploaded_by=actor, note__isnull=True).count() >= DRAFTS:
        raise BadFile("Слишком много файлов ждут своей заметки. Сохраните её или уберите лишние.", code="too_many")
    with storage.arriving(chunks) as path:
        kind = sniff(path, name)
        size = path.stat().st_size
        key = storage.keep(path)
    return NoteAttachment.objects.create(
        uploaded_by=actor,
        file=key,
        name=shown_name(name, kind),
        ext=kind.ext,
        size_bytes=size,
        content_type=kind.content_type,
        scan=Scan.WAITING if settings.ATTACHMENTS["scanner"] else Scan.NONE,
    )


@transaction.atomic
def drop_draft(*, actor: User, attachment_id: int) -> bool:
    """A file that will not be sent after all; False when it is not the person's own draft."""
    drafts = NoteAttachment.objects.select_for_update().filter(uploaded_by=actor, note__isnull=True)
    row = drafts.filter(pk=attachment_id).first()
    if row is None:
        return False
    _erase([row])
    return True


def give_to_note(*, actor: User, note: CompanyNote, ids: Sequence[int]) -> int:
    """Hang the person's drafts on a note, inside its transaction; returns how many. Raises BadRecord."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return 0
    most = settings.ATTACHMENTS["per_note"]
    drafts = list(
        NoteAttachment.objects.select_for_update()
        .filter(pk__in=wanted, uploaded_by=actor, note__isnull=True)
        .order_by("pk")
    )
    if len(drafts) != len(wanted):
        raise BadRecord("Файл пропал: прикрепите его ещё раз.", field="files")
    if NoteAttachment.objects.filter(note=note).count() + len(drafts) > most:
        raise BadRecord(f"Не больше {most} файлов в заметке.", field="files")
    return NoteAttachment.objects.filter(pk__in=wanted).update(note=note)


@transaction.atomic
def remove_from_note(*, note: CompanyNote, ids: Sequence[int]) -> int:
    """Take files off a note; the caller has checked that its author may."""
    rows = list(NoteAttachment.objects.filter(note=note, pk__in=ids))
    _erase(rows)
    return len(rows)


def find_visible(user: User, attachment_id: int) -> NoteAttachment | None:
    """A file of a live note on a card that the person sees; None alike for missing and hidden ones."""
    row = NoteAttachment.objects.select_related("note").filter(pk=attachment_id).first()
    if row is None:
        return None
    if row.note is None:
        return row if row.uploaded_by_id == user.pk else None
    if row.note.deleted_at is not None:
        return None
    is_seen = Company.objects.visible_to(user).filter(pk=row.note.company_id).exists()
    return row if is_seen else None


def check_scan(row: NoteAttachment) -> None:
    """Raises BadFile for a file that the scanner found infected, or has not looked at while there is a scanner."""
    if row.scan == Scan.INFECTED:
        raise BadFile("В файле найден вирус: он не выдаётся.", code="infected", status=403)
    if settings.ATTACHMENTS["scanner"] and row.scan != Scan.CLEAN:
        raise BadFile("Файл ещё проверяется. Повторите через минуту.", code="waiting", status=409)


def _erase(rows: Iterable[NoteAttachment]) -> None:
    """Rows now, files after commit."""
    for row in rows:
        path = storage.path_of(str(row.file))
        row.delete()
        transaction.on_commit(lambda path=path: path.unlink(missing_ok=True), robust=True)  # type: ignore[misc]


# --- by the clock


def sweep() -> int:
    """Drafts that no note has taken within a day, and files that no row names any more."""
    old = NoteAttachment.objects.filter(note__isnull=True, created_at__lt=db_now_plus(-DRAFT_LIFE))
    with transaction.atomic():
        # a note that takes one at this very moment keeps it
        drafts = list(old.select_for_update(skip_locked=True)[:1_000])
        _erase(drafts)
    gone = len(drafts)
    for part in batched(storage.older_than(DRAFT_LIFE.total_seconds()), 500, strict=False):
        keys = [key for key, _ in part if key]
        known = set(NoteAttachment.objects.filter(file__in=keys).values_list("file", flat=True))
        for key, path in part:
            if key not in known:
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def scan_waiting() -> int:
    """Ask the scanner about files that wait; until it says «clean» they are not given out."""
    command = shlex.split(settings.ATTACHMENTS["scanner"])
    if not command:
        return 0
    unknown = NoteAttachment.objects.filter(scan__in=(Scan.WAITING, Scan.NONE))
    waiting = unknown.select_related("note__company").order_by("pk")
    return sum(_scan(row, command) for row in waiting[:SCANS])


def _scan(row: NoteAttachment, command: list[str]) -> bool:
    """Exit status 0 is clean, 1 infected; all else asks again later."""
    path: Path = storage.path_of(str(row.file))
    try:
        done = subprocess.run([*command, str(path)], capture_output=True, timeout=SCAN_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    verdict = {0: Scan.CLEAN, 1: Scan.INFECTED}.get(done.returncode)
    if verdict is None:
        return False
    NoteAttachment.objects.filter(pk=row.pk).update(scan=verdict)
    if row.note is not None:
        effects.poke(row.note.company, "note")
    return True
