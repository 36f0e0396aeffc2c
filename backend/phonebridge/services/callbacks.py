"""Call-backs are folded anew from the calls whenever a call of the number changes; nothing is stepped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import BigIntegerField, Q

from accounts.models import Branch
from accounts.workdays import Hours, hours_of_all
from common.clock import db_now
from common.statements import Param, Select
from companies.models import Company
from phonebridge import events
from phonebridge.enums import CallStatus
from phonebridge.episodes import LIFE, Episode, Happened, Kind, fold
from phonebridge.models import CallBack, CallBackState, CallRequest
from phonebridge.services import callback_news as news
from phonebridge.services.callback_people import assignee_for

LOOK_BACK = timedelta(days=60)  # a result may come 31 days late; an episode lives a week after its last miss
LOCK = 0x4342
MISSES = {CallStatus.MISSED, CallStatus.REJECTED, CallStatus.NO_ANSWER, CallStatus.BUSY}
FOLDED = (
    *("phone_raw", "phone_e164", "phone_ext", "company_id", "contact_id", "state", "first_missed_at"),
    *("last_missed_at", "missed_count", "attempts", "first_attempt_at", "answer_min", "never_at", "closed_at"),
    *("closing_call_id", "assignee_id"),
)
_KNOWN = Select(lambda: CallBack.objects.filter(number_key=Param("number", BigIntegerField())).values_list("pk")[:1])


@dataclass(frozen=True, slots=True)
class Scene:
    """What one folding needs: the rows of a number by branch, and the calls since the earliest of them."""

    number: int
    now: datetime
    rows: dict[int | None, list[CallBack]]
    calls: list[CallRequest]
    branches: dict[int | None, Branch]
    hours: dict[int | None, Hours]


def is_miss(call: CallRequest) -> bool:
    """An incoming call that nobody took."""
    return call.is_counted and call.flow == "incoming" and call.call_status in MISSES


def call_counts(call: CallRequest) -> None:
    """The result of this call is new or corrected. Costs two short statements when no call-back is concerned."""
    if call.number_key is None:
        return
    lock(call.number_key)
    if is_miss(call) or _KNOWN(number=call.number_key):
        _refold(call.number_key, db_now())


@transaction.atomic
def refold(*, numbers: Iterable[int | None], now: datetime | None = None) -> None:
    """Fold every branch of these numbers anew: after a call moved, was corrected, deleted, made private or merged."""
    found = sorted({number for number in numbers if number is not None}, key=_lock_key)
    for number in found:
        lock(number)
        _refold(number, now or db_now())


def _lock_key(number: int) -> int:
    return number % 2**31


def lock(number: int) -> None:
    """Two changes of one number stand in a row, so the later sees the earlier. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, _lock_key(number)])


def _refold(number: int, now: datetime) -> None:
    scene = _scene(number, now)
    for branch_id in sorted(scene.rows, key=lambda pk: pk or 0):
        _refold_branch(scene, branch_id)


def _scene(number: int, now: datetime) -> Scene:
    since = now - LOOK_BACK
    alive = Q(last_missed_at__gte=since) | Q(closed_at__isnull=True)
    rows: dict[int | None, list[CallBack]] = defaultdict(list)
    known = CallBack.objects.select_for_update(of=("self",)).filter(alive, number_key=number)
    for row in known.select_related("assignee").order_by("first_missed_at", "pk"):
        rows[row.branch_id].append(row)
    start = min([since, *(row.first_missed_at for found in rows.values() for row in found)])
    calls = list(
        CallRequest.objects.filter(number_key=number, is_counted=True, counted_at__gte=start)
        .select_related("user", "branch")
        .order_by("counted_at", "pk")
    )
    for call in calls:
        if is_miss(call) and call.counted_at is not None and call.counted_at >= since:
            rows.setdefault(call.branch_id, [])
    branches: dict[int | None, Branch] = {}
    branches |= {branch.pk: branch for branch in Branch.objects.filter(pk__in=[pk for pk in rows if pk])}
    return Scene(number, now, rows, calls, branches, hours_of_all(branches.values()))


def _happened(scene: Scene, branch_id: int | None) -> list[Happened]:
    """Misses of this branch, answers of any, and what people said."""
    rows = scene.rows[branch_id]
    start = min([scene.now - LOOK_BACK, *(row.first_missed_at for row in rows)])
    found = []
    for call in scene.calls:
        kind = _kind(call, branch_id)
        if kind is not None and call.counted_at is not None and call.counted_at >= start:
            found.append(Happened(call.counted_at, kind, call))
    for row in rows:
        if row.handed_at is not None:
            found.append(Happened(row.handed_at, Kind.HAND, row))
        if row.dropped_at is not None:
            found.append(Happened(row.dropped_at, Kind.DROP, row))
    return found


