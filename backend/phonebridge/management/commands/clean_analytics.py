"""Traces of tests before a day: `manage.py clean_analytics --before 2026-01-01 [--apply]`; else it only counts.

Calls that people made are never touched: test calls carry a flag of their own (D3).
"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from common.clock import DEFAULT_ZONE, day_bounds, local_day
from phonebridge.services import retention


class Command(BaseCommand):
    help = "Проверочные звонки и записи журнала действий раньше дня: посчитать или, с --apply, удалить."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--before", default="", help="день, раньше которого; 2026-01-01")
        parser.add_argument("--apply", action="store_true", help="удалить; без него только посчитать")
        parser.add_argument("--dry-run", action="store_true", help="только посчитать (и так по умолчанию)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["before"]:
            raise CommandError("Назовите день: --before 2026-01-01.")
        try:
            day = date.fromisoformat(options["before"])
        except ValueError as error:
            raise CommandError("Напишите день как 2026-01-31.") from error
        if day > local_day(timezone.now(), DEFAULT_ZONE):
            raise CommandError("Этот день ещё не наступил.")
        is_real = options["apply"] and not options["dry_run"]
        for what, rows in retention.test_traces(day_bounds(day, DEFAULT_ZONE)[0]).items():
            count = retention.purge(rows) if is_real else rows.count()
            self.stdout.write(f"{what}: {'удалено' if is_real else 'будет удалено'} {count}")
        if not is_real:
            self.stdout.write("Ничего не удалено. Чтобы удалить, добавьте --apply.")
