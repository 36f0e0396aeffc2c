"""Compiled statements mean what their querysets mean, also with other values the second time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import BigIntegerField, CharField
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from common.statements import Insert, Lock, Param, Select, Update, ago_param, in_param, move
from phonebridge.models import CallRequest

pytestmark = pytest.mark.django_db


def draft(user: User, phone: str = "+73430001234") -> CallRequest:
    return CallRequest(user=user, phone_raw=phone, phone_e164=phone, flags=["ф"])


def test_insert_returns_the_stored_row_and_refuses_in_silence(anna: User, boris: User) -> None:
    store = Insert(CallRequest, lambda: {"expires_at": in_param("expires_in")})
    made = store(draft(anna), expires_in=timedelta(seconds=30))
    assert made is not None
    stored = CallRequest.objects.get(pk=made.pk)
    names = [field.attname for field in CallRequest._meta.concrete_fields]
    assert [getattr(made, name) for name in names] == [getattr(stored, name) for name in names]
    assert stored.flags == ["ф"]
    assert stored.expires_at is not None and stored.expires_at - stored.created_at == timedelta(seconds=30)
    assert store(draft(anna), expires_in=timedelta(seconds=30)) is None
    other = store(draft(boris), expires_in=timedelta(seconds=90))
    assert other is not None and other.expires_at is not None
    assert other.expires_at - other.created_at == timedelta(seconds=90)
    assert CallRequest.objects.count() == 2


def test_update_moves_only_what_fits_and_returns_it(anna: User, boris: User) -> None:
    mine = CallRequest.objects.create(user=anna, phone_raw="1")
    CallRequest.objects.create(user=boris, phone_raw="2")
    note = Update(
        CallRequest,
        lambda: (
            CallRequest.objects.filter(user_id=Param("user_id", BigIntegerField())),
            {"note": Param("note", CharField())},
        ),
    )
    assert [row.pk for row in note(user_id=anna.pk, note="а")] == [mine.pk]
    assert [row.note for row in note(user_id=boris.pk, note="б")] == ["б"]
    assert note(user_id=0, note="в") == []
    assert sorted(CallRequest.objects.values_list("note", flat=True)) == ["а", "б"]


def test_a_second_run_costs_one_query_and_reads_its_own_ages(anna: User) -> None:
    call = CallRequest.objects.create(user=anna, phone_raw="1")
    old = Select(lambda: CallRequest.objects.filter(created_at__lte=ago_param("age")).values_list("pk"))
    assert old(age=timedelta(hours=1)) == []
    with CaptureQueriesContext(connection) as queries:
        assert old(age=timedelta(0)) == [(call.pk,)]
    assert len(queries) == 1


def test_lock_gives_whole_rows(anna: User) -> None:
    call = CallRequest.objects.create(user=anna, phone_raw="1", flags=["x"])
    lock = Lock(lambda: CallRequest.objects.filter(user_id=Param("user_id", BigIntegerField())))
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        (found,) = lock(user_id=anna.pk)
    assert (found.pk, found.flags, found.created_at) == (call.pk, ["x"], call.created_at)
    assert ("FOR UPDATE" in queries[-1]["sql"]) == (connection.vendor == "postgresql")


def test_move_counts_the_revision(anna: User) -> None:
    call = CallRequest.objects.create(user=anna, phone_raw="1")
    moved = move(CallRequest.objects.filter(pk=call.pk), note="да")
    assert moved is not None and (moved.rev, moved.note) == (2, "да")
    assert move(CallRequest.objects.filter(pk=call.pk, rev=1), note="нет") is None
