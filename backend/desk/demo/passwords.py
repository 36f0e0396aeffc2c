"""Passwords of the demonstration people: never a known one outside the demonstration."""

from __future__ import annotations

import os
import secrets

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password

from accounts.models import User
from desk.demo.staff import PEOPLE

DEMO_PASSWORD = "demo-crm-2026"  # noqa: S105 (used only where settings.IS_DEMO says that this is a demonstration)


def choose_passwords(given: str) -> dict[str, str]:
    """A password for every name: the given one, the demonstration's, or a random one each."""
    shared = given
    if not shared and settings.IS_DEMO:
        shared = os.environ.get("CRM_DEMO_PASSWORD") or DEMO_PASSWORD
    return {person.username: shared or secrets.token_urlsafe(12) for person in PEOPLE}


def hash_passwords(passwords: dict[str, str]) -> dict[str, str]:
    """Slow hashes; a shared password is hashed once, so that the demonstration starts in time."""
    known: dict[str, str] = {}
    for password in passwords.values():
        if password not in known:
            known[password] = make_password(password)
    return {name: known[password] for name, password in passwords.items()}


def holding(users: list[User], passwords: dict[str, str]) -> set[str]:
    """Names whose password is the one in `passwords`: a second run does not know those of the first."""
    checked: dict[tuple[str, str], bool] = {}
    found = set()
    for user in users:
        pair = (user.password, passwords[user.username])
        if pair not in checked:
            checked[pair] = check_password(pair[1], pair[0])
        if checked[pair]:
            found.add(user.username)
    return found
