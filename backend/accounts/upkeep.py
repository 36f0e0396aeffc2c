"""What the door no longer needs is forgotten."""

from __future__ import annotations

from django.utils import timezone

from accounts import idempotency, security, tokens


def purge() -> int:
    """Remove tokens that are over, attempts that no window reaches and old answers; returns how many rows went."""
    return tokens.purge_expired() + security.purge_failures(now=timezone.now()) + idempotency.purge()
