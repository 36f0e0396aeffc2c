"""Click → phone: our push over a WebSocket against polling every 2 s, in one run on one server.

`./crm bench push [--phones 100] [--clicks 400] [--rate 40]`. Times in milliseconds. `click → frame` starts
before the HTTP request; `commit → frame` starts at the row's `created_at` (the database's clock, same machine).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import websockets

from bench._site import machine, percentile, prepare, serving

POLL_S = 2.0


@dataclass
class Run:
    """What one way of delivery measured; moments in seconds of the wall clock."""

    clicked: dict[str, float] = field(default_factory=dict)
    created: dict[str, float] = field(default_factory=dict)
    framed: dict[str, float] = field(default_factory=dict)

    def row(self, name: str, clicks: int) -> str:
        since_click = [(self.framed[i] - self.clicked[i]) * 1000 for i in self.framed if i in self.clicked]
        since_commit = [(self.framed[i] - self.created[i]) * 1000 for i in self.framed if i in self.created]
        cells = [len(since_click), clicks]
        times = [percentile(v, share) for v in (since_click, since_commit) for share in (0.5, 0.99)]
        return f"{name:24} {cells[0]:5}/{cells[1]:<5}" + "".join(f"{value:11.1f}" for value in times)


async def push_phone(url: str, token: str, number: int, run: Run, ready: asyncio.Event) -> None:
    """A phone that only listens: the moment of every offer is what is measured."""
    async with websockets.connect(url.replace("http", "ws") + "/ws/phone/") as phone:
        auth = {"type": "auth", "token": token, "device_id": f"bench-{number}"}
        await phone.send(json.dumps(auth))
        async for text in phone:
            frame = json.loads(text)
            if frame["type"] == "synced":
                ready.set()
            elif frame["type"] == "offer":
                run.framed[frame["call_id"]] = time.time()
            elif frame["type"] == "ping":
                await phone.send(json.dumps({"type": "pong", "ts": frame["ts"]}))


async def poll_phone(http: httpx.AsyncClient, token: str, number: int, run: Run, ready: asyncio.Event) -> None:
    """The seed's dialer: GET every two seconds, started at a moment of its own."""
    await asyncio.sleep(POLL_S * (number % 20) / 20)
    while True:
        answer = await http.get(
            f"/api/phone/calls/pull/?device_id=poll-{number}", headers={"Authorization": f"Bearer {token}"}
        )
        ready.set()
        if answer.status_code == 200:
            run.framed[answer.json()["id"]] = time.time()
        await asyncio.sleep(POLL_S)


async def click(http: httpx.AsyncClient, token: str, run: Run) -> None:
    """One click, and its end as soon as it was delivered (or ten seconds later)."""
    headers = {"Authorization": f"Bearer {token}"}
    start = time.time()
    answer = await http.post("/api/v1/calls/", json={"phone": "+73430001234"}, headers=headers)
    if answer.status_code != 201:
        return
    call_id = answer.json()["id"]
    run.clicked[call_id] = start
    for _ in range(200):
        if call_id in run.framed:
            break
        await asyncio.sleep(0.05)
    row = (await http.get(f"/api/v1/calls/{call_id}/", headers=headers)).json()
    run.created[call_id] = datetime.fromisoformat(row["created_at"]).timestamp()
    body = {"call_request_id": call_id, "call_status": "no_answer"}
    await http.post("/api/phone/calls/update/", json=body, headers=headers)


async def measure(url: str, tokens: list[str], options: argparse.Namespace, *, push: bool) -> Run:
    run = Run()
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as http:
        ready = [asyncio.Event() for _ in tokens]
        phones = [
            asyncio.create_task(
                push_phone(url, token, n, run, ready[n]) if push else poll_phone(http, token, n, run, ready[n])
            )
            for n, token in enumerate(tokens)
        ]
        await asyncio.wait_for(asyncio.gather(*(event.wait() for event in ready)), 120)
        clicks = []
        for n in range(options.clicks):
            clicks.append(asyncio.create_task(click(http, tokens[n % len(tokens)], run)))
            await asyncio.sleep(1 / options.rate)
        await asyncio.gather(*clicks)
        for phone in phones:
            phone.cancel()
        await asyncio.gather(*phones, return_exceptions=True)
    return run


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--phones", type=int, default=100)
    cli.add_argument("--clicks", type=int, default=300)
    cli.add_argument("--rate", type=float, default=20, help="clicks a second")
    options: Any = cli.parse_args()
    tokens = prepare(options.phones)
    with serving() as url:
        pushed = asyncio.run(measure(url, tokens, options, push=True))
        polled = asyncio.run(measure(url, tokens, options, push=False))
    print(f"{machine()}\n{options.phones} phones, {options.rate:g} clicks/s, one server process, client beside it\n")
    head = "".join(f"{word:>11}" for word in ("click p50", "p99", "commit p50", "p99"))
    print(f"{'ms':24} {'arrived':11}{head}")
    print(pushed.row("WebSocket push", options.clicks))
    print(polled.row("polling every 2 s", options.clicks))


if __name__ == "__main__":
    main()
