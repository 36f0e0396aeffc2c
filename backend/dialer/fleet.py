"""Many phones in one process: shared limits, figures every five seconds, a clean end."""

import asyncio
import json
import resource
import secrets
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import httpx

from dialer.api import LOGINS_AT_ONCE, Api, Network, make_client
from dialer.device import Device, device_id_for
from dialer.events import Events
from dialer.options import Options
from dialer.runner import Runner
from dialer.store import Journal

STATS_S = 5.0
HANDSHAKES_AT_ONCE = 64
CONNECTIONS = 200


class Tokens(TypedDict):
    access: str
    refresh: str


class Fleet:
    """Builds the phones, starts them at the given rate, and ends them."""

    def __init__(self, options: Options, client: httpx.AsyncClient) -> None:
        self.options, self.client = options, client
        single = options.count == 1
        self.events = Events(lines=options.events, words=single and not (options.quiet or options.json))
        self.gate = asyncio.Semaphore(HANDSHAKES_AT_ONCE)
        self.door = asyncio.Semaphore(LOGINS_AT_ONCE)
        self.done = asyncio.Event()
        self.seed = options.seed or secrets.token_hex(4)
        self.tokens = read_tokens(options.tokens) if options.tokens else []
        self.first_results = 0
        self.runners = [self._runner(options.start + offset) for offset in range(options.count)]

    def _runner(self, index: int) -> Runner:
        options = self.options
        username = options.username_of(index)
        device = Device(
            index=index, username=username, device_id=self._device_id(username, index),
            name=f"Симулятор {index}", seed=f"{self.seed}:{index}", script=options.script,
            journal=Journal.open(self._journal_path(index)), events=self.events, network=Network(),
        )  # fmt: skip
        api = Api(
            self.client, options.url.rstrip("/"), username, options.password, device.device_id,
            modern=options.transport != "poll", network=device.network, door=self.door,
        )  # fmt: skip
        if self.tokens:
            known = self.tokens[(index - options.start) % len(self.tokens)]
            api.access, api.refresh_token = known["access"], known["refresh"]
        if options.once:
            device.on_result = self._once()
        return Runner(device, api, options, self.gate)

    def _device_id(self, username: str, index: int) -> str:
        given = self.options.device_id
        if not given:
            return device_id_for(username, index)
        return given.replace("{i}", str(index)) if "{i}" in given or self.options.count == 1 else f"{given}-{index}"

    def _journal_path(self, index: int) -> Path | None:
        given = self.options.journal
        if not given:
            return None
        if "{i}" not in given and self.options.count > 1:
            given += ".{i}"
        return Path(given.replace("{i}", str(index)))

    def _once(self) -> Callable[[], None]:
        seen = False

        def first() -> None:
            nonlocal seen
            self.first_results += not seen
            seen = True
            if self.first_results == len(self.runners):
                self.done.set()

        return first

    async def run(self) -> int:
        """0 after a clean end, 3 when phones stopped by themselves and none is left."""
        tasks: set[asyncio.Task[None]] = set()
        watch = asyncio.ensure_future(self._print_figures())
        main = asyncio.ensure_future(self._start_all(tasks))
        stop = asyncio.ensure_future(self.done.wait())
        try:
            await asyncio.wait({main, stop}, timeout=self.options.duration_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (main, stop, watch, *tasks):
                task.cancel()
            await asyncio.gather(main, stop, watch, *tasks, return_exceptions=True)
        self._print_summary()
        return 3 if all(runner.stopped for runner in self.runners) else 0

    async def _start_all(self, tasks: set[asyncio.Task[None]]) -> None:
        for runner in self.runners:
            tasks.add(asyncio.create_task(runner.run()))
            if len(self.runners) > 1:
                await asyncio.sleep(1 / self.options.ramp_per_s)
        await asyncio.gather(*tasks)

    async def _print_figures(self) -> None:
        if self.options.quiet or (self.options.count == 1 and not self.options.json):
            return
        while True:
            await asyncio.sleep(STATS_S)
            counts = self.events.figures.counts
            online = sum(runner.device.link is not None for runner in self.runners)
            shown = ("offer", "dialing", "result", "ack", "reject", "no", "revoke", "closed", "dropped")
            words = ", ".join(f"{name} {counts[name]}" for name in shown if counts[name])
            print(f"на связи {online} из {len(self.runners)}; {words}", file=sys.stderr, flush=True)

    def _print_summary(self) -> None:
        if not self.options.json:
            return
        summary = {
            "event": "summary", "phones": len(self.runners), "seed": self.seed,
            "stopped": sum(bool(runner.stopped) for runner in self.runners),
            "unsent": sum(len(runner.device.journal.results) for runner in self.runners),
            **self.events.figures.summary(),
        }  # fmt: skip
        print(json.dumps(summary, ensure_ascii=False), flush=True)


def read_tokens(path: Path) -> list[Tokens]:
    """JSON lines `{"access", "refresh"}`, one per phone, for fleets that cannot log in one by one."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def raise_file_limit() -> None:
    """As many sockets as the system allows without more rights."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def run(options: Options) -> int:
    raise_file_limit()
    client = make_client(connections=min(CONNECTIONS, max(10, options.count)))
    async with client:
        fleet = Fleet(options, client)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, fleet.done.set)
        return await fleet.run()
