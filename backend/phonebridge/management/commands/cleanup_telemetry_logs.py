"""Telemetry and logs of phones beyond their days: `manage.py cleanup_telemetry_logs`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from jobs import periodic
from phonebridge.services import retention

BUSY = 3
INTERVAL_S = 86_400


class Command(BaseCommand):
    help = "Удалить старые телеметрию и журналы телефонов."

    def handle(self, *args: Any, **options: Any) -> None:
        work = retention.clean_telemetry_logs
        count = periodic.run(name="phonebridge.clean_telemetry", interval_s=INTERVAL_S, work=work)
        if count is None:
            self.stderr.write("Занято: эта работа уже идёт.")
            raise SystemExit(BUSY)
        self.stdout.write(f"Удалено: {count}")
