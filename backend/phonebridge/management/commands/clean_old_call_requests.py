"""Commands that never got a result, beyond their days: `manage.py clean_old_call_requests [--dry-run]`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from jobs import periodic
from phonebridge.services import retention

BUSY = 3
INTERVAL_S = 3600


class Command(BaseCommand):
    help = "Удалить старые команды на звонок, у которых нет итога. Звонки с итогом не трогает."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="только посчитать")

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        if dry_run:
            self.stdout.write(f"Будет удалено: {retention.old_requests().count()}")
            return
        work = retention.clean_old_call_requests
        count = periodic.run(name="phonebridge.clean_requests", interval_s=INTERVAL_S, work=work)
        if count is None:
            self.stderr.write("Занято: эта работа уже идёт.")
            raise SystemExit(BUSY)
        self.stdout.write(f"Удалено: {count}")
