"""Files of notes: taken by content, named for people, given out by right, swept when nobody has them."""

from __future__ import annotations

import os
import tracemalloc
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts.models import User
from common.errors import DomainError
from companies.attachments import services, storage
from companies.attachments.kinds import PDF, BadFile
from companies.attachments.names import shown_name
from companies.models import Company, NoteAttachment, Scan
from companies.notes.services import add_note, delete_note
from companies.services import create_company
from companies.tests import files

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: LazySettings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def card(anna: User) -> Company:
    return create_company(actor=anna, name="ООО «Северный лес»", responsible=anna)


def take(user: User, name: str, data: bytes) -> NoteAttachment:
    return services.take_file(actor=user, chunks=[data[:5], data[5:]], name=name)


def kept(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("name", "data", "content_type"), files.GOOD, ids=lambda v: v if isinstance(v, str) else "")
def test_true_file_is_kept_under_a_random_name(
    anna: User, media: Path, name: str, data: bytes, content_type: str
) -> None:
    row = take(anna, name, data)
    assert (row.content_type, row.size_bytes) == (content_type, len(data))
    path = storage.path_of(str(row.file))
    assert path.read_bytes() == data
    assert path.suffix == ""
    assert kept(media) == [path]


@pytest.mark.parametrize(("name", "data"), files.BAD, ids=lambda v: v if isinstance(v, str) else "")
def test_false_file_is_refused_and_nothing_stays(anna: User, media: Path, name: str, data: bytes) -> None:
    with pytest.raises(BadFile) as refusal:
        take(anna, name, data)
    assert refusal.value.detail.endswith(".")
    assert kept(media) == []
    assert not NoteAttachment.objects.exists()


def test_looking_at_a_bomb_unpacks_nothing(anna: User) -> None:
    """A name that stands in an archive twice, and a table of sectors that names one sector for ever."""
    for name, data in (("a.odt", files.twice_named()), ("a.doc", files.endless_table())):
        tracemalloc.start()
        with suppress(BadFile):
            take(anna, name, data)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 8 << 20, name


def test_file_that_is_too_long_is_cut_off_while_it_comes(anna: User, media: Path, settings: LazySettings) -> None:
    settings.ATTACHMENTS = settings.ATTACHMENTS | {"file_mb": 1}
    with pytest.raises(BadFile, match="больше 1 МБ"):
        services.take_file(actor=anna, chunks=(b"x" * 65_536 for _ in range(1_000_000)), name="a.txt")
    assert kept(media) == []


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\папка\\счёт.pdf", "счёт.pdf"),
        ("сч\r\nёт\x00.pdf", "счёт.pdf"),
        ("\u202efdp.exe", "fdp.exe.pdf"),
        ("", "файл.pdf"),
        ("..", "файл.pdf"),
        ("запуск.bat", "запуск.bat.pdf"),
        ('a"b;c.pdf', "a_b;c.pdf"),
    ],
)
def test_name_is_for_people_only(raw: str, shown: str) -> None:
    assert shown_name(raw, PDF) == shown


def test_long_name_keeps_its_ending() -> None:
    name = shown_name("я" * 300 + ".pdf", PDF)
    assert len(name) <= 120
    assert name.endswith("я.pdf")


def test_note_takes_own_drafts_once_and_ten_at_most(anna: User, boris: User, card: Company) -> None:
    draft = take(anna, "a.pdf", files.PDF)
    with pytest.raises(DomainError, match="прикрепите его ещё раз"):
        add_note(actor=boris, company_id=card.pk, text="чужой файл", files=[draft.pk])
    note = add_note(actor=anna, company_id=card.pk, text="", files=[draft.pk, draft.pk])
    assert note.attachments.count() == 1
    with pytest.raises(DomainError, match="прикрепите его ещё раз"):
        add_note(actor=anna, company_id=card.pk, text="ещё раз", files=[draft.pk])
    more = [take(anna, f"{n}.pdf", files.PDF).pk for n in range(11)]
    with pytest.raises(DomainError, match="Не больше 10 файлов"):
        add_note(actor=anna, company_id=card.pk, text="много", files=more)


def test_download_follows_the_card(anna: User, dan: User, card: Company) -> None:
    draft = take(anna, "a.pdf", files.PDF)
    assert services.find_visible(anna, draft.pk) is not None
    assert services.find_visible(dan, draft.pk) is None
    note = add_note(actor=anna, company_id=card.pk, text="", files=[draft.pk])
    assert services.find_visible(dan, draft.pk) is not None
    User.objects.filter(pk=dan.pk).update(data_scope="self")
    assert services.find_visible(User.objects.get(pk=dan.pk), draft.pk) is None
    delete_note(actor=anna, note_id=note.pk)
    assert services.find_visible(anna, draft.pk) is None


def test_sweep_takes_what_no_note_has(anna: User, card: Company, media: Path) -> None:
    held, draft, lost = (take(anna, f"{n}.pdf", files.PDF) for n in range(3))
    add_note(actor=anna, company_id=card.pk, text="", files=[held.pk])
    NoteAttachment.objects.filter(pk=draft.pk).update(created_at=timezone.now() - timedelta(hours=25))
    NoteAttachment.objects.filter(pk=lost.pk).delete()
    fresh = take(anna, "свежий.pdf", files.PDF)
    coming = storage.root() / storage.COMING / "cut"
    coming.write_bytes(b"half")
    for path in kept(media):
        if path != storage.path_of(str(fresh.file)):
            os.utime(path, (1, 1))
    services.sweep()
    assert not NoteAttachment.objects.filter(pk=draft.pk).exists()
    assert set(kept(media)) >= {storage.path_of(str(held.file)), storage.path_of(str(fresh.file))}
    assert not coming.exists()
    assert not storage.path_of(str(lost.file)).exists()


def test_scanner_decides_before_a_file_is_given_out(anna: User, settings: LazySettings, tmp_path: Path) -> None:
    scanner = tmp_path / "scan.sh"
    scanner.write_text('#!/bin/sh\ngrep -q Catalog "$1" && exit 0\nexit 1\n')
    scanner.chmod(0o755)
    settings.ATTACHMENTS = settings.ATTACHMENTS | {"scanner": str(scanner)}
    good, bad = take(anna, "a.pdf", files.PDF), take(anna, "b.png", files.PNG)
    with pytest.raises(BadFile, match="ещё проверяется"):
        services.check_scan(good)
    assert services.scan_waiting() == 2
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.scan, bad.scan) == (Scan.CLEAN, Scan.INFECTED)
    services.check_scan(good)
    with pytest.raises(BadFile, match="вирус"):
        services.check_scan(bad)
