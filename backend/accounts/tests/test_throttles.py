"""Who shares a pace with whom: devices of one person do, people do not (D15)."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.models import User
from accounts.throttles import HeartbeatThrottle, RefreshThrottle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_pace() -> None:
    cache.clear()


def asked(path: str, user: User | None = None, **body: str) -> Request:
    request = Request(APIRequestFactory().post(path, body, format="json"), parsers=[JSONParser()])
    if user is not None:
        request.user = user
    return request


def test_people_who_refresh_share_no_limit() -> None:
    """After a restart every phone refreshes within the same minute."""
    asks = [asked("/api/token/refresh/", refresh=f"token-{n}") for n in range(RefreshThrottle.limit * 6)]
    assert all(RefreshThrottle().allow_request(ask, None) for ask in asks)


def test_invented_devices_share_the_limit_of_their_person(anna: User, boris: User) -> None:
    most = HeartbeatThrottle.limit * HeartbeatThrottle.phones
    beats = [asked("/api/phone/devices/heartbeat/", anna, device_id=f"invented-{n}") for n in range(most + 5)]
    assert sum(HeartbeatThrottle().allow_request(beat, None) for beat in beats) == most
    assert HeartbeatThrottle().allow_request(asked("/x/", boris, device_id="own"), None)
