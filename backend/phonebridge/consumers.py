"""The phone's socket: a thin translator between frames and services."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from pydantic import BaseModel

from accounts import tokens
from accounts.models import User
from common.errors import DomainError
from common.ids import parse_uuid, uuid7
from common.realtime import Event, hub, is_draining
from common.ws import Close, SocketConsumer, in_thread
from phonebridge import protocol, topics
from phonebridge.admission import admit, fresh_user, let_go, same_person
from phonebridge.enums import Delivery, Phase, RejectReason
from phonebridge.hall import gone_reasons, hall, offers_of
from phonebridge.models import PhoneDevice
from phonebridge.reporting import read_moment
from phonebridge.services import delivery, devices, results

AWAY = {"type": "error", "code": "database_away", "message": "Сервер занят, повторите.", "retry": True}
logger = logging.getLogger(__name__)
EXPIRING_S = 120
BUSY_S = 10.0


class PhoneConsumer(SocketConsumer):
    """`/ws/phone/`: auth first, then offers, claims, states and reports of one device."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connection_id = uuid7()
        self.device: PhoneDevice | None = None
        self.user: User | None = None
        self.instance = ""
        self.token_ends = 0.0
        self.told_expiring = False
        self.is_synced = False
        self.sent: set[str] = set()
        self.held: set[str] = set()
        self.busy: dict[str, float] = {}
        self.ignored_states = 0
        self.told_rtt: int | None = None

    # --- coming

    async def connect(self) -> None:
        await self.accept()
        if b"token" in self.scope.get("query_string", b""):
            await self.refuse(Close.BAD_TOKEN, "token_in_url", "Токен передаётся первым кадром, а не в адресе.")
            return
        if is_draining():
            await self.shut(Close.DRAIN)
            return
        hub()
        self.soon(self._auth_deadline())

    async def _auth_deadline(self) -> None:
        await asyncio.sleep(settings.CALL["auth"].total_seconds())
        if self.device is None:
            await self.shut(Close.BAD_TOKEN)

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
            if self.device is None:
                # waiting for the deadline would tell a good phone that its token is bad
                await self.shut(Close.OVERLOADED)

    async def _bad_frame(self, kind: str, field: str) -> None:
        if self.device is None:
            await self.refuse(Close.BAD_TOKEN, "auth_expected", "Первым кадром ожидается auth.")
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
            device = await in_thread(admit, claims, said, self.connection_id, ip)
        except DomainError as error:
            code = Close.BAD_TOKEN if error.code == "bad_token" else Close.REVOKED
            await self.refuse(code, error.code, error.detail)
            return
        if self.closing:
            return
        self.device, self.user, self.instance = device, device.user, auth.instance
        self._set_token_end(claims)
        await self._settle()

    def _set_token_end(self, claims: tokens.AccessClaims) -> None:
        left = claims.expires_at.timestamp() - time.time()
        self.token_ends = time.monotonic() + left
        self.told_expiring = False

    def token_left_s(self) -> int:
        return max(round(self.token_ends - time.monotonic()), 0)

    async def _settle(self) -> None:
        assert self.device is not None  # noqa: S101 (typing)
        before = hall().enter(self)
        if before is not None and before is not self:
            before.soon(before.shut(Close.REPLACED))
        user_id = self.device.user_id
        await hub().subscribe(self, topics.phone(user_id), f"access.{user_id}")
        await self.send_frame(
            {
                "type": "hello",
                "protocol": protocol.PROTOCOL,
                "session": str(self.connection_id),
                "ping_s": round(self.ping_after.total_seconds()),
                "pong_s": round(self.pong_within.total_seconds()),
                "server_time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "token_expires_in_s": self.token_left_s(),
            }
        )
        await self.reconcile(await in_thread(offers_of, user_id))
        await self.send_frame({"type": "synced"})
        self.is_synced = True
        self.start_heartbeat()
        self.soon(self._token_watch())

    async def _token_watch(self) -> None:
        """Warn before the access token ends, close with 4202 when it has."""
        while not self.closing:
            left = self.token_ends - time.monotonic()
            if left <= 0:
                await self.shut(Close.TOKEN_EXPIRED)
            elif left <= EXPIRING_S and not self.told_expiring:
                self.told_expiring = True
                await self.send_frame({"type": "token_expiring", "in_s": self.token_left_s()})
            else:
                await asyncio.sleep(min(left if self.told_expiring else max(left - EXPIRING_S, 0.05), 300))

    async def _heard(self, kind: str, typed: BaseModel | None, frame: dict[str, Any]) -> None:
        assert self.device is not None  # noqa: S101 (typing)
        hall().heard.add(self.device.pk)
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
            case _:
                if kind == "heartbeat":
                    await in_thread(devices.heartbeat, device=self.device, body=frame)
                elif kind == "pong":
                    await self._tell_rtt()

    async def _claim(self, frame: protocol.Claim) -> None:
        assert self.device is not None  # noqa: S101 (typing)
        call_id = parse_uuid(frame.call_id)
        answer: delivery.Grant | delivery.Refusal = delivery.Refusal("unknown")
        # From here on a look at the offers that is older than the grant may neither repeat nor revoke this one.
        self.held.add(frame.call_id)
        try:
            if call_id is not None:
                answer = await in_thread(delivery.claim, call_id=call_id, device=self.device, instance=self.instance)
        finally:
            if not isinstance(answer, delivery.Grant):
                self.held.discard(frame.call_id)
        self.sent.discard(frame.call_id)
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
            delivery.record_state, call_id=call_id, phase=frame.phase, device=self.device, lease=frame.lease
        )
        if call is None:
            self.ignored_states += 1
        elif frame.phase == Phase.ENDED:
            self.busy.clear()

    async def _reject(self, frame: protocol.Reject) -> None:
        assert self.device is not None  # noqa: S101 (typing)
        call_id = parse_uuid(frame.call_id)
        if call_id is None:
            return
        await in_thread(delivery.reject, call_id=call_id, device=self.device, reason=frame.reason)
        if frame.reason == RejectReason.BUSY:
            self.sent.discard(frame.call_id)
            self.busy[frame.call_id] = time.monotonic() + BUSY_S

    async def _report(self, typed: protocol.Report, frame: dict[str, Any]) -> None:
        body = {k: v for k, v in frame.items() if k not in {"type", "report_id", "sent_at"}}
        await in_thread(
            results.record_report,
            user=self.user,
            device=self.device,
            body=body,
            transport=Delivery.WS,
            report_id=typed.report_id,
            sent_at=read_moment(typed.sent_at),
        )
        self.busy.clear()
        await self.send_frame({"type": "ack", "report_id": typed.report_id})

    async def _refresh(self, frame: protocol.Refresh) -> None:
        assert self.device is not None  # noqa: S101 (typing)
        try:
            claims = tokens.decode_access(frame.token)
            await in_thread(same_person, claims, self.device.user_id)
        except (tokens.InvalidToken, DomainError):
            await self.refuse(Close.BAD_TOKEN, "bad_token", "Вход недействителен.")
            return
        self._set_token_end(claims)
        await self.send_frame({"type": "refreshed", "token_expires_in_s": self.token_left_s()})

    async def _tell_rtt(self) -> None:
        """Store the round trip when it changed enough to be read differently."""
        assert self.device is not None and self.user is not None  # noqa: S101 (typing)
        rtt = self.rtt_ms
        if rtt is None or (self.told_rtt is not None and abs(rtt - self.told_rtt) < max(20, self.told_rtt // 2)):
            return
        self.told_rtt = rtt
        await in_thread(
            devices.remember_rtt,
            device_id=self.device.pk,
            connection_id=self.connection_id,
            rtt_ms=rtt,
            user_id=self.device.user_id,
            branch_id=self.user.branch_id,
        )

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
        }.get(data.get("type", ""))
        if react is not None:
            react(data)

    def _on_access(self, data: dict[str, Any]) -> None:
        self.soon(self._recheck())

    def _on_offer(self, data: dict[str, Any]) -> None:
        if self._is_for_me(data) and self.is_synced:
            self.soon(self._offer(data["frame"]))

    def _on_close_order(self, data: dict[str, Any]) -> None:
        assert self.device is not None  # noqa: S101 (typing)
        if data["device"] == self.device.pk:
            self.soon(self.shut(data["code"]))

    def _on_replaced(self, data: dict[str, Any]) -> None:
        assert self.device is not None  # noqa: S101 (typing)
        if data["device"] == self.device.pk and data["connection"] != str(self.connection_id):
            self.soon(self.shut(Close.REPLACED))

    def _is_for_me(self, data: dict[str, Any]) -> bool:
        assert self.device is not None  # noqa: S101 (typing)
        return data.get("target") in (None, self.device.pk)

    def _on_revoke(self, data: dict[str, Any]) -> None:
        assert self.device is not None  # noqa: S101 (typing)
        call_id = data["frame"]["call_id"]
        if data.get("device") is not None:
            if data["device"] == self.device.pk:
                self.soon(self.send_frame(data["frame"]))
            return
        if data.get("except") != self.device.pk and call_id in self.sent:
            self.sent.discard(call_id)
            self.soon(self.send_frame(data["frame"]))

    async def _offer(self, frame: dict[str, Any]) -> None:
        """Offered once a socket; a phone that was busy is asked again when its call ended, or after a while."""
        if time.monotonic() < self.busy.get(frame["call_id"], 0):
            return
        if frame["call_id"] not in self.sent | self.held:
            self.sent.add(frame["call_id"])
            await self.send_frame(frame)
            self.soon(self._mark_offered(frame["call_id"]))

    async def _mark_offered(self, call_id: str) -> None:
        try:
            await in_thread(delivery.mark_offered, call_id=call_id)
        except (OperationalError, InterfaceError):
            logger.warning("The moment of an offer was not kept: the database is away")

    async def reconcile(self, offers: list[dict[str, Any]]) -> None:
        """Send what is new, take back what is gone; a sent offer is not sent twice on one socket.

        `offers` may be older than the last click or grant of this socket.
        """
        assert self.device is not None  # noqa: S101 (typing)
        mine = {
            offer["frame"]["call_id"]: offer["frame"]
            for offer in offers
            if self._is_for_me(offer) and self.device.pk not in offer["refused"]
        }
        gone = self.sent - mine.keys() - self.held
        for frame in mine.values():
            await self._offer(frame)
        if gone:
            reasons = await in_thread(gone_reasons, list(gone))
            for call_id in (reasons.keys() & self.sent) - self.held:
                self.sent.discard(call_id)
                await self.send_frame({"type": "revoke", "call_id": call_id, "reason": reasons[call_id]})

    async def _recheck(self) -> None:
        """Rights changed: a person who is no longer let in loses the socket at once."""
        assert self.device is not None and self.user is not None  # noqa: S101 (typing)
        user = await in_thread(fresh_user, self.user.pk)
        if user is None or user.auth_epoch != self.user.auth_epoch:
            await self.send_frame({"type": "logout"})
            await self.shut(Close.BAD_TOKEN)
            return
        self.user = user

    # --- going

    async def on_close(self, code: int) -> None:
        if self.device is None or self.user is None:
            return
        hall().leave(self)
        user_id = self.device.user_id
        await hub().unsubscribe(self, topics.phone(user_id), f"access.{user_id}")
        await in_thread(let_go, self.device.pk, self.connection_id, user_id, self.user.branch_id)
