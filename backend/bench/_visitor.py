"""A browser that asks pages over HTTP, without drawing them."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

from bench._site import Site

if TYPE_CHECKING:
    from accounts.models import User


class Visitor:
    """Somebody who is logged in and keeps the connection."""

    def __init__(self, site: Site, user: User) -> None:
        from django.test import Client

        client = Client()
        client.force_login(user)
        self.cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        self.line = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)

    def get(self, path: str) -> int:
        """The bytes of the answer; a line that was closed while others asked is opened anew."""
        try:
            return self._ask(path)
        except http.client.RemoteDisconnected:
            self.line.close()
            return self._ask(path)

    def _ask(self, path: str) -> int:
        self.line.request("GET", path, headers={"Cookie": self.cookie, "Host": "127.0.0.1"})
        answer = self.line.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        return len(body)
