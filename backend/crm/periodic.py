"""Everything that runs by the clock; how often it does stands in crm/beat.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from celery import shared_task

from accounts import upkeep as accounts
from companies import upkeep as companies
from companies.attachments import services as attachments
from companies.search import vocabulary
from crm.beat import EVERY_S
from jobs import periodic
from jobs import upkeep as jobs
from phonebridge.services import callback_news, callbacks, fleet, incoming, retention, rollup
from phonebridge.services import upkeep as calls


@dataclass(frozen=True, slots=True)
class Periodic:
    """`work` returns how many rows it touched; it is harmless when repeated."""

    interval_s: int
    work: Callable[[], int]


WORK: dict[str, Callable[[], int]] = {
    "phonebridge.reap": calls.close_overdue,
    "phonebridge.forget_processes": calls.forget_processes,
    "phonebridge.sum_days": rollup.recompute,
    "phonebridge.silence": fleet.tell_of_silence,
    "phonebridge.clean_requests": retention.clean_old_call_requests,
    "phonebridge.clean_telemetry": retention.clean_telemetry_logs,
    "phonebridge.callbacks_expire": callbacks.expire,
    "phonebridge.callbacks_red": callback_news.tell_red,
    "phonebridge.forget_private": incoming.forget_private_numbers,
    "accounts.purge": accounts.purge,
    "companies.tidy": companies.tidy,
    "companies.sweep": companies.sweep,
    "companies.sweep_files": attachments.sweep,
    "companies.scan_files": attachments.scan_waiting,
    "jobs.sweep": jobs.sweep,
    "jobs.purge": jobs.purge,
    "companies.count_words": vocabulary.recount,
}
TASKS = {name: Periodic(seconds, WORK[name]) for name, seconds in EVERY_S.items()}


@shared_task(name="crm.run_periodic")  # type: ignore[untyped-decorator]
def run_periodic(name: str) -> int | None:
    """One task of the table; None while another worker is at it."""
    task = TASKS[name]
    return periodic.run(name=name, interval_s=task.interval_s, work=task.work)
