"""Everything that runs by the clock, in one table; the beat schedule is made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from celery import shared_task

from accounts import upkeep as accounts
from companies import upkeep as companies
from companies.attachments import services as attachments
from companies.search import vocabulary
from jobs import periodic
from jobs import upkeep as jobs
from phonebridge.services import upkeep as calls


@dataclass(frozen=True, slots=True)
class Periodic:
    """`work` returns how many rows it touched; it is harmless when repeated."""

    interval_s: int
    work: Callable[[], int]


TASKS: dict[str, Periodic] = {
    "phonebridge.reap": Periodic(5, calls.close_overdue),
    "phonebridge.forget_processes": Periodic(60, calls.forget_processes),
    "accounts.purge": Periodic(3600, accounts.purge),
    "companies.tidy": Periodic(3600, companies.tidy),
    "companies.sweep": Periodic(300, companies.sweep),
    "companies.sweep_files": Periodic(3600, attachments.sweep),
    "companies.scan_files": Periodic(10, attachments.scan_waiting),
    "jobs.sweep": Periodic(10, jobs.sweep),
    "jobs.purge": Periodic(3600, jobs.purge),
    "companies.count_words": Periodic(86_400, vocabulary.recount),
}


@shared_task(name="crm.run_periodic")  # type: ignore[untyped-decorator]
def run_periodic(name: str) -> int | None:
    """One task of the table; None while another worker is at it."""
    task = TASKS[name]
    return periodic.run(name=name, interval_s=task.interval_s, work=task.work)
