"""The phone's socket: a thin translator between frames and services."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from pydantic import BaseModel

from accounts import tokens
from accounts.models import User
from common.errors import DomainError
from common.ids import parse_uuid, uuid7
from common.realtime import Event, hub, is_draining
from common.ws import Close, SocketConsumer, in_thread, is_same_origin
from phonebridge import protocol, topics
from phonebridge.admission import admit, holder_of, same_phone, still_in
from phonebridge.enums import Delivery, Phase, RejectReason
from phonebridge.hall import gone_reasons, hall, offers_of
from phonebridge.lookups import Lookups
from phonebridge.models import PhoneDevice
from phonebridge.probes import Probes
from phonebridge.reporting import read_moment
from phonebridge.services import delivery, devices, results
from phonebridge.token_clock import TokenClock

AWAY = {"type": "error", "code": "database_away", "message": "Сервер занят, повторите.", "retry": True}
BUSY_S = 10.0


class PhoneConsumer(SocketConsumer):
    """`/ws/phone/`: auth first, then offers, claims, states and reports of one device."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connection_id = uuid7()
        self.device: PhoneDevice | None = None
        self.user: User | None = None
        self.instance = self.family = ""
        self.token = TokenClock()
        self.lookups, self.probes = Lookups(), Probes()
        self.is_synced = False
        self.sent: dict[str, float] = {}
        self.held: set[str] = set()
        self.busy: dict[str, float] = {}
        self.ignored_states = 0
        self.told_rtt: int | None = None

    @property
    def seat(self) -> PhoneDevice:
        """The phone, once it has been let in."""
        assert self.device is not None  # noqa: S101 (typing)
        return self.device

    # --- coming

    async def connect(self) -> None:
        if not is_same_origin(self.scope):
            await self.close()
            return
        await self.accept()
        if b"token" in self.scope.get("query_string", b""):
            await self.refuse(Close.BAD_TOKEN, "token_in_url", "Токен передаётся первым кадром, а не в адресе.")
            return
        if is_draining():
            await self.shut(Close.DRAIN)
            return
        hub()
        loop = asyncio.get_running_loop()
        self.timer = loop.call_later(settings.CALL["auth"].total_seconds(), self._auth_is_late)

    def _auth_is_late(self) -> None:
        if self.device is None:
            self.soon(self.shut(Close.BAD_TOKEN))

    async def refuse(self, code: int, word: str, message: str) -> None:
        await self.send_frame({"type": "error", "code": word, "message": message, "retry": code >= 4100})
        await self.shut(code)

    # --- frames

    async def on_frame(self, kind: str, frame: dict[str, Any]) -> None:
        try:
            typed = protocol.parse(kind, frame)
        except protocol.BadFrame as error:
            await self._bad_frame(kind, str(error))
            return
        try:
            if self.device is None:
                await self._before_auth(typed)
            else:
                await self._heard(kind, typed, frame)
        except (OperationalError, InterfaceError):
            await self.send_frame({**AWAY, "about": kind})
            if not self.is_synced:
                # waiting for the deadline would tell a good phone that its token is bad
                await self.shut(Close.OVERLOADED)

    async def _bad_frame(self, kind: str, field: str) -> None:
        if self.device is None:
            await self.refuse(Close.BAD_TOKEN, "auth_expected", f"Первым кадром ожидается auth ({field[:40]}).")
            return
        message = f"Кадр {kind[:40]}: неверное поле {field[:40]}."
        await self.send_frame({"type": "error", "code": "bad_frame", "message": message, "retry": False})

    async def _before_auth(self, typed: BaseModel | None) -> None:
        if not isinstance(typed, protocol.Auth):
            await self.refuse(Close.BAD_TOKEN, "auth_expected", "Первым кадром ожидается auth.")
            return
        if typed.protocol < protocol.PROTOCOL:
            await self.refuse(Close.TOO_OLD, "too_old", "Обновите приложение: эта версия больше не поддерживается.")
            return
        await self._authenticate(typed)

    async def _authenticate(self, auth: protocol.Auth) -> None:
        try:
            claims = tokens.decode_access(auth.token)
        except tokens.InvalidToken as error:
            code = Close.TOKEN_EXPIRED if error.expired else Close.BAD_TOKEN
            await self.refuse(code, "bad_token", "Вход недействителен.")
            return
        said = devices.Hello(
            auth.device_id,
            auth.instance,
            auth.device_name,
            auth.app_version,
            auth.platform,
            auth.encryption_enabled,
        )
        ip = self.scope.get("client_address") or None
        try:
            device, news = await in_thread(admit, claims, said, self.connection_id, ip)
        except DomainError as error:
            code = Close.BAD_TOKEN if error.code == "bad_token" else Close.REVOKED
            await self.refuse(code, error.code, error.detail)
            return
        for message in news:
            hall().news.add(message)
        if self.closing:
            await hall().farewells.add(self.connection_id)
            return
        self.device, self.user, self.instance = device, device.user, auth.instance
        self._take_token(claims)
        await self._settle()

    def _take_token(self, claims: tokens.AccessClaims) -> None:
        self.family = claims.family
        self.token.take(claims.expires_at, self._token_expires_soon, self._token_is_over)

    def _token_expires_soon(self) -> None:
        self.soon(self.send_frame({"type": "token_expiring", "in_s": self.token.left_s()}))

    def _token_is_over(self) -> None:
        self.soon(self.shut(Close.TOKEN_EXPIRED))

    async def _settle(self) -> None:
        before = hall().enter(self)
        for one in (before, self) if before is not None else ():
            one.soon(one.leave_when_replaced())
        user_id = self.seat.user_id
        await hub().subscribe(self, topics.phone(user_id), f"access.{user_id}")
        await self.send_frame(
            {
                "type": "hello",
                "protocol": protocol.PROTOCOL,
                "session": str(self.connection_id),
                "ping_s": round(self.ping_after.total_seconds()),
                "pong_s": round(self.pong_within.total_seconds()),
                "server_time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "token_expires_in_s": self.token.left_s(),
            }
        )
        await self.reconcile(await in_thread(offers_of, user_id))
        await self.send_frame({"type": "synced"})
        self.is_synced = True
        self.start_heartbeat()

    async def _heard(self, kind: str, typed: BaseModel | None, frame: dict[str, Any]) -> None:
        hall().heard.add(self.seat.pk)
        match typed:
            case protocol.Claim():
                await self._claim(typed)
            case protocol.State():
                await self._state(typed)
            case protocol.Reject():
                await self._reject(typed)
            case protocol.Report():
                await self._report(typed, frame)
            case protocol.Refresh():
                await self._refresh(typed)
            case protocol.Lookup():
                await self.send_frame(await self.lookups.answer(typed, self.seat.user_id))
            case _:
                await self._heard_untyped(kind, frame)

    async def _heard_untyped(self, kind: str, frame: dict[str, Any]) -> None:
        if kind == "heartbeat":
            await in_thread(devices.heartbeat, device=self.seat, body=frame)
        elif kind == "pong":
            self._tell_rtt()
            self.probes.answered(self.seat.pk, frame.get("id"))

    async def _claim(self, frame: protocol.Claim) -> None:
        call_id = parse_uuid(frame.call_id)
        answer: delivery.Grant | delivery.Refusal = delivery.Refusal("unknown")
        # From here on a look at the offers that is older than the grant may neither repeat nor revoke this one.
        self.held.add(frame.call_id)
        try:
            if call_id is not None:
                had_it = timedelta(seconds=time.monotonic() - self.sent.get(frame.call_id, time.monotonic()))
                answer = await in_thread(
                    delivery.claim,
                    call_id=call_id,
                    device=self.seat,
                    instance=self.instance,
                    offered_ago=had_it,
                )
        finally:
            if not isinstance(answer, delivery.Grant):
                self.held.discard(frame.call_id)
        self._forget(frame.call_id)
        if isinstance(answer, delivery.Grant):
            within = round(settings.CALL["dial_within"].total_seconds() * 1000)
            go = {"type": "go", "call_id": frame.call_id, "lease": answer.lease, "dial_within_ms": within}
            await self.send_frame(go)
            return
        await self.send_frame({"type": "no", "call_id": frame.call_id, "reason": answer.reason})

    async def _state(self, frame: protocol.State) -> None:
        call_id = parse_uuid(frame.call_id)
        if call_id is None:
            self.ignored_states += 1
            return
        call = await in_thread(
            delivery.record_state, call_id=call_id, phase=frame.phase, device=self.seat, lease=frame.lease
        )
        if call is None:
            self.ignored_states += 1
        elif frame.phase == Phase.ENDED:
            self.busy.clear()

    async def _reject(self, frame: protocol.Reject) -> None:
        call_id = parse_uuid(frame.call_id)
        if call_id is None:
            return
        await in_thread(delivery.reject, call_id=call_id, device=self.seat, reason=frame.reason)
        if frame.reason == RejectReason.BUSY and frame.call_id in self.sent:
            self._forget(frame.call_id)
            self.busy[frame.call_id] = time.monotonic() + BUSY_S

    async def _report(self, typed: protocol.Report, frame: dict[str, Any]) -> None:
        body = {k: v for k, v in frame.items() if k not in {"type", "report_id", "sent_at"}}
        await in_thread(
            results.record_report,
            user=self.user,
            device=self.seat,
            body=body,
            transport=Delivery.WS,
            report_id=typed.report_id,
            sent_at=read_moment(typed.sent_at),
        )
        self.busy.clear()
        await self.send_frame({"type": "ack", "report_id": typed.report_id})

    async def _refresh(self, frame: protocol.Refresh) -> None:
        try:
            claims = tokens.decode_access(frame.token)
            await in_thread(same_phone, claims, self.seat)
        except (tokens.InvalidToken, DomainError):
            await self.refuse(Close.BAD_TOKEN, "bad_token", "Вход недействителен.")
            return
        self._take_token(claims)
        await self.send_frame({"type": "refreshed", "token_expires_in_s": self.token.left_s()})

    def _tell_rtt(self) -> None:
        """Store the round trip when it changed enough to be read differently."""
        assert self.device is not None and self.user is not None  # noqa: S101 (typing)
        rtt = self.rtt_ms
        if rtt is None or (self.told_rtt is not None and abs(rtt - self.told_rtt) < max(20, self.told_rtt // 2)):
            return
        self.told_rtt = rtt
        hall().round_trips.add(devices.RoundTrip(self.seat.pk, self.seat.user_id, self.user.branch_id, rtt))

    # --- hints

    def deliver(self, event: Event) -> None:
        """An event of the hub; runs on the loop."""
        if self.closing or self.device is None:
            return
        data = event.data
        react = {
            "offer": self._on_offer,
            "revoke": self._on_revoke,
            "close": self._on_close_order,
            "replaced": self._on_replaced,
            "access": self._on_access,
            "tell": self._on_tell,
        }.get(data.get("type", ""))
        if react is not None:
            react(data)

    def _on_tell(self, data: dict[str, Any]) -> None:
        if data["device"] == self.seat.pk:
            self.soon(self.send_frame(self.probes.sent(data["frame"])))

    def _on_access(self, data: dict[str, Any]) -> None:
        self.soon(self._recheck())

    def _on_offer(self, data: dict[str, Any]) -> None:
        if self._is_for_me(data) and self.is_synced:
            self.soon(self._offer(data["frame"]))

    def _on_close_order(self, data: dict[str, Any]) -> None:
        if data["device"] == self.seat.pk:
            self.soon(self.shut(data["code"]))

    def _on_replaced(self, data: dict[str, Any]) -> None:
        if data["device"] == self.seat.pk and data["connection"] != str(self.connection_id):
            self.soon(self.leave_when_replaced())

    async def leave_when_replaced(self) -> None:
        """The row decides: this word may be older than our own arrival, and 4201 is for good."""
        try:
            if await in_thread(holder_of, self.seat.pk) != self.connection_id:
                await self.shut(Close.REPLACED)
        except (OperationalError, InterfaceError):
            return  # the sweep looks again

    def _is_for_me(self, data: dict[str, Any]) -> bool:
        return data.get("target") in (None, self.seat.pk)

    def _on_revoke(self, data: dict[str, Any]) -> None:
        call_id = data["frame"]["call_id"]
        if data.get("device") is not None:
            if data["device"] == self.seat.pk:
                self.soon(self.send_frame(data["frame"]))
            return
        if data.get("except") != self.seat.pk and call_id in self.sent:
            self._forget(call_id)
            self.soon(self.send_frame(data["frame"]))

    async def _offer(self, frame: dict[str, Any]) -> None:
        """Offered once a socket; a phone that was busy is asked again when its call ended, or after a while."""
        if self.closing or time.monotonic() < self.busy.get(frame["call_id"], 0):
            return
        call_id = frame["call_id"]
        if call_id not in self.sent and call_id not in self.held:
            self.sent[call_id] = time.monotonic()
            hall().offered.setdefault(call_id, self.sent[call_id])
            await self.send_frame(frame)

    def _forget(self, call_id: str) -> None:
        """No longer an offer that this socket has out."""
        self.sent.pop(call_id, None)
        hall().offered.pop(call_id, None)

    async def reconcile(self, offers: list[dict[str, Any]]) -> None:
        """Send what is new, take back what is gone; a sent offer is not sent twice on one socket.

        `offers` may be older than the last click or grant of this socket.
        """
        mine = {
            offer["frame"]["call_id"]: offer["frame"]
            for offer in offers
            if self._is_for_me(offer) and self.seat.pk not in offer["refused"]
        }
        gone = self.sent.keys() - mine.keys() - self.held
        for frame in mine.values():
            await self._offer(frame)
        if gone:
            reasons = await in_thread(gone_reasons, list(gone))
            for call_id in (reasons.keys() & self.sent.keys()) - self.held:
                self._forget(call_id)
                await self.send_frame({"type": "revoke", "call_id": call_id, "reason": reasons[call_id]})

    async def _recheck(self) -> None:
        """Rights changed: a person who is no longer let in loses the socket at once."""
        assert self.device is not None and self.user is not None  # noqa: S101 (typing)
        user = await in_thread(still_in, self.user.pk, self.user.auth_epoch, self.family)
        if user is None:
            await self.send_frame({"type": "logout"})
            await self.shut(Close.BAD_TOKEN)
            return
        self.user = user

    # --- going

    async def on_close(self, code: int) -> None:
        self.token.stop()
        if self.device is None or self.user is None:
            return
        hall().leave(self)
        user_id = self.seat.user_id
        said = hall().farewells.add(self.connection_id)
        await hub().unsubscribe(self, topics.phone(user_id), f"access.{user_id}")
        await said
