"""A hasher that counts its work."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.hashers import MD5PasswordHasher


class CountingHasher(MD5PasswordHasher):
    runs: ClassVar[int] = 0

    def encode(self, password: Any, salt: Any) -> str:
        type(self).runs += 1
        return str(super().encode(password, salt))
