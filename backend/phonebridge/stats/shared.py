"""Reports that many pages ask for at the same moment, and the figure that may cost seconds."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime

from django.db import OperationalError, connection, transaction

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from common.clock import local_day
from common.errors import DomainError
from phonebridge.stats import cells
from phonebridge.stats.asked import VERB, Filter
from phonebridge.stats.cells import Slice
from phonebridge.stats.numbers import Change, change_of_count
from phonebridge.stats.period import before
from phonebridge.stats.report import CallReport, Part, report

FRESH_S = 1.0
MOST_KEPT = 64
LIMIT_MS = 5000


class TooLong(DomainError):
    code = "too_long"


@dataclass(slots=True)
class _Flight:
    """One report that is being made, or was made this second; whoever comes meanwhile waits for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    made: CallReport | None = None
    until: float = 0.0


_flights: dict[tuple[object, ...], _Flight] = {}
_lock = threading.Lock()


def shared_report(asked: Filter, viewer: User, now: datetime, parts: frozenset[Part]) -> CallReport:
    """`report`, at most a second old, made once for all who may see the same: key = filter and reach."""
    level = scope.reach(viewer, VERB)
    who = () if level == Reach.ALL else (viewer.pk, viewer.branch_id)
    key = (asked, parts, level, who, local_day(now, viewer.day_zone))
    with _lock:
        if len(_flights) > MOST_KEPT:
            _flights.clear()
        flight = _flights.setdefault(key, _Flight())
    with flight.lock:
        if flight.made is None or time.monotonic() > flight.until:
            flight.made = report(asked, viewer, now, parts)
            flight.until = time.monotonic() + FRESH_S
        return flight.made


@dataclass(frozen=True, slots=True)
class UniqueNumbers:
    count: int
    change: Change


def unique_within(asked: Filter, viewer: User, now: datetime, limit_ms: int = LIMIT_MS) -> UniqueNumbers:
    """Different numbers of the filter and their change. Raises TooLong when the database needs more than the limit."""
    compared = before(asked.period, now=now, today=local_day(now, viewer.day_zone))
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(limit_ms)])
            _, count = cells.unique_numbers(Slice(viewer, asked, asked.period))
            _, past = cells.unique_numbers(Slice(viewer, asked, compared.period, compared.until))
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        raise TooLong("Слишком много звонков. Выберите период короче.") from error
    return UniqueNumbers(count, change_of_count(count, past))
