"""`manage rebuild_search [--check]`: rows of the search against the cards; 1 when `--check` finds a difference."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from companies.search.rebuild import rebuild


class Command(BaseCommand):
    help = "Построить строки поиска по карточкам заново. С --check только сравнить: код выхода 1 — есть расхождения."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="ничего не писать, показать расхождения")

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for line in rebuild(check=options["check"]):
            count += 1
            if options["check"]:
                self.stdout.write(line)
        self.stdout.write(f"Расхождений: {count}." if options["check"] else f"Исправлено строк: {count}.")
        if options["check"] and count:
            sys.exit(1)
