"""Django's sessions in cache and database; a key that we cannot have made names no session."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.cached_db import KEY_PREFIX

__all__ = ["KEY_PREFIX", "SessionStore"]


class SessionStore(cached_db.SessionStore):
    """Django takes any key of eight signs to the database, which refuses a NUL with an error."""

    def _validate_session_key(self, key: Any) -> bool:
        return isinstance(key, str) and len(key) >= 8 and key.isascii() and key.isalnum()
