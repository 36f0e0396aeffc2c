"""Open the door for a person whom failed attempts have locked out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import security


class Command(BaseCommand):
    help = "Открыть вход сотруднику после неудачных попыток."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="логин")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        removed = security.unlock(username=username)
        if not removed and security.find_person(username) is None:
            raise CommandError(f"Сотрудника «{username}» нет.")
        self.stdout.write(f"Снято блокировок: {removed}.")
