"""Rows written past the ORM: numbered as it would number them, refused with the errors it would raise."""

from __future__ import annotations

import gc

import pytest
from django.db import DataError, IntegrityError, transaction

from accounts.models import User
from common.garbage import collection_paused
from companies.models import Company, SearchRow
from jobs import bulk
from jobs.models import Job, JobRow, RowStatus
from jobs.tests.stand import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def cards(db: None) -> list[Company]:
    return [Company.objects.create(name=name) for name in ("ООО «Лес»", "ООО «Поле»")]


def drafts(job: Job, count: int) -> list[JobRow]:
    return [JobRow(job=job, n=n, input={"line": n}) for n in range(1, count + 1)]


def test_new_rows_know_their_numbers_and_the_database_its_defaults(anna: User) -> None:
    rows = drafts(make(anna, []), 3)
    bulk.create(JobRow, rows)
    assert [row.pk for row in rows] == sorted({row.pk for row in rows})
    stored = list(JobRow.objects.filter(pk__in=[row.pk for row in rows]).order_by("n"))
    assert [(row.pk, row.input, row.status) for row in stored] == [
        (row.pk, {"line": row.n}, RowStatus.PENDING) for row in rows
    ]
    later = JobRow.objects.create(job=rows[0].job, n=4)
    assert later.pk > rows[-1].pk


def test_a_new_row_that_is_changed_and_saved_is_not_stored_twice(anna: User) -> None:
    (row,) = rows = drafts(make(anna, []), 1)
    bulk.create(JobRow, rows)
    row.input = {"line": "other"}
    row.save(update_fields=["input"])
    assert JobRow.objects.get(job=row.job).input == {"line": "other"}


def test_a_clash_is_told_as_the_orm_tells_it(anna: User) -> None:
    job = make(anna, [])
    bulk.create(JobRow, drafts(job, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.create(JobRow, drafts(job, 2))
    assert JobRow.objects.filter(job=job).count() == 1


def test_a_text_that_the_column_cannot_hold_is_told_as_the_orm_tells_it(anna: User) -> None:
    job = make(anna, [])
    with pytest.raises(DataError), transaction.atomic():
        bulk.create(JobRow, [JobRow(job=job, n=1, input={}, undo_code="x" * 41)])


def test_nothing_is_written_for_no_rows() -> None:
    bulk.create(JobRow, [])


def test_collection_goes_on_after_a_portion_that_has_failed() -> None:
    with pytest.raises(ZeroDivisionError), collection_paused():
        assert not gc.isenabled()
        _ = 1 / 0
    assert gc.isenabled()


def test_a_quickly_made_instance_is_as_the_model_makes_it(anna: User) -> None:
    make_card = bulk.maker(Company)
    values = {"name": "ООО «Лес»", "responsible": anna, "folded": "лес"}
    quick, other, slow = make_card(**values), make_card(name="ООО «Поле»"), Company(**values)
    assert quick._state.adding
    plain = [{k: v for k, v in vars(card).items() if k not in {"_state", "created_at"}} for card in (quick, slow)]
    assert plain[0] == plain[1]
    quick.raw_fields["line"] = 7
    assert other.raw_fields == {}
    bulk.create(Company, [quick, other])
    stored = Company.objects.get(pk=quick.pk)
    assert (stored.raw_fields, stored.responsible) == ({"line": 7}, anna)


def test_a_row_with_the_same_key_is_written_over(anna: User, cards: list[Company]) -> None:
    SearchRow.objects.all().delete()
    first, second = cards
    bulk.upsert(SearchRow, "company", ("folded", "terms"), [(first.pk, "лес", "лес"), (second.pk, "поле", "поле")])
    bulk.upsert(SearchRow, "company", ("folded", "terms"), [(first.pk, "лес и поле", "лес поле")])
    bulk.upsert(SearchRow, "company", ("folded", "terms"), [])
    stored = dict(SearchRow.objects.values_list("company_id", "folded"))
    assert stored == {first.pk: "лес и поле", second.pk: "поле"}
