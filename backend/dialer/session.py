"""One connection to `/ws/phone/`, from `auth` to the close code."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from dialer import policy
from dialer import server_frames as server
from dialer.api import Api, SignedOut, Unreachable
from dialer.desk import Desk
from dialer.device import APP_VERSION, Device
from dialer.phone_frames import Auth, Heartbeat, PhoneFrame, Pong, Report, Seen
from dialer.protocol import BadFrame, encode, parse
from dialer.timers import Timers
from dialer.token_keeper import TokenKeeper

HELLO_WITHIN_S = 10.0


class SocketSession:
    """Reads and writes frames; the desk and the outbox decide what they mean."""

    def __init__(self, ws: ClientConnection, device: Device, desk: Desk, api: Api, *, heartbeat_s: float) -> None:
        self.ws, self.device, self.desk, self.api = ws, device, desk, api
        self.heartbeat_s = heartbeat_s
        self.greeted = False
        self.logged_out = False
        self.drained = False
        self.silence_s = HELLO_WITHIN_S
        self._out: asyncio.Queue[PhoneFrame | Callable[[], object]] = asyncio.Queue()
        self.timers = Timers()
        self.tokens = TokenKeeper(self.timers, device, api)
        self._handlers: dict[str, Callable[[Any], None]] = {
            "hello": self._hello, "synced": self._synced, "offer": desk.offered, "go": desk.granted,
            "no": desk.refused, "revoke": desk.revoked, "ack": self._ack, "ping": self._ping,
            "probe": self._probe, "drain": self._drain, "logout": self._logout, "notice": self._notice,
            "token_expiring": self.tokens.expiring, "refreshed": self.tokens.refreshed, "error": self._error,
            "want_logs": self._want_logs, "caller": lambda frame: device.emit("caller", **frame),
        }  # fmt: skip

    def send(self, frame: PhoneFrame) -> None:
        """Before `hello` only `auth` is spoken; what matters is repeated after it."""
        if self.greeted or frame["type"] == "auth":
            self._out.put_nowait(frame)

    def after_sending(self, then: Callable[[], object]) -> None:
        self._out.put_nowait(then)

    def abort(self) -> None:
        """As if the network went: no close frame."""
        self.ws.transport.abort()

    async def run(self) -> int:
        """Serve the connection until it ends; the close code, 1006 for a cut."""
        self.device.link = self
        self.send(
            Auth(
                type="auth", token=self.api.access, device_id=self.device.device_id,
                instance=self.device.journal.instance, device_name=self.device.name, app_version=APP_VERSION,
                platform="simulator", encryption_enabled=True,
            )
        )  # fmt: skip
        writer = asyncio.create_task(self._write())
        try:
            await self._read()
        except ConnectionClosed as closed:
            if self.drained:
                return policy.DRAIN
            return closed.rcvd.code if closed.rcvd else policy.LOST
        except TimeoutError:
            self.device.emit("silent", after_s=self.silence_s)
            self.abort()
            return policy.LOST
        finally:
            self._detach(writer)
            if self.device.crashed.is_set() or not self.device.network.up.is_set():
                self.abort()
        return 1000

    def _detach(self, writer: asyncio.Task[None]) -> None:
        self.device.link = None
        writer.cancel()
        self.timers.close()
        self.device.outbox.disconnected()
        self.desk.disconnected()

    async def _read(self) -> None:
        while not self.logged_out:
            async with asyncio.timeout(self.silence_s):
                text = await self.ws.recv()
            # A dozing phone hears nothing until it wakes; its clock runs on.
            await self.device.awake.wait()
            try:
                frame = parse(text)
            except BadFrame as error:
                self.device.emit("bad_frame", error=str(error))
                continue
            if frame is not None:
                self._handle(frame)

    def _handle(self, frame: server.ServerFrame) -> None:
        self._handlers[frame["type"]](frame)

    async def _write(self) -> None:
        try:
            while True:
                item = await self._out.get()
                await self.device.awake.wait()
                if callable(item):
                    item()
                else:
                    await self.ws.send(encode(item))
        except ConnectionClosed:
            return  # the reader sees the same close and ends the session

    def _hello(self, frame: server.Hello) -> None:
        self.greeted = True
        # Frames of ours put off the server's ping, so silence of one interval proves nothing.
        self.silence_s = 2 * frame["ping_s"] + frame["pong_s"]
        self.device.emit("hello", session=frame["session"], protocol=frame["protocol"])
        self.tokens.plan(frame["token_expires_in_s"])
        self.desk.reconnected()
        self.results_waiting()

    def _synced(self, _frame: server.ServerFrame) -> None:
        self.device.emit("synced")
        self.timers.later("heartbeat", self.device.jitter.uniform(0, min(5.0, self.heartbeat_s)), self._heartbeat)

    def _heartbeat(self) -> None:
        self.send(Heartbeat(type="heartbeat", **self.device.heartbeat()))
        self.timers.later("heartbeat", self.heartbeat_s, self._heartbeat)

    def results_waiting(self) -> None:
        """Send what the outbox allows now, and look again when it may allow more."""
        if not self.greeted:
            return
        now = time.monotonic()
        for report_id in self.device.outbox.due(now):
            body = self.device.journal.results[report_id]
            self.device.emit("report", report_id=report_id, tries=self.device.outbox.flights[report_id].tries)
            self.send(Report(type="report", report_id=report_id, sent_at=self.device.now_iso(), **body))
        wait_s = self.device.outbox.wait_s(now)
        if wait_s is not None:
            self.timers.later("results", wait_s, self.results_waiting)

    def _ack(self, frame: server.Ack) -> None:
        self.device.result_done(frame["report_id"])
        self.results_waiting()

    def _ping(self, frame: server.Ping) -> None:
        self.send(Pong(type="pong", ts=frame["ts"]))

    def _probe(self, frame: server.Probe) -> None:
        self.send(Pong(type="pong", id=frame["id"]))

    def _notice(self, frame: server.Notice) -> None:
        self.device.emit("notice", id=frame["id"], title=frame["title"])
        self.send(Seen(type="seen", id=frame["id"]))

    def _error(self, frame: server.Error) -> None:
        self.device.emit("error", code=frame["code"], message=frame["message"])
        if frame.get("retry"):
            self.desk.server_away()

    def _drain(self, frame: server.Drain) -> None:
        wait_s = self.device.jitter.uniform(0, frame["after_ms"] / 1000)
        self.device.emit("drain", reconnect_in_s=round(wait_s, 3))
        self.timers.later("drain", wait_s, self._leave)

    def _leave(self) -> None:
        self.drained = True
        self.timers.job(self.ws.close(1000))

    def _logout(self, _frame: server.ServerFrame) -> None:
        self.api.forget()
        self.logged_out = True

    def _want_logs(self, frame: server.WantLogs) -> None:
        self.timers.job(self._send_logs(frame["id"]))

    async def _send_logs(self, log_id: int | str) -> None:
        body = {"device_id": self.device.device_id, "ts": self.device.now_iso(), "level_summary": "I:1",
                "source": f"want_logs:{log_id}", "payload": "simulated phone"}  # fmt: skip
        try:
            await self.api.send("POST", "/api/phone/logs/", body)
        except (SignedOut, Unreachable) as error:
            self.device.emit("logs_failed", reason=str(error))
