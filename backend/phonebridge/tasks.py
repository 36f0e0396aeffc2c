"""Periodic work of calls."""

from celery import shared_task

from phonebridge.services import upkeep


@shared_task(name="phonebridge.reap")  # type: ignore[untyped-decorator]
def reap() -> int:
    """Close overdue calls; sockets' processes do the same, whoever comes first."""
    return upkeep.close_overdue()


@shared_task(name="phonebridge.forget_processes")  # type: ignore[untyped-decorator]
def forget_processes() -> int:
    return upkeep.forget_processes()
