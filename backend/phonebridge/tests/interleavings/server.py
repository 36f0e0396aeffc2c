"""One server process in our hands: its loop, its hub, its sockets; it can die after any commit."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import Context
from typing import Any
from weakref import WeakSet

from django.db import connections

from common import realtime, ws
from phonebridge import hall as halls
from phonebridge.services import upkeep

type App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
type Frame = dict[str, Any]

LOST = 1006
THREADS = 6
MOMENT_S = 0.6
SOCKET_THREADS = 12


class Loop(asyncio.SelectorEventLoop):
    """A loop that knows when nothing more can happen by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.in_flight = 0
        self.skipped_s = 0.0
        self.landed: asyncio.Future[None] | None = None
        self.timers: WeakSet[asyncio.TimerHandle] = WeakSet()
        self.alarms: list[str] = []
        self.set_exception_handler(self._alarm)

    def _alarm(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.alarms.append(f"{context.get('message')}: {context.get('exception')!r}")

    def time(self) -> float:
        return super().time() + self.skipped_s

    def call_at[*Args](
        self, when: float, callback: Callable[[*Args], object], *args: *Args, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = super().call_at(when, callback, *args, context=context)
        self.timers.add(handle)
        return handle

    def run_in_executor[T](  # type: ignore[override]  # it returns the same future
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self.in_flight += 1
        future.add_done_callback(self._has_landed)
        return future

    def _has_landed(self, _future: asyncio.Future[Any]) -> None:
        self.in_flight -= 1
        if self.landed is not None and not self.landed.done():
            self.landed.set_result(None)

    async def settled(self) -> None:
        """Until no callback is ready and no query runs. Work that was put off for a moment is done now."""
        while True:
            if self._ready:  # type: ignore[attr-defined]
                await asyncio.sleep(0)
            elif self.in_flight:
                self.landed = self.create_future()
                await self.landed
            elif not self._skip_a_moment():
                return

    def _skip_a_moment(self) -> bool:
        """Let the next timer fire if it is a matter of milliseconds; heartbeats and deadlines are not waited for."""
        moments = [handle.when() for handle in self.timers if not handle.cancelled() and handle._scheduled]  # type: ignore[attr-defined]
        if not moments or min(moments) - self.time() > MOMENT_S:
            return False
        self.skipped_s += max(min(moments) - self.time(), 0.0)
        self.call_soon(lambda: None)
        return True


class Hub(realtime.Hub):
    """The hub of the process; events wait at the door of delivery until somebody hands them over."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.waiting: list[tuple[str, str]] = []

    def deliver(self, topic: str, text: str) -> None:
        self.waiting.append((topic, text))

    def hand_over(self, topic: str, text: str) -> None:
        super().deliver(topic, text)


class Line:
    """One connection: frames that the client sent and the server has not read, and the other way round."""

    def __init__(self, server: Server, application: App, scope: Frame, said: Callable[[Frame], None]) -> None:
        self.server = server
        self.said = said
        self.up: deque[str] = deque()
        self.down: deque[Frame] = deque()
        self.inbox: asyncio.Queue[Frame] = asyncio.Queue()
        self.is_cut = False
        self.is_over = False
        self.task = server.loop.create_task(self._serve(application, scope))
        self.inbox.put_nowait({"type": "websocket.connect"})

    async def _serve(self, application: App, scope: Frame) -> None:
        await application(scope, self.inbox.get, self._send)

    async def _send(self, message: Frame) -> None:
        """What the server lets go: read later, or lost with the process or the connection."""
        if message["type"] == "websocket.send":
            self.said(json.loads(message["text"]))
        if message["type"] == "websocket.close":
            self._over(int(message.get("code") or 1000))
        if not (self.is_cut or self.server.is_dying) and message["type"] != "websocket.accept":
            self.down.append(message)

    def _over(self, code: int) -> None:
        if not self.is_over:
            self.is_over = True
            self.inbox.put_nowait({"type": "websocket.disconnect", "code": code})

    def say(self, **frame: Any) -> None:
        self.up.append(json.dumps(frame))

    def feed(self) -> bool:
        """The server reads one frame of the client; False when there is none."""
        if not self.up:
            return False
        text = self.up.popleft()
        if not self.is_over:
            self.inbox.put_nowait({"type": "websocket.receive", "text": text})
        return True

    def cut(self, *, noticed: bool) -> None:
        """The client is gone. A server that does not notice keeps the socket, and may still read what was sent."""
        self.is_cut = True
        self.down.clear()
        if noticed:
            self.up.clear()
            self._over(LOST)


class Server:
    """The process. `run` is the only place where its loop turns."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.lines: list[Line] = []
        self.is_dying = False
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="race")
        self.hub = self._begin()

    def _begin(self) -> Hub:
        """A hub of our own is there already, so the loops of a process do not start: `keep` is their one round."""
        halls._hall = None
        halls.hall()
        realtime._hubs[self.loop] = hub = Hub(self.loop)
        return hub

    def open(self, application: App, scope: Frame, said: Callable[[Frame], None]) -> Line:
        line = Line(self, application, scope, said)
        self.lines.append(line)
        return line

    def run(self, work: Awaitable[Any] | None = None) -> Any:
        """Turn the loop until `work` is done and everything that follows from it."""

        async def until_quiet() -> Any:
            found = await work if work is not None else None
            await self.loop.settled()
            return found

        found = self.loop.run_until_complete(until_quiet())
        self._look()
        return found

    def together(self, acts: list[Callable[[], Any]]) -> list[Any]:
        """All acts at the same moment, each in a thread, beside whatever the sockets have been fed; what they gave."""

        async def all_at_once() -> list[Any]:
            return await asyncio.gather(*(self.loop.run_in_executor(self.threads, act) for act in acts))

        found: list[Any] = self.run(all_at_once())
        return found

    def _look(self) -> None:
        """No consumer may break."""
        for line in [line for line in self.lines if line.task.done()]:
            self.lines.remove(line)
            line.task.result()
        assert self.loop.alarms == []

    def keep(self) -> None:
        """One round of the loop of a process with sockets (`hall.keep`)."""
        room = halls.hall()
        halls.beat(room)
        heard, room.heard = list(room.heard), set()
        if heard:
            upkeep.seen(heard)
        self.run(halls._sweep_once(room))

    def feed_old_lines(self) -> None:
        """Connections that their clients have given up: what they sent arrives now, then the server notices."""
        for line in [line for line in self.lines if line.is_cut and not line.is_over]:
            while line.feed():
                self.run()
            line.cut(noticed=True)

    def die(self) -> list[Line]:
        """SIGKILL: whatever was not committed or sent is gone, nobody says good-bye. The lines that it held."""
        held = [line for line in self.lines if not line.is_cut]
        for handle in list(self.loop.timers):
            handle.cancel()
        tasks = [task for task in asyncio.all_tasks(self.loop) if not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.wait(tasks))
        self.lines.clear()
        self.is_dying = False
        self.hub = self._begin()
        return held

    def close(self) -> None:
        self.die()
        del realtime._hubs[self.loop]
        halls._hall = None
        for pool, threads in ((self.threads, THREADS), (ws.POOL, SOCKET_THREADS)):
            _give_back(pool, threads)
        self.threads.shutdown()
        self.loop.close()


def _give_back(pool: ThreadPoolExecutor, threads: int) -> None:
    """Close the connection of every thread of a pool."""
    together = threading.Barrier(threads)

    def close() -> None:
        together.wait(30)
        connections.close_all()

    for done in [pool.submit(close) for _ in range(threads)]:
        done.result()
