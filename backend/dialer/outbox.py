"""Results on their way to the server: at most 16 unacknowledged, sent again until the acknowledgement."""

import time
from dataclasses import dataclass, field
from uuid import uuid4

from dialer.phone_frames import CallResult
from dialer.policy import Allowance
from dialer.protocol import MAX_UNACKED
from dialer.store import Journal

RESEND_FIRST_S = 5.0
RESEND_MOST_S = 60.0


@dataclass
class Flight:
    """One result that was sent and not acknowledged yet."""

    sent_at: float
    due_at: float
    tries: int = 1


@dataclass
class Outbox:
    """Order is kept; nothing is ever dropped."""

    journal: Journal
    allowance: Allowance = field(default_factory=lambda: Allowance(seen_at=time.monotonic()))
    flights: dict[str, Flight] = field(default_factory=dict)

    def add(self, body: CallResult) -> str:
        report_id = str(uuid4())
        self.journal.keep(report_id, body)
        return report_id

    def due(self, now: float) -> list[str]:
        """The ids to send now; they count as in flight from here on."""
        ready = []
        for report_id in self.journal.results:
            flight = self.flights.get(report_id)
            if flight is None and len(self.flights) >= MAX_UNACKED:
                break
            if (flight is None or flight.due_at <= now) and not self.allowance.take(now):
                break
            if flight is None:
                self.flights[report_id] = Flight(now, now + RESEND_FIRST_S)
                ready.append(report_id)
            elif flight.due_at <= now:
                flight.tries += 1
                flight.due_at = now + min(RESEND_MOST_S, RESEND_FIRST_S * 2 ** (flight.tries - 1))
                ready.append(report_id)
        return ready

    def wait_s(self, now: float) -> float | None:
        """Seconds until `due` may have something; None when nothing waits."""
        if not self.journal.results:
            return None
        if len(self.flights) < min(MAX_UNACKED, len(self.journal.results)):
            return 1 / self.allowance.per_s
        return max(0.05, min(flight.due_at for flight in self.flights.values()) - now)

    def acked(self, report_id: str, now: float) -> float | None:
        """Seconds from the first sending on this connection; None for an unknown id."""
        self.journal.acked(report_id)
        flight = self.flights.pop(report_id, None)
        return None if flight is None else now - flight.sent_at

    def disconnected(self) -> None:
        self.flights.clear()
