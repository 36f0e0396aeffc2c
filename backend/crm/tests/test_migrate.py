"""Migrations may take their time; nothing else may."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)


def limit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return str(cursor.fetchone()[0])


def test_migrations_have_no_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    before, during = limit(), []
    whole = MigrationExecutor.migrate

    def watched(self: MigrationExecutor, *args: object, **options: object) -> object:
        during.append(limit())
        return whole(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(MigrationExecutor, "migrate", watched)
    call_command("migrate", verbosity=0)
    assert (before, during, limit()) == ("30s", ["0"], "30s")
