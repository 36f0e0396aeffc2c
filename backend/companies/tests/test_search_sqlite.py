"""The same search on SQLite: every visible card is found; typing mistakes are not understood there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BACKEND = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.stack
SCRIPT = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from accounts.roles import DataScope
from companies.search.query import search
from companies.search.rebuild import rebuild
from companies.tests.test_search_invariants import Card, asked_of, build, seen_companies
cards = [Card("ООО «{}»", ("ёлка", "север"), "лес", n % 3, "ab"[n % 2], "Щёголев", True) for n in range(4)]
users, companies = build((cards, list(DataScope)))
assert list(rebuild(check=True)) == []
for user in users:
    visible = seen_companies(user)
    for company in companies:
        tail = company.phones.first().digits[-4:]
        for q in asked_of(company) + ["Елк", "tkrf", f"ёлка {tail}"]:
            found = {hit.company_id for hit in search(user, q).results}
            assert found <= visible, q
            assert company.pk not in visible or company.pk in found, q
assert search(users[0], "елак").results == ()
call_command("rebuild_search", check=True)
call_command("run_periodic", "companies.count_words")
call_command("migrate", "companies", "0001", verbosity=0)
"""


def test_every_visible_card_is_found(tmp_path: Path) -> None:
    env = {**os.environ, "DB_ENGINE": "sqlite", "SQLITE_PATH": str(tmp_path / "db.sqlite3"), "REDIS_URL": ""}
    env |= {"DJANGO_SETTINGS_MODULE": "crm.settings", "PYTHONPATH": str(BACKEND), "CELERY_BROKER_URL": ""}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=BACKEND, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Расхождений: 0." in done.stdout
