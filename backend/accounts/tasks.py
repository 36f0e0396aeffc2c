"""Periodic work of accounts."""

from celery import shared_task

from accounts import upkeep


@shared_task(name="accounts.purge_tokens")  # type: ignore[untyped-decorator]
def purge_tokens() -> int:
    """Hourly: forget tokens and attempts that are over (A-16)."""
    return upkeep.purge()
