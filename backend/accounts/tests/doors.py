"""Knocking at the doors as programs and browsers do."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import redis
from django.conf import settings
from django.db.models import F
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import LoginFailure, LoginLock
from common.realtime import group_channel
from conftest import PASSWORD

HOME, OFFICE = "10.0.0.1", "10.0.0.2"


def knock(name: str, password: str = PASSWORD, ip: str = HOME, **extra: Any) -> Any:
    """POST /api/token/ from an address."""
    body = {"username": name, "password": password, **extra.pop("body", {})}
    return APIClient().post("/api/token/", json.dumps(body), content_type="application/json", REMOTE_ADDR=ip, **extra)


def fail(name: str, times: int = 5, ip: str = HOME) -> None:
    for _ in range(times):
        assert knock(name, "wrong-password", ip).status_code == 401


def knock_page(client: Client, name: str, password: str = PASSWORD, ip: str = HOME) -> Any:
    """The log-in form; 302 when it opened."""
    return client.post("/login/", {"username": name, "password": password}, REMOTE_ADDR=ip)


def later(by: timedelta) -> None:
    """Let time pass for every counter and lock."""
    LoginFailure.objects.update(at=F("at") - by)
    LoginLock.objects.update(until=F("until") - by)


def renew(refresh: object, *, modern: bool = True, **body: Any) -> Any:
    """POST /api/token/refresh/, by the new protocol or as an old dialer does."""
    headers = {"X-CRM-Protocol": "1"} if modern else {}
    return APIClient().post("/api/token/refresh/", {"refresh": refresh, **body}, format="json", headers=headers)


def enter(name: str = "anna", *, modern: bool = True, **body: Any) -> dict[str, Any]:
    """The answer of a log-in that must work."""
    headers = {"X-CRM-Protocol": "1"} if modern else {}
    answer = knock(name, body=body, headers=headers)
    assert answer.status_code == 200
    said: dict[str, Any] = answer.json()
    return said


def opens(access: str) -> bool:
    """Whether an access token opens the phone's API."""
    answer = APIClient().get("/api/phone/user/info/", headers={"Authorization": f"Bearer {access}"})
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


class Ear:
    """What is published on a person's `access.` topic, heard as a socket's process hears it."""

    def __init__(self, user_id: int) -> None:
        self.pubsub = redis.Redis.from_url(settings.REDIS_URL).pubsub()  # type: ignore[no-untyped-call]
        self.pubsub.subscribe(group_channel(f"access.{user_id}"))
        assert self.pubsub.get_message(timeout=5)

    def next(self) -> str:
        message = self.pubsub.get_message(timeout=5)
        assert message is not None, "nothing was published"
        return bytes(message["data"]).decode("utf-8", "replace")
