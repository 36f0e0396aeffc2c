"""The cookie of a browser in which people have logged in before: strangers' failures do not lock it out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing

from accounts.security import fold

COOKIE = "known_device"
LIFETIME = timedelta(days=90)
SALT = "accounts.known_device"
PEOPLE_KEPT = 5


@dataclass(frozen=True, slots=True)
class Browser:
    """`device` is random, made by us; `names` are the people who have logged in here, the latest last."""

    device: str
    names: tuple[str, ...] = ()

    def device_for(self, username: str) -> str:
        """The mark of this browser for a person who has been here before, else ''."""
        return self.device if fold(username) in self.names else ""

    def cookie_after(self, username: str) -> str:
        """The cookie's value once this person has logged in."""
        name = fold(username)
        names = [*(known for known in self.names if known != name), name][-PEOPLE_KEPT:]
        return signing.dumps({"device": self.device, "names": names}, salt=SALT)


def read(cookie: str) -> Browser:
    """What a cookie says; a new browser when it is missing, old or not ours."""
    try:
        said = signing.loads(cookie, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        said = None
    if not isinstance(said, dict):
        return Browser(secrets.token_hex(8))
    return Browser(said["device"], tuple(said["names"]))
