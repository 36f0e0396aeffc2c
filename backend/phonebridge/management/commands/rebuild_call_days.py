"""Sums of past days anew, from the calls: `manage.py rebuild_call_days [--from 2026-01-01] [--to 2026-01-31]`."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from phonebridge.services.rollup import rebuild


class Command(BaseCommand):
    help = "Пересчитать суммы прошедших дней по звонкам."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", default="", help="первый день, 2026-01-01")
        parser.add_argument("--to", dest="last", default="", help="последний день")

    def handle(self, *args: Any, first: str = "", last: str = "", **options: Any) -> None:
        try:
            from_on = date.fromisoformat(first) if first else None
            to_on = date.fromisoformat(last) if last else None
        except ValueError as error:
            raise CommandError("Напишите день как 2026-01-31.") from error
        self.stdout.write(f"Пересчитано дней: {rebuild(from_on=from_on, to_on=to_on)}")
