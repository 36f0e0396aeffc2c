"""Who takes part: three people with seven phones, five pages. The rows stay, whatever an example does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.db.models import QuerySet
from rest_framework.test import APIClient

from accounts import sessions, tokens
from accounts.models import Branch, User
from accounts.roles import Role
from common.statements import Select
from phonebridge.models import PhoneDevice
from phonebridge.selectors import visible_calls
from phonebridge.services import devices

EKB, KRD = "inter-ekb", "inter-krd"
PEOPLE = {
    "inter-anna": (Role.MANAGER, EKB),
    "inter-boris": (Role.MANAGER, EKB),
    "inter-dan": (Role.MANAGER, KRD),
    "inter-clara": (Role.SALES_HEAD, EKB),
    "inter-elena": (Role.SALES_HEAD, KRD),
    "inter-gleb": (Role.GROUP_MANAGER, None),
}
ANNA, BORIS, DAN = "inter-anna", "inter-boris", "inter-dan"
CALLERS = (ANNA, BORIS, DAN)
# Two installations with one number (a restored backup) are a phone and its twin.
PHONES = (
    (ANNA, "a-one", "app"),
    (ANNA, "a-two", "app"),
    (ANNA, "a-old", "legacy"),
    (BORIS, "b-one", "app"),
    (BORIS, "b-one", "app"),
    (BORIS, "b-old", "legacy"),
    (DAN, "d-one", "app"),
)
# Whose calls each page may hear of: said here by hand, not taken from the product's rules.
PAGES = {
    ANNA: {ANNA},
    BORIS: {BORIS},
    "inter-clara": {ANNA, BORIS},
    "inter-elena": {DAN},
    "inter-gleb": {ANNA, BORIS, DAN},
}

MOMENTS = {
    "phonebridge_callrequest": (
        "created_at", "updated_at", "expires_at", "offered_at", "received_at", "claimed_at", "dialing_at",
        "talking_at", "ended_at", "cancel_requested_at", "closed_at", "call_started_at", "call_ended_at",
        "result_at", "counted_at",
    ),
    "phonebridge_phonedevice": ("connected_at", "disconnected_at", "last_seen_at", "last_poll_at"),
    "phonebridge_serverprocess": ("beat_at",),
}  # fmt: skip
STEP = "; ".join(
    f"UPDATE {table} SET {', '.join(f'{name} = {name} - {{ago}}' for name in names)}"  # noqa: S608 (names from above)
    for table, names in MOMENTS.items()
)
CLEAN = """
DELETE FROM phonebridge_deadletter;
DELETE FROM phonebridge_callreport;
DELETE FROM phonebridge_callreject;
DELETE FROM phonebridge_aftercall;
DELETE FROM phonebridge_callback;
DELETE FROM phonebridge_callrequest;
UPDATE phonebridge_phonedevice
    SET connection_id = NULL, process_id = NULL, last_poll_at = NULL, last_seen_at = NULL;
DELETE FROM phonebridge_serverprocess;
"""


@dataclass
class Cast:
    people: dict[str, User]
    devices: dict[tuple[str, str], PhoneDevice]
    tokens: dict[str, str]
    modern: dict[str, APIClient]
    legacy: dict[str, APIClient]
    sessions: dict[str, Any]
    readers: dict[str, Select]

    def name_of(self, user_id: int) -> str:
        return next(name for name, user in self.people.items() if user.pk == user_id)


def assemble() -> Cast:
    """The rows of everybody; made once for thousands of examples."""
    branches = {
        EKB: Branch.objects.create(code=EKB, name=EKB, zone="Asia/Yekaterinburg", area_code="343"),
        KRD: Branch.objects.create(code=KRD, name=KRD, zone="Europe/Moscow", area_code="861"),
    }
    people = {
        name: User.objects.create(username=name, password="!", role=role, branch=branches[code] if code else None)
        for name, (role, code) in PEOPLE.items()
    }
    access = {name: tokens.issue_pair(person, rotating=True).access for name, person in people.items()}
    return Cast(
        people=people,
        devices={
            (owner, number): devices.register(user=people[owner], hello=devices.Hello(device_id=number))
            for owner, number, _kind in PHONES
        },
        tokens=access,
        modern={name: _client(people[name], access[name], HTTP_X_CRM_PROTOCOL="1") for name in PEOPLE},
        legacy={name: _client(people[name], access[name]) for name in CALLERS},
        sessions={name: _session(people[name]) for name in PAGES},
        readers={name: Select(partial(_snapshot, people[name])) for name in PAGES},
    )


def _snapshot(viewer: User) -> QuerySet[Any, Any]:
    """The list of calls as the page of `viewer` reads it."""
    columns = ("pk", "user_id", "rev", "status", "live_phase", "call_status", "closed_at")
    return visible_calls(viewer).values_list(*columns)


def _client(user: User, token: str, **headers: str) -> APIClient:
    """The token is there for the lean poll; the views need not read the same person thousands of times."""
    client = APIClient(raise_request_exception=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", **headers)
    client.force_authenticate(user)
    return client


def _session(user: User) -> Any:
    """What the cookie of a logged-in page stands for."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    sessions.stamp(session, user)
    session.save()
    return session


def clean() -> None:
    """No calls, no reports, nobody connected."""
    with connection.cursor() as cursor:
        cursor.execute(CLEAN)


def step(seconds: float) -> None:
    """Time passes: every moment of every row moves into the past."""
    with connection.cursor() as cursor:
        cursor.execute(STEP.format(ago=f"interval '{seconds} seconds'"))
