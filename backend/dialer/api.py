"""The REST side of a phone: tokens, registration, results. The tokens stay here."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx

MODERN = {"X-CRM-Protocol": "1"}
# A log-in costs the server a password hash: a fleet queues here instead of timing out there.
LOGINS_AT_ONCE = 4


class SignedOut(Exception):
    """The server refused the password or the refresh token: a person has to sign in."""


class Unreachable(Exception):
    """Network error, 429 or 5xx: try later, after `wait_s` when the server named a time."""

    def __init__(self, reason: str, status: int = 0, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.wait_s = wait_s


@dataclass
class Network:
    """The phone's own connectivity, which a script may cut."""

    up: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.up.set()


@dataclass
class Api:
    """One phone's session. A legacy phone never stores a rotated refresh token."""

    client: httpx.AsyncClient
    url: str
    username: str
    password: str
    device_id: str
    modern: bool
    network: Network = field(default_factory=Network)
    door: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LOGINS_AT_ONCE))
    access: str = ""
    refresh_token: str = ""
    is_admin: bool = False
    _renewing: asyncio.Task[None] | None = None

    async def sign_in(self) -> None:
        """Make sure there are tokens. Raises SignedOut, Unreachable."""
        if self.access:
            return
        body = {"username": self.username, "password": self.password}
        if self.modern:
            body["device_id"] = self.device_id
        async with self.door:
            answer = await self._ask("POST", "/api/token/", body, authorized=False)
        if answer.status_code != 200:
            raise SignedOut(detail(answer))
        tokens = answer.json()
        self.access, self.refresh_token = tokens["access"], tokens["refresh"]
        self.is_admin = bool(tokens.get("is_admin"))

    async def renew(self) -> None:
        """A new access token; callers at the same time share one request. Raises SignedOut, Unreachable.

        The request outlives a cancelled caller: a rotated token whose answer is lost is a lost session.
        """
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.ensure_future(self._renew())
        await asyncio.shield(self._renewing)

    async def _renew(self) -> None:
        answer = await self._ask("POST", "/api/token/refresh/", {"refresh": self.refresh_token}, authorized=False)
        if answer.status_code != 200:
            self.forget()
            raise SignedOut(detail(answer))
        tokens = answer.json()
        self.access = tokens["access"]
        if self.modern:
            self.refresh_token = tokens.get("refresh") or self.refresh_token

    def forget(self) -> None:
        self.access = self.refresh_token = ""

    async def register(self, device_name: str) -> int:
        body = {"device_id": self.device_id, "device_name": device_name}
        return (await self.send("POST", "/api/phone/devices/register/", body)).status_code

    async def send(self, method: str, path: str, body: Any = None, params: Any = None) -> httpx.Response:
        """An authorized request; 401: one refresh and one retry. Raises SignedOut, Unreachable."""
        if not self.access:
            raise SignedOut("нет токена")
        used = self.access
        answer = await self._ask(method, path, body, params)
        if answer.status_code == 401:
            if self.access == used:
                await self.renew()
            answer = await self._ask(method, path, body, params)
        return answer

    async def _ask(
        self, method: str, path: str, body: Any = None, params: Any = None, *, authorized: bool = True
    ) -> httpx.Response:
        if not self.network.up.is_set():
            raise Unreachable("нет сети")
        headers = dict(MODERN) if self.modern else {}
        if authorized:
            headers["Authorization"] = f"Bearer {self.access}"
        try:
            answer = await self.client.request(method, self.url + path, json=body, params=params, headers=headers)
        except httpx.HTTPError as error:
            raise Unreachable(type(error).__name__) from error
        if not self.network.up.is_set():
            raise Unreachable("ответ потерян")
        if answer.status_code >= 500 or (answer.status_code == 429 and not authorized):
            raise Unreachable(f"HTTP {answer.status_code}", answer.status_code, retry_after_s(answer))
        return answer


def detail(answer: httpx.Response) -> str:
    """The words for a person; the phones read them from `detail`."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"


def retry_after_s(answer: httpx.Response) -> float | None:
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None


def make_client(*, connections: int) -> httpx.AsyncClient:
    """One pool for all phones of the process."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=30)
    return httpx.AsyncClient(timeout=httpx.Timeout(30, pool=60), limits=limits, trust_env=False)
