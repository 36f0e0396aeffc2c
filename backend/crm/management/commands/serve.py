"""`manage serve`: the ASGI server with drain."""

from __future__ import annotations

import os
import resource
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crm.checks import refuse_to_start


class Command(BaseCommand):
    requires_system_checks = []
    help = "Сервер HTTP и WebSocket (Daphne). При остановке просит телефоны переподключиться и ждёт их."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_to_start()
        _raise_file_limit()
        from crm.server import serve

        self.stderr.write(f"http://{options['host']}:{options['port']} (pid {os.getpid()})")
        serve(options["host"], options["port"])


def _raise_file_limit() -> None:
    """Thousands of sockets need thousands of descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = min(65_536, hard) if hard != resource.RLIM_INFINITY else 65_536
    if soft < want:
        resource.setrlimit(resource.RLIMIT_NOFILE, (want, hard))
