"""./crm manage import_companies FILE [--user U] [--mode both] [--dry-run] [--json]"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from common.errors import DomainError
from companies.importing.services import MODES, Report, import_now, try_import


class Command(BaseCommand):
    requires_system_checks = ()  # half a second: `migrate` and `serve` make them
    help = "Загрузить компании из CSV, XLSX, XLS или ODS: тот же код, что и на странице."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", default="", help="от чьего имени; без него — первый администратор")
        parser.add_argument("--mode", choices=MODES, default="both")
        parser.add_argument("--dry-run", action="store_true", help="показать, что будет, и ничего не записать")
        parser.add_argument("--json", action="store_true", help="последняя строка — один объект JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        actor = find_user(options["user"])
        run = try_import if options["dry_run"] else import_now
        try:
            report = run(actor=actor, path=path, mode=options["mode"])
        except (DomainError, OSError) as refusal:
            raise CommandError(getattr(refusal, "detail", "") or f"Файл не открывается: {path}") from refusal
        self.stdout.write(json.dumps(as_dict(report), ensure_ascii=False) if options["json"] else words(report))
        if not (report.created or report.updated or report.unchanged or report.refused):
            raise CommandError("В файле нет ни одной строки.")


def find_user(name: str) -> User:
    """The person of this log-in name, or the first administrator."""
    people = User.objects.filter(is_active=True).order_by("pk")
    if name:
        found = people.filter(username=name).first()
    else:
        found = next((person for person in people if person.is_admin), None)
    if found is None:
        sentence = f"Нет такого сотрудника: {name}" if name else "Нет ни одного администратора: укажите --user."
        raise CommandError(sentence)
    return found


def as_dict(report: Report) -> dict[str, Any]:
    found = asdict(report)
    return {name: found[name] for name in ("id", "created", "updated", "unchanged", "refused", "problems")}


def words(report: Report) -> str:
    lines = [
        f"Загрузка {report.id or '(проверка)'}: создано {report.created}, изменено {report.updated}, "
        f"без изменений {report.unchanged}, отказано {report.refused}."
    ]
    lines += [f"  строка {p['row']}: {p['reason']}" for p in report.problems[:20]]
    return "\n".join(lines)
