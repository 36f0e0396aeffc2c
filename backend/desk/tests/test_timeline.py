"""One history out of notes and calls, page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from common.timeline import Cursor
from companies.models import Company, CompanyNote
from companies.services import create_company
from desk.timeline import counts, timeline
from phonebridge.models import CallRequest
from phonebridge.timeline import CallLine

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 1, 10, tzinfo=UTC)


@pytest.fixture
def company(anna: User) -> Company:
    """Seven notes and seven calls, two and two at the same moment."""
    company = create_company(actor=anna, name="Проба", responsible=anna)
    for number in range(7):
        moment = START + timedelta(minutes=number // 2)
        CompanyNote.objects.create(company=company, author=anna, text=f"{number}", created_at=moment)
        CallRequest.objects.create(
            user=anna, branch=anna.branch, company=company, note="тайное", created_at=moment, closed_at=moment
        )
    return company


def test_pages_hold_every_line_once(anna: User, company: Company) -> None:
    seen: list[tuple[str, str]] = []
    before = None
    for _ in range(10):
        page = timeline([company.pk], anna, before=before, limit=3)
        seen += [(item.kind, item.id) for item in page.items]
        if page.next is None:
            break
        before = Cursor.read(str(page.next))
        assert before == page.next
    assert len(seen) == len(set(seen)) == 15  # and that the card was made
    assert counts([company.pk]) == {"call": 7, "note": 7}


def test_kind_cuts_the_history(anna: User, company: Company) -> None:
    assert {item.kind for item in timeline([company.pk], anna, kind="note").items} == {"note"}
    moments = [item.moment for item in timeline([company.pk], anna).items]
    assert moments == sorted(moments, reverse=True)


def test_note_of_a_call_is_for_those_who_may_see_the_call(anna: User, dan: User, company: Company) -> None:
    def notes(viewer: User) -> set[str]:
        rows = [item.row for item in timeline([company.pk], viewer, kind="call").items]
        return {row.note for row in rows if isinstance(row, CallLine)}

    assert notes(anna) == {"тайное"}
    assert notes(dan) == {""}


@pytest.mark.parametrize("text", ["", "~", "~~", "2026-11-01~call~x", "вчера~call~1", "x" * 10_000, "\x00~a~b"])
def test_a_broken_cursor_is_the_first_page(text: str) -> None:
    assert Cursor.read(text) is None
