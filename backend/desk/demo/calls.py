"""Months of calls over working hours, written in bulk with the columns that statistics count by."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import User
from accounts.roles import Role
from common.clock import DEFAULT_ZONE
from companies.models import Company, LeadState, PhoneNumber
from desk.demo import words
from desk.demo.after import CardMaker
from phonebridge.enums import (
    ActionSource,
    CallStatus,
    Delivery,
    Direction,
    Origin,
    Phase,
    Reason,
    ResolveMethod,
    Status,
)
from phonebridge.models import CallPlan, CallRequest
from phonebridge.services import callbacks
from phonebridge.services.counting import count_columns, number_key

BATCH = 2000
DAYS = 120
WAITS = timedelta(days=3)
PLAN = (6, 3)  # outgoing calls and connects of a working day
# Out of a hundred; None is a command that no phone carried out.
OUTCOMES: dict[CallStatus | None, int] = {
    CallStatus.CONNECTED: 46,
    CallStatus.NO_ANSWER: 28,
    CallStatus.BUSY: 8,
    CallStatus.REJECTED: 7,
    CallStatus.MISSED: 4,
    CallStatus.UNKNOWN: 4,
    None: 3,
}
HOURS = {9: 5, 10: 10, 11: 11, 12: 6, 13: 5, 14: 9, 15: 10, 16: 8, 17: 4}


@dataclass(frozen=True, slots=True)
class Target:
    """A number that its manager calls."""

    phone: PhoneNumber
    company: Company


class CallMaker:
    def __init__(self, people: list[User], now: datetime, seed: str) -> None:
        self.callers = [u for u in people if u.role in {Role.MANAGER, Role.SALES_HEAD}]
        self.weights = [5 if u.role == Role.MANAGER else 1 for u in self.callers]
        self.now = now
        self.dice = random.Random(seed)  # noqa: S311
        self.targets = self._targets()
        self.cards = CardMaker(now, seed)

    def make(self, count: int) -> int:
        """Write `count` calls; 0 when nobody has a number to call."""
        if not any(self.targets.values()):
            return 0
        batch: list[CallRequest] = []
        for call in self._calls(count):
            batch.append(call)
            if len(batch) == BATCH:
                self._store(batch)
                batch = []
        self._store(batch)
        self._wait_for_calls_back()
        self._plan()
        return count

    def _wait_for_calls_back(self) -> None:
        """Callers of the last days whom nobody has reached since."""
        missed = CallRequest.objects.filter(call_status=CallStatus.MISSED, counted_at__gte=self.now - WAITS)
        with transaction.atomic():
            callbacks.refold(numbers=missed.values_list("number_key", flat=True), now=self.now)

    def _plan(self) -> None:
        """A plan for every manager who has none, from before the first call on."""
        since = (self.now - timedelta(days=DAYS + 1)).date()
        managers = [user for user in self.callers if user.role == Role.MANAGER]
        CallPlan.objects.bulk_create(
            [CallPlan(user=user, valid_from=since, calls=PLAN[0], connects=PLAN[1]) for user in managers],
            ignore_conflicts=True,
        )

    def _store(self, batch: list[CallRequest]) -> None:
        CallRequest.objects.bulk_create(batch)
        self.cards.make(batch)

    def _targets(self) -> dict[int, list[Target]]:
        """Numbers by branch: a head calls the companies of the branch, as managers do for colleagues."""
        found: dict[int, list[Target]] = {}
        numbers = PhoneNumber.objects.filter(e164__isnull=False).select_related(
            "company", "contact__company", "contact"
        )
        for number in numbers.order_by("pk")[:20_000]:
            company = number.company or (number.contact.company if number.contact else None)
            if company is not None and company.branch_id is not None and company.deleted_at is None:
                found.setdefault(company.branch_id, []).append(Target(number, company))
        return found

    def _calls(self, count: int) -> Iterator[CallRequest]:
        made = 0
        while made < count:
            user = self.dice.choices(self.callers, self.weights)[0]
            targets = self.targets.get(user.branch_id or 0)
            if targets:
                yield self._call(user, self.dice.choice(targets))
                made += 1

    def _call(self, user: User, target: Target) -> CallRequest:
        zone = user.branch.zone if user.branch else DEFAULT_ZONE
        contact = target.phone.contact
        call = CallRequest(
            user=user,
            created_by=user,
            branch=user.branch,
            zone=zone,
            company=target.company,
            contact=contact,
            company_name=target.company.name,
            contact_name=contact.full_name if contact else "",
            phone_raw=target.phone.raw,
            phone_e164=target.phone.e164 or "",
            phone_ext=target.phone.ext,
            number_key=number_key(target.phone.e164 or ""),
            is_cold_call=target.company.lead_state == LeadState.COLD,
            note=self.dice.choice(words.CALL_NOTES.split("|")) if self.dice.random() < 0.2 else "",
            created_at=self._moment(zone),
        )
        outcome = self.dice.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
        columns = self._without_result(call) if outcome is None else self._with_result(call, outcome)
        for name, value in columns.items():
            setattr(call, name, value)
        if outcome is not None and call.result_at is not None:
            for name, value in count_columns(call, call.result_at).items():
                setattr(call, name, value)
        call.updated_at = call.closed_at or call.created_at
        return call

    def _moment(self, zone: str) -> datetime:
        """A working moment of the last months, the nearer the likelier, never in the future."""
        while True:
            days_ago = int(DAYS * self.dice.random() ** 1.4)
            day = (self.now - timedelta(days=days_ago)).astimezone(ZoneInfo(zone)).date()
            hour = self.dice.choices(list(HOURS), list(HOURS.values()))[0]
            seconds = self.dice.randrange(3600)
            moment = datetime.combine(day, time(hour), ZoneInfo(zone)) + timedelta(seconds=seconds)
            if day.weekday() < 5 and moment < self.now - timedelta(minutes=10):
                return moment

    def _without_result(self, call: CallRequest) -> dict[str, Any]:
        minute = call.created_at + timedelta(seconds=60)
        if self.dice.random() < 0.5:
            return {"status": Status.EXPIRED, "expires_at": minute, "closed_at": minute}
        cancelled = call.created_at + timedelta(seconds=self.dice.randint(2, 40))
        return {
            "status": Status.CANCELLED,
            "reason": Reason.USER,
            "expires_at": minute,
            "cancel_requested_at": cancelled,
            "closed_at": cancelled,
        }

    def _with_result(self, call: CallRequest, outcome: CallStatus) -> dict[str, Any]:
        dice, start = self.dice, call.created_at
        received = start + timedelta(milliseconds=dice.randint(18, 420))
        dialing = received + timedelta(milliseconds=dice.randint(300, 1900))
        rings = timedelta(seconds=dice.randint(4, 35))
        is_talk = outcome == CallStatus.CONNECTED
        talk_s = max(int(dice.lognormvariate(4.6, 0.9)), 6) if is_talk else None
        ended = dialing + rings + timedelta(seconds=talk_s or 0)
        is_incoming = outcome == CallStatus.MISSED
        columns: dict[str, Any] = {
            "origin": Origin.INCOMING if is_incoming else Origin.CLICK,
            "status": Status.CONSUMED,
            "live_phase": Phase.ENDED,
            "delivery": Delivery.WS if dice.random() < 0.85 else Delivery.LEGACY,
            "offered_at": start,
            "received_at": received,
            "claimed_at": received,
            "dialing_at": dialing,
            "talking_at": dialing + rings if is_talk else None,
            "ended_at": ended,
            "result_at": ended + timedelta(seconds=1),
            "closed_at": ended + timedelta(seconds=1),
            "call_status": outcome,
            "call_started_at": dialing,
            "call_duration_seconds": talk_s,
            "call_ended_at": ended,
            "direction": Direction.INCOMING if is_incoming else Direction.OUTGOING,
            "resolve_method": ResolveMethod.OBSERVER if dice.random() < 0.9 else ResolveMethod.RETRY,
            "attempts_count": 1,
            "action_source": ActionSource.CRM_UI,
        }
        if is_incoming:
            columns |= {"claimed_at": None, "received_at": None, "offered_at": None, "action_source": None}
        return columns
