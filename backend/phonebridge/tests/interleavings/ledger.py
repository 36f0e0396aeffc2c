"""What must be true, whatever happened: grants, dials, rows, reports."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from phonebridge import reporting
from phonebridge.enums import PHASE_ORDER, RESULT_RANK, CallStatus
from phonebridge.models import CallReport, DeadLetter
from phonebridge.tests.interleavings.server import Frame

if TYPE_CHECKING:
    from phonebridge.tests.interleavings.phones import Phone

REGRANT_S = 10.0
MOVES = {
    "pending": {"pending", "delivered", "cancelled", "expired", "consumed"},
    "delivered": {"delivered", "consumed", "cancelled"},
    "consumed": {"consumed"},
    "cancelled": {"cancelled"},
    "expired": {"expired"},
}


class Row(NamedTuple):
    """A call as the database has it after a step."""

    id: str
    user_id: int
    origin: str
    event_id: str
    repeats: str | None
    rev: int
    status: str
    reason: str
    device: int | None
    instance: str
    lease: str
    delivery: str
    live_phase: str
    is_unconfirmed: bool
    is_lost: bool
    is_late: bool
    call_status: str | None
    is_closed: bool
    is_claimed_after_expiry: bool
    is_claimed_after_cancel: bool
    since_claim_s: float | None
    since_cancel_s: float | None

    def state(self) -> tuple[Any, ...]:
        """Everything that a higher `rev` must stand for."""
        return self[6:18]


ROWS = """
SELECT id::text, user_id, origin, event_id, repeats_id::text, rev, status, reason, device_id, instance, lease,
    delivery, live_phase, is_unconfirmed, is_lost, is_late, call_status, closed_at IS NOT NULL,
    coalesce(claimed_at >= expires_at, false), coalesce(claimed_at > cancel_requested_at, false),
    extract(epoch FROM statement_timestamp() - claimed_at)::float,
    extract(epoch FROM statement_timestamp() - cancel_requested_at)::float
