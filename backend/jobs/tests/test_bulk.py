"""Rows written past the ORM: numbered as it would number them, refused with the errors it would raise."""

from __future__ import annotations

import gc
import sys
from concurrent.futures import Future, wait

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from common.garbage import collection_paused
from companies.models import Company, SearchRow
from jobs import behind, bulk
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


def test_copies_that_are_not_waited_for_are_all_there_at_the_end(anna: User) -> None:
    job = make(anna, [])
    lots = [drafts(job, 500), [JobRow(job=job, n=n, input={}) for n in range(501, 800)]]
    for lot in lots:
        bulk.number(JobRow, lot)
    with transaction.atomic():
        with behind.behind():
            for lot in lots:
                bulk.create(JobRow, lot)
        assert JobRow.objects.filter(job=job).count() == 799
    assert sorted(row.pk for lot in lots for row in lot) == sorted(JobRow.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("bad_at", [0, 1], ids=["the first", "the last"])
def test_a_copy_that_is_not_waited_for_tells_its_clash(anna: User, bad_at: int) -> None:
    job = make(anna, [])
    bulk.create(JobRow, drafts(job, 1))
    lots = [drafts(job, 1), [JobRow(job=job, n=2, input={})]]
    if bad_at:
        lots.reverse()
    for lot in lots:
        bulk.number(JobRow, lot)
    with pytest.raises(IntegrityError), transaction.atomic(), behind.behind():
        for lot in lots:
            bulk.create(JobRow, lot)
    assert list(JobRow.objects.filter(job=job).values_list("n", flat=True)) == [1]


def test_an_error_amid_copies_leaves_the_connection_in_order(anna: User) -> None:
    job = make(anna, [])
    rows = drafts(job, 3)
    bulk.number(JobRow, rows)

    def work() -> None:
        with transaction.atomic(), behind.behind():
            bulk.create(JobRow, rows)
            raise LookupError("in between")

    with pytest.raises(LookupError):
        work()
    assert not JobRow.objects.filter(job=job).exists()
    with transaction.atomic():
        bulk.create(JobRow, drafts(job, 3))
    assert JobRow.objects.filter(job=job).count() == 3


def test_a_statement_amid_copies_sees_what_was_written_before_it(anna: User) -> None:
    job = make(anna, [])
    lots = [[JobRow(job=job, n=n, input={}) for n in range(first, first + 300)] for first in range(1, 3000, 300)]
    with transaction.atomic(), behind.behind():
        for so_far, lot in enumerate(lots, 1):
            bulk.create(JobRow, lot)
            assert JobRow.objects.filter(job=job).count() == 300 * so_far
            for row in lot:
                row.code = "seen"
            bulk.update(JobRow, ["code"], lot[:1])
            assert JobRow.objects.filter(job=job, code="seen").count() == 300 * (so_far - 1) + 1
            with behind.behind():
                bulk.update(JobRow, ["code"], lot[1:])
    assert JobRow.objects.filter(job=job, code="seen").count() == 3000


def test_rows_are_written_as_they_were_when_they_were_handed_over(anna: User) -> None:
    job = make(anna, [])
    rows = drafts(job, 2000)
    with transaction.atomic(), behind.behind():
        bulk.create(JobRow, rows)
        for row in rows:
            row.code = "later"
    assert set(JobRow.objects.filter(job=job).values_list("code", flat=True)) == {""}


def test_a_clash_amid_copies_is_told_to_the_next_statement_and_to_its_savepoint(anna: User) -> None:
    job = make(anna, [])
    bulk.create(JobRow, drafts(job, 1))
    with transaction.atomic(), behind.behind():
        with pytest.raises(IntegrityError), transaction.atomic():
            bulk.create(JobRow, [JobRow(job=job, n=1, input={})])
            bulk.insert(JobRow, ["job", "n", "input"], [JobRow(job=job, n=7, input={})])
        bulk.insert(JobRow, ["job", "n", "input"], [JobRow(job=job, n=2, input={})])
    assert list(JobRow.objects.filter(job=job).order_by("n").values_list("n", flat=True)) == [1, 2]


def test_a_step_that_is_taken_back_amid_a_clash_takes_nothing_else_with_it(anna: User) -> None:
    job = make(anna, [])
    bulk.create(JobRow, drafts(job, 1))

    def step() -> None:
        with transaction.atomic():
            for n in (1, 8, 9):
                bulk.insert(JobRow, ["job", "n", "input"], [JobRow(job=job, n=n, input={})])
            raise LookupError("of something else")

    with transaction.atomic(), behind.behind():
        with pytest.raises(LookupError):
            step()
        bulk.insert(JobRow, ["job", "n", "input"], [JobRow(job=job, n=2, input={})])
    assert list(JobRow.objects.filter(job=job).order_by("n").values_list("n", flat=True)) == [1, 2]


def test_nothing_is_handed_over_outside_of_a_transaction_or_where_it_counts_at_once(anna: User) -> None:
    job = make(anna, [])
    bulk.create(JobRow, drafts(job, 1))
    with transaction.atomic(), behind.behind():
        bulk.insert(JobRow, ["job", "n", "input"], [JobRow(job=job, n=2, input={})])
        with pytest.raises(IntegrityError), behind.at_once(), transaction.atomic():
            bulk.insert(JobRow, ["job", "n", "input"], [JobRow(job=job, n=1, input={})])
            pytest.fail("it has to be known by now")
        bulk.insert(JobRow, ["job", "n", "input"], [JobRow(job=job, n=3, input={})])
    assert list(JobRow.objects.filter(job=job).order_by("n").values_list("n", flat=True)) == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_only_a_transaction_has_a_line(anna: User) -> None:
    with pytest.raises(RuntimeError), behind.behind():
        pytest.fail("its commit would not wait")


def test_a_text_that_no_column_holds_is_told_as_the_orm_tells_it(anna: User) -> None:
    job = make(anna, [])
    with pytest.raises(DataError), transaction.atomic(), behind.behind():
        bulk.insert(JobRow, ["job", "n", "input", "code"], [JobRow(job=job, n=1, input={}, code="a\x00")])


def test_the_last_block_of_a_process_puts_its_pace_back(anna: User) -> None:
    usual = sys.getswitchinterval()
    first, second = behind._haste.shared(), behind._haste.shared()
    for block in (first, second):
        block.__enter__()
    assert sys.getswitchinterval() < usual
    first.__exit__(None, None, None)
    assert sys.getswitchinterval() < usual
    second.__exit__(None, None, None)
    assert sys.getswitchinterval() == pytest.approx(usual)


def test_whoever_is_interrupted_while_waiting_waits_before_the_rollback(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make(anna, [])
    waits = []

    def interrupted(ahead: list[Future[None]]) -> None:
        if ahead:
            waits.append(len(ahead))
        if waits == [1]:
            raise KeyboardInterrupt
        wait(ahead)

    def work() -> None:
        with transaction.atomic():
            bulk.insert(JobRow, ["job", "n", "input"], [JobRow(job=job, n=n, input={}) for n in range(1, 3000)])
            JobRow.objects.count()

    monkeypatch.setattr(behind, "wait", interrupted)
    with transaction.atomic(), behind.behind():
        with pytest.raises(KeyboardInterrupt):
            work()
        bulk.insert(JobRow, ["job", "n", "input"], [JobRow(job=job, n=1, input={})])
    assert waits[:2] == [1, 1]
    assert JobRow.objects.filter(job=job).count() == 1


def test_numbers_are_taken_ahead_and_more_when_there_are_too_few(anna: User) -> None:
    job = make(anna, [])
    numbers = bulk.Numbers({JobRow: 3, Job: 0})
    lots = [[JobRow(job=job, n=n, input={}) for n in some] for some in ((1, 2), (3, 4, 5), (6,))]
    with CaptureQueriesContext(connection) as asked:
        for lot in lots:
            numbers.give(JobRow, lot)
    assert len(asked) == 3
    keys = [row.pk for lot in lots for row in lot]
    assert keys == sorted(set(keys))
    bulk.create(JobRow, [row for lot in lots for row in lot])
    assert sorted(keys) == sorted(JobRow.objects.filter(job=job).values_list("pk", flat=True))


def test_text_in_json_is_stored_as_it_is(anna: User) -> None:
    job = make(anna, [])
    rows = [bulk.maker(JobRow)(job=job, n=n, input=bulk.JsonText(text)) for n, text in enumerate(JSON_TEXTS, 1)]
    bulk.create(JobRow, rows)
    assert list(JobRow.objects.filter(job=job).order_by("n").values_list("input", flat=True)) == JSON_VALUES


JSON_TEXTS = ['{"a": "\\u0436\\ud83d\\ude00"}', '{"a": "x\\u0000y\\ud800"}', '{"b": [1, null, "\\\\u0000"]}']
JSON_VALUES = [{"a": "ж😀"}, {"a": "xy"}, {"b": [1, None, "\\u0000"]}]


def test_updates_carry_any_text(anna: User) -> None:
    job = make(anna, [])
    rows = drafts(job, 3)
    bulk.create(JobRow, rows)
    words = ["«кавычки» \" ' \\ %s {}", "строка\nдругая\tи\u2028", ""]
    for row, text in zip(rows, words, strict=True):
        row.reason, row.result, row.status = text, {"said": [text, None, 1.5]}, RowStatus.DONE
    rows[2].result = None
    bulk.update(JobRow, ("status", "reason", "result"), rows)
    stored = list(JobRow.objects.filter(job=job).order_by("n"))
    assert [row.reason for row in stored] == words
    assert [row.result for row in stored] == [{"said": [words[0], None, 1.5]}, {"said": [words[1], None, 1.5]}, None]
    assert JobRow.objects.filter(job=job, result__isnull=True).count() == 1
    assert {row.status for row in stored} == {RowStatus.DONE}
