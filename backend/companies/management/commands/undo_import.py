"""./crm manage undo_import ID [--user U]"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.errors import DomainError
from common.ids import parse_uuid
from companies.importing.services import undo_now
from companies.management.commands.import_companies import find_user


class Command(BaseCommand):
    requires_system_checks = ()  # half a second: `migrate` and `serve` make them
    help = "Отменить загрузку: созданное убрать, изменённое вернуть, если его с тех пор не трогали."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id")
        parser.add_argument("--user", default="", help="от чьего имени; без него — первый администратор")

    def handle(self, *args: Any, **options: Any) -> None:
        job_id = parse_uuid(options["id"])
        if job_id is None:
            raise CommandError("Номер загрузки — тот, что напечатан при загрузке.")
        try:
            counts = undo_now(job_id=job_id, actor=find_user(options["user"]))
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(json.dumps({"id": str(job_id), **counts}, ensure_ascii=False))
