"""Forget tokens and log-in attempts that are over."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts import upkeep


class Command(BaseCommand):
    help = "Удалить истёкшие ключи входа и старые неудачные попытки."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Удалено строк: {upkeep.purge()}.")
