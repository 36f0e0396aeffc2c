"""Waiting and coming back, by the numbers of the protocol."""

from random import Random

import pytest

from dialer.policy import Allowance, Backoff, Next, Pace, after_close


@pytest.mark.parametrize(
    ("code", "step"),
    [(1000, Next.BACK_OFF), (1006, Next.BACK_OFF), (1012, Next.BACK_OFF), (4000, Next.STOP),
     (4001, Next.REFRESH), (4003, Next.STOP), (4008, Next.POLL), (4099, Next.STOP), (4100, Next.BACK_OFF),
     (4108, Next.BACK_OFF), (4112, Next.BACK_OFF), (4129, Next.BACK_OFF), (4200, Next.AT_ONCE),
     (4201, Next.STOP), (4202, Next.REFRESH), (4210, Next.AT_ONCE)],
)  # fmt: skip
def test_close_code_says_what_comes_next(code: int, step: Next) -> None:
    assert after_close(code, refreshed=False) is step


def test_second_invalid_token_stops_the_phone() -> None:
    assert after_close(4001, refreshed=True) is Next.STOP


def test_backoff_is_full_jitter_up_to_twenty_seconds() -> None:
    backoff = Backoff(Random(1))
    drawn = [backoff.next_s() for _ in range(400)]
    assert drawn[0] <= 0.5 and drawn[1] <= 1.0
    assert 0 < min(drawn[10:]) < 1 and 19 < max(drawn[10:]) <= 20
    backoff.reset()
    assert backoff.next_s() <= 0.5


def test_legacy_pace_slows_down_when_nothing_comes() -> None:
    pace = Pace()
    assert pace.after(200) == 0.6
    waits = [pace.after(204) for _ in range(12)]
    assert waits[0] == 1.5 and waits[9] == 1.5 and waits[10] == 5.0
    assert [pace.after(429) for _ in range(4)] == [5.0, 10.0, 20.0, 20.0]
    assert pace.after(200) == 0.6
    assert pace.after(0) == 5.0


def test_results_stay_below_the_flood_limit() -> None:
    allowance = Allowance(seen_at=0.0)
    sent = sum(allowance.take(moment / 100) for moment in range(1000))
    assert 100 < sent <= 170
