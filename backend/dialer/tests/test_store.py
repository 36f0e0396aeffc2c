"""What survives a crash, and how results leave."""

from pathlib import Path

from dialer.outbox import RESEND_FIRST_S, Outbox
from dialer.store import Dialled, Journal


def filled(count: int) -> Outbox:
    outbox = Outbox(Journal())
    outbox.allowance.seen_at = 0.0
    for number in range(count):
        outbox.add({"call_request_id": str(number), "call_status": "busy"})
    return outbox


def test_restarted_process_knows_what_it_dialled_and_owes(tmp_path: Path) -> None:
    path = tmp_path / "1.jsonl"
    journal = Journal.open(path)
    journal.dial(Dialled("one", "+7", 1.0, "lease"))
    journal.dial(Dialled("two", "+7", 2.0))
    journal.dial(Dialled("three", "+7", 3.0))
    journal.keep("r1", {"call_request_id": "one", "call_status": "busy"})
    journal.keep("r2", {"call_request_id": "three", "call_status": "busy"})
    journal.acked("r2")
    with path.open("a") as file:
        file.write('{"k": "dialled", "call_')
    again = Journal.open(path)
    assert again.instance == journal.instance
    assert list(again.dialled) == ["one", "two", "three"]
    assert list(again.results) == ["r1"]
    assert [entry.call_id for entry in again.interrupted()] == ["two"]
    assert Journal.open(path) == again


def test_at_most_sixteen_results_are_in_flight() -> None:
    outbox = filled(100)
    first = outbox.due(0.0)
    assert len(first) == 16 and outbox.due(0.0) == []
    assert outbox.acked(first[0], 0.1) == 0.1
    assert len(outbox.due(0.1)) == 1


def test_unacknowledged_result_is_sent_again_less_and_less_often() -> None:
    outbox = filled(1)
    assert outbox.due(0.0) and not outbox.due(RESEND_FIRST_S - 0.1)
    assert outbox.due(RESEND_FIRST_S)
    assert not outbox.due(2 * RESEND_FIRST_S) and outbox.due(3 * RESEND_FIRST_S)


def test_new_connection_sends_everything_unacknowledged_again() -> None:
    outbox = filled(3)
    assert len(outbox.due(0.0)) == 3
    outbox.disconnected()
    assert len(outbox.due(0.1)) == 3
