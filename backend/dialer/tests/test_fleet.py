"""Many phones, the command line, a clean end."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from dialer.__main__ import main
from dialer.device import device_id_for
from dialer.tests.conftest import Start
from dialer.tests.fake_server import FakeServer

BACKEND = Path(__file__).parents[2]


async def test_fleet_has_a_user_and_a_device_for_each_phone(server: FakeServer, start: Start) -> None:
    start(count=20, username="u{i}", ramp_per_s=1000)
    wires = [await server.wires.get() for _ in range(20)]
    devices = {(await wire.expect("auth"))["device_id"] for wire in wires}
    assert devices == {device_id_for(f"u{number}", number) for number in range(1, 21)}


async def test_several_names_take_turns(server: FakeServer, start: Start) -> None:
    phones = start(count=3, username="anna,boris", ramp_per_s=1000)
    assert [runner.device.username for runner in phones.fleet.runners] == ["anna", "boris", "anna"]
    assert len({runner.device.device_id for runner in phones.fleet.runners}) == 3


async def test_tokens_come_from_a_file(server: FakeServer, start: Start, tmp_path: Path) -> None:
    path = tmp_path / "tokens.jsonl"
    path.write_text("".join(json.dumps({"access": f"a{n}", "refresh": f"r{n}"}) + "\n" for n in range(2)))
    start(count=2, tokens=path)
    wires = [await server.wires.get() for _ in range(2)]
    assert {(await wire.expect("auth"))["token"] for wire in wires} == {"a0", "a1"}
    assert server.requests == []


async def test_restart_with_a_journal_reports_the_interrupted_call(
    server: FakeServer, start: Start, tmp_path: Path
) -> None:
    journal = str(tmp_path / "{i}.jsonl")
    first = start({"defaults": {"talk_s": 60}}, journal=journal)
    wire = await server.wire()
    await wire.grant("c1")
    await wire.expect("state", phase="talking")
    await first.stop()
    start(journal=journal)
    again = await server.wire()
    await again.expect("report", call_request_id="c1", call_status="unknown", resolve_method="retry")


async def run_cli(server: FakeServer, *args: str) -> asyncio.subprocess.Process:
    usual = ["--url", server.url, "--ws-url", server.ws_url, "--username", "anna", "--password", "p"]
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dialer", *usual, *args, cwd=BACKEND, stdout=asyncio.subprocess.PIPE
    )


async def test_command_ends_after_its_result_with_a_summary(server: FakeServer) -> None:
    quick = ("--once", "--json", "--outcome", "busy", "--ring", "0.01")
    process = await run_cli(server, *quick)
    wire = await server.wire()
    await wire.grant("c1")
    report = await wire.expect("report", call_status="busy")
    await wire.send("ack", report_id=report["report_id"])
    out, _ = await process.communicate()
    summary = json.loads(out.splitlines()[-1])
    assert process.returncode == 0
    assert summary["counts"]["ack"] == 1 and summary["unsent"] == 0 and summary["ms"]["claim_go"]["n"] == 1


async def test_terminated_command_closes_its_socket(server: FakeServer) -> None:
    process = await run_cli(server, "--events")
    wire = await server.wire()
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert process.returncode == 0
    await wire.closed.wait()
    assert wire.ws.close_code == 1000


def test_wrong_script_is_refused_with_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.json"
    path.write_text('{"defaults": {"outcome": "lunch"}}')
    assert main(["--url", "http://x", "--username", "u", "--script", str(path)]) == 2
    assert "defaults.outcome" in capsys.readouterr().err
