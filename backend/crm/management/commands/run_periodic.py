"""`manage run_periodic NAME`: the same path as the beat; exit code 3 while another worker is at it."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crm.periodic import TASKS, run_periodic


class Command(BaseCommand):
    help = "Выполнить периодическую задачу сейчас. Код выхода 3 — она уже выполняется."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=sorted(TASKS))

    def handle(self, *args: Any, **options: Any) -> None:
        rows = run_periodic(options["name"])
        if rows is None:
            self.stderr.write("Занято: задача уже выполняется.")
            sys.exit(3)
        self.stdout.write(f"Готово, строк: {rows}.")
