"""./crm manage export_companies --user U --format csv|xlsx OUT"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.errors import DomainError
from companies.exporting.formats import FORMATS
from companies.exporting.services import export_now
from companies.management.commands.import_companies import find_user


class Command(BaseCommand):
    requires_system_checks = ()  # half a second: `migrate` and `serve` make them
    help = "Выгрузить компании, которые этот сотрудник может выгружать."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("out", type=Path)
        parser.add_argument("--user", required=True, help="от чьего имени")
        parser.add_argument("--format", choices=FORMATS, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["out"]
        try:
            count = export_now(actor=find_user(options["user"]), path=path, kind=options["format"])
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        except OSError as error:
            raise CommandError(f"Файл не записан: {path}") from error
        self.stdout.write(f"Выгружено: {count}")