FROM phonebridge_callrequest
"""


@dataclass(frozen=True)
class Grant:
    """The one right to dial a call, and whose it is."""

    lease: str
    device: int
    instance: str


class Ledger:
    """Hears of everything that leaves the server and everything that a phone does; `check` compares the rows."""

    def __init__(self, counts: Counter[str], owners: dict[int, str]) -> None:
        self.counts, self.owners = counts, owners
        self.rows: dict[str, Row] = {}
        self.grants: dict[str, Grant] = {}
        self.refused: set[tuple[int, str, str]] = set()
        self.void: set[tuple[int, str, str]] = set()
        self.dials: dict[str, str] = {}
        self.repeats: list[str] = []
        self.clicked: set[str] = set()
        self.events: set[tuple[int, str]] = set()
        self.acked: set[tuple[int, str]] = set()
        self.step_began = time.monotonic()

    # --- what leaves the server

    def frame_left(self, phone: Phone, instance: str, frame: Frame) -> None:
        """A frame on a phone's socket, also one that will never arrive."""
        match frame["type"]:
            case "go":
                self.granted(phone, instance, frame["call_id"], frame["lease"], "socket")
            case "no":
                self.counts[f"refused: {frame['reason']}"] += 1
                self.refused.add((phone.device_pk, instance, frame["call_id"]))
            case "ack":
                self._acknowledged(phone, f"id:{frame['report_id']}")

    def granted(self, phone: Phone, instance: str, call_id: str, lease: str, how: str) -> None:
        """At most one grant a call; a repeat is the same lease to the same installation."""
        mine = Grant(lease, phone.device_pk, instance)
        first = self.grants.setdefault(call_id, mine)
        assert first == mine, f"a second grant of {call_id}: {first}, then {mine}"
        who = (phone.device_pk, instance, call_id)
        assert who not in self.refused, f"{phone} was refused {call_id} and is granted it now"
        if phone.world.server.is_dying:
            self.counts["the server died between a grant and its answer"] += 1
        if first is mine:
            self.counts[f"granted by {how}"] += 1
            return
        assert phone.kind == "app", f"an old dialer is served {call_id} twice"
        self.counts[f"a lost grant was healed by {how}"] += 1
        self.repeats.append(call_id)

    def served(self, phone: Phone, call_id: str, lease: str | None) -> None:
        """A pull was answered with a command, whether the answer arrives or not."""
        if lease is None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT lease FROM phonebridge_callrequest WHERE id = %s", [call_id])
                (lease,) = cursor.fetchone() or ("",)
        assert call_id not in self.dials or phone.kind == "app", f"{call_id} is dialled already, {phone} is served it"
        self.granted(phone, phone.instance, call_id, lease or "", "legacy" if phone.kind == "legacy" else "poll")

    def offered(self, phone: Phone, call_id: str) -> None:
        """An offer arrived: only the person's own phones may see it."""
        row = self.rows.get(call_id)
        assert row is None or row.user_id == phone.user_id, f"{phone} is offered a call of {self.owners[row.user_id]}"
        self.counts["offered"] += 1

    # --- what phones do

    def told_void(self, phone: Phone, call_id: str) -> None:
        """The phone read that it may not dial."""
        self.void.add((phone.index, phone.instance, call_id))

    def dial(self, phone: Phone, call_id: str, lease: str) -> None:
        """Somebody's telephone rings now."""
        assert call_id not in self.dials, f"{call_id} is dialled by {self.dials[call_id]} and by {phone}"
        assert (phone.index, phone.instance, call_id) not in self.void, f"{phone} was told no and dials {call_id}"
        self.dials[call_id] = str(phone)
        self.counts["dialled"] += 1
        (row,) = read_rows(call_id)
        is_holder = (row.user_id, row.device, row.instance) == (phone.user_id, phone.device_pk, phone.instance)
        assert is_holder, f"{phone} dials what it does not hold: {row}"
        assert phone.kind == "legacy" or row.lease == lease, f"{phone} dials with {lease}: {row}"
        told_otherwise = row.status not in {"delivered", "consumed"} or row.is_unconfirmed
        assert not told_otherwise or phone.kind == "legacy", f"people read that it was not dialled: {phone}, {row}"

    def report_came(self, phone: Phone, body: Any, status: int) -> None:
        """The door of results answered: with 200, always, and the report is the server's from now on."""
        assert status == 200, f"a result is refused with {status}: {body}"
        self._acknowledged(phone, key_of(body))

    def _acknowledged(self, phone: Phone, key: str) -> None:
        if (phone.user_id, key) in self.acked:
            self.counts["a result came again"] += 1
        if phone.world.server.is_dying:
            self.counts["the server died between a result and its acknowledgement"] += 1
        self.acked.add((phone.user_id, key))

    # --- rows

    def fitting(self, user_id: int, what: str) -> str:
        """The newest call of this person that a result of this kind is meant for; '' when there is none."""
        mine = [row for row in self.rows.values() if row.user_id == user_id]
        if what == "late":
            mine = [row for row in mine if row.status in {"cancelled", "expired"}]
        elif what in {"second call", "another"}:
            mine = [row for row in mine if row.call_status is not None and row.origin == "click"]
        else:
            mine = []
        return max((row.id for row in mine), default="")

    def has_waiting(self, user_id: int) -> bool:
        """True when a phone of this person may find something by asking, as far as the last step showed."""
        mine = [row for row in self.rows.values() if row.user_id == user_id]
        return any(row.status in {"pending", "delivered"} and not row.is_closed for row in mine)

    def check(self) -> None:
        """After every step."""
        fresh = {row.id: row for row in read_rows()}
        assert fresh.keys() >= self.rows.keys(), "a call disappeared"
        for row in fresh.values():
            before = self.rows.get(row.id)
            if before != row:
                self._check_row(before, row)
        self.rows = fresh
        self.check_repeats()

    def check_repeats(self) -> None:
        """Before time moves on: what was granted again was granted less than ten seconds ago, and not cancelled."""
        took_s = time.monotonic() - self.step_began
        for call_id in self.repeats:
            (row,) = read_rows(call_id)
            since = row.since_claim_s
            assert since is not None and since - took_s < REGRANT_S, f"{call_id} is granted again after {since} s"
            assert (row.since_cancel_s or 0.0) <= took_s, f"{call_id} is granted again behind its cancel"
        self.repeats = []
        self.step_began = time.monotonic()

    def _check_row(self, before: Row | None, row: Row) -> None:
        assert not row.is_claimed_after_expiry, f"granted after its expiry: {row}"
        assert not row.is_claimed_after_cancel, f"granted after its cancel: {row}"
        if row.lease:
            known = self.grants.get(row.id)
            mine = Grant(row.lease, row.device or 0, row.instance)
            assert known in (None, mine), f"granted as {known}, the row says {mine}"
        if before is None:
            self._count(row, None)
            return
        if before.state() != row.state():
            assert row.rev > before.rev, f"changed without a new rev: {before} → {row}"
            self._count(row, before)
        assert row.rev >= before.rev, f"rev fell: {before} → {row}"
        assert row.status in MOVES[before.status], f"a state that cannot follow: {before} → {row}"
        assert row.is_closed or not before.is_closed, f"reopened: {before} → {row}"
        assert PHASE_ORDER.get(row.live_phase, 0) >= PHASE_ORDER.get(before.live_phase, 0), f"{before} → {row}"
        for name in ("lease", "device", "instance"):
            old = getattr(before, name)
            assert not old or getattr(row, name) == old, f"{name} changed: {before} → {row}"

    def _count(self, row: Row, before: Row | None) -> None:
        """The situations without which the run would prove nothing."""
        now = {
            f"became {row.status} {row.reason}".strip(): row.status,
            "unconfirmed": row.is_unconfirmed,
            "a holder was lost": row.is_lost,
            "a result came late": row.is_late,
            "a second call under an old id": row.repeats is not None,
            "a call without a click": row.event_id != "",
        }
        was = {"unconfirmed": before.is_unconfirmed, "a holder was lost": before.is_lost} if before else {}
        was |= {"a result came late": before.is_late} if before else {}
        for name, value in now.items():
            is_new = before is None or (before.status != row.status if name.startswith("became") else False)
            if value and (is_new or (name in was and not was[name])):
                self.counts[name] += 1
        if before is not None and before.is_unconfirmed and row.status == "consumed":
            self.counts["an unconfirmed call was dialled after all"] += 1

    # --- the end

    def check_end(self) -> None:
        """Every request is final, every report is kept and counted once."""
        self.check()
        for row in self.rows.values():
            assert row.is_closed, f"never ended: {row}"
            assert row.status != "pending", f"never ended: {row}"
        self._check_reports()
        self._check_row_count()

    def _check_reports(self) -> None:
        reports = list(CallReport.objects.values_list("pk", "user_id", "dedupe_key", "is_applied", "call_id", "body"))
        dead = set(DeadLetter.objects.values_list("report_id", flat=True))
        kept = {(user_id, key) for _pk, user_id, key, *_rest in reports}
        assert len(kept) == len(reports)
        assert self.acked <= kept, f"lost: {self.acked - kept}"
        best: dict[str, int] = {}
        for pk, _user, key, is_applied, about, body in reports:
            assert is_applied != (pk in dead), f"{key} is neither counted nor a dead letter, or both"
            if is_applied:
                rank = RESULT_RANK[CallStatus(body["call_status"])]
                best[str(about)] = max(best.get(str(about), 0), rank)
        self.counts["a report was kept as a dead letter"] += len(dead)
        for call_id, row in self.rows.items():
            known = RESULT_RANK[CallStatus(row.call_status)] if row.call_status else 0
            assert known == best.get(call_id, 0), f"not the best-known result: {row}"

    def _check_row_count(self) -> None:
        """One row for a click, for a call of the phone's own, for a second call under an old id; no other."""
        own: Counter[tuple[int, str]] = Counter()
        for row in self.rows.values():
            if row.event_id:
                own[row.user_id, row.event_id] += 1
            elif row.repeats is None:
                assert row.id in self.clicked, f"nobody asked for {row}"
        assert self.clicked <= self.rows.keys()
        assert set(own) <= self.events and set(own.values()) <= {1}, f"{own}, told {self.events}"


def key_of(body: Any) -> str:
    """Under which key a report is kept."""
    fields = body if isinstance(body, dict) else {}
    bare = {k: v for k, v in fields.items() if k not in {"report_id", "sent_at"}} if fields else body
    return reporting.report_key(fields.get("report_id")) or reporting.body_key(reporting.storable(bare))


def read_rows(call_id: str = "") -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(ROWS + (" WHERE id = %s" if call_id else ""), [call_id] if call_id else None)
        return [Row(*row) for row in cursor.fetchall()]