def _kind(call: CallRequest, branch_id: int | None) -> Kind | None:
    if call.call_status == CallStatus.CONNECTED:
        return Kind.CALLED if call.flow == "outgoing" else Kind.CLIENT
    if call.flow == "outgoing":
        return Kind.ATTEMPT
    return Kind.MISS if is_miss(call) and call.branch_id == branch_id else None


def _refold_branch(scene: Scene, branch_id: int | None) -> None:
    episodes = fold(_happened(scene, branch_id), scene.now)
    rows = scene.rows[branch_id]
    if not episodes:
        for row in rows:
            news.forget(row)
            row.delete()
        return
    kept = _match(episodes, rows)
    for row in rows:
        if row not in kept.values() and row.state != CallBackState.MERGED:
            _save(row, {"state": CallBackState.MERGED, "closed_at": row.closed_at or scene.now})
            events.callback_gone(row)
    # what closes is written before what opens: one open row of a number and branch
    for number, episode in sorted(enumerate(episodes), key=lambda pair: pair[1].closed_at is None):
        known = kept.get(number)
        columns = _columns(scene, branch_id, episode, known)
        if known is None:
            row = CallBack(branch_id=branch_id, number_key=scene.number, **columns)
            row.save(force_insert=True)
            news.changed(row, scene.now, was=None)
        else:
            _save(known, columns, scene.now)


def _match(episodes: list[Episode], rows: list[CallBack]) -> dict[int, CallBack]:
    """Which row an episode keeps: the earliest that began in it; those that began in none go by order."""
    left, found = list(rows), dict[int, CallBack]()
    for number, episode in enumerate(episodes):
        inside = [row for row in left if episode.holds(row.first_missed_at)]
        if inside:
            found[number] = inside[0]
            left = [row for row in left if row not in inside]
    outside = [row for row in left if not any(episode.holds(row.first_missed_at) for episode in episodes)]
    lonely = [number for number in range(len(episodes)) if number not in found]
    return found | dict(zip(lonely, outside, strict=False))


def _columns(scene: Scene, branch_id: int | None, episode: Episode, known: CallBack | None) -> dict[str, Any]:
    hours = scene.hours[branch_id]
    about = next((call for call in reversed(episode.misses) if call.company_id), None)
    about = about or (episode.misses[-1] if episode.misses else None)
    columns: dict[str, Any] = {
        "state": episode.state,
        "first_missed_at": episode.first_at,
        "last_missed_at": episode.last_at,
        "missed_count": episode.missed,
        "attempts": episode.attempts,
        "first_attempt_at": episode.first_attempt_at,
        "answer_min": _minutes(hours, episode),
        "never_at": hours.bounds(hours.next_working_day(hours.local_day(episode.first_at)))[1],
        "closed_at": episode.closed_at,
        "closing_call_id": episode.closed_by.pk if isinstance(episode.closed_by, CallRequest) else None,
    }
    if about is not None:
        columns |= {name: getattr(about, name) for name in ("phone_raw", "phone_e164", "phone_ext")}
        if about.company_id or about.contact_id:
            columns |= {"company_id": about.company_id, "contact_id": about.contact_id}
    if known is None:
        company = Company.objects.filter(pk=columns.get("company_id") or 0).select_related("responsible").first()
        called = episode.misses[0].user if episode.misses else None
        columns["assignee"] = assignee_for(scene.branches.get(branch_id), company, called)
    return columns


def _minutes(hours: Hours, episode: Episode) -> int | None:
    if episode.first_attempt_at is None:
        return None
    return hours.working_minutes(episode.first_at, episode.first_attempt_at)


def _save(row: CallBack, columns: dict[str, Any], now: datetime | None = None) -> None:
    """Write what differs, and tell of it."""
    before = {name: getattr(row, name) for name in FOLDED}
    for name, value in columns.items():
        setattr(row, name, value)
    changed = [name for name in FOLDED if getattr(row, name) != before[name]]
    if not changed:
        return
    row.save(update_fields=[CallBack._meta.get_field(name).name for name in changed])
    if now is not None:
        news.changed(row, now, was=before)


def expire(limit: int = 500) -> int:
    """Close what nobody has answered for a week; returns how many numbers were looked at."""
    now = db_now()
    overdue = CallBack.objects.open().filter(last_missed_at__lte=now - LIFE)
    numbers = list(overdue.order_by("pk").values_list("number_key", flat=True)[:limit])
    for number in numbers:
        refold(numbers=[number], now=now)
    return len(numbers)
