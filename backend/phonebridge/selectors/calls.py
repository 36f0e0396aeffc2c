"""Calls by right."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db.models import QuerySet

from accounts.models import User
from common.clock import db_now_plus
from companies.models import Company
from phonebridge.models import CallRequest


def visible_calls(viewer: User) -> QuerySet[CallRequest]:
    """Newest first, with what a list shows; private ones are nobody's."""
    return ready(CallRequest.objects.visible_to(viewer).filter(deleted_at__isnull=True, is_private=False))


def ready(calls: QuerySet[CallRequest]) -> QuerySet[CallRequest]:
    """Newest first, with what a list shows."""
    return calls.select_related("user", "company", "contact", "branch", "device", "after__outcome").order_by(
        "-created_at", "-pk"
    )


def get_visible_call(viewer: User, call_id: uuid.UUID) -> CallRequest | None:
    return visible_calls(viewer).filter(pk=call_id).first()


def private_calls(user: User) -> QuerySet[CallRequest]:
    """The person's own private calls that can still be taken back: nobody else is shown them."""
    mine = CallRequest.objects.filter(user=user, is_private=True, deleted_at__isnull=True)
    return mine.filter(private_at__gt=db_now_plus(-timedelta(days=1))).order_by("-private_at")


def open_call_of(user: User) -> CallRequest | None:
    """The call that this person has going on, if any."""
    return CallRequest.objects.open().filter(user=user).select_related("device", "company", "contact", "user").first()


def company_calls(company: Company, limit: int = 50) -> list[CallRequest]:
    """Calls on a card: who, when, outcome, talk time are as the company; the note is for `visible_to` only."""
    calls = CallRequest.objects.filter(company=company, deleted_at__isnull=True, is_private=False)
    return list(calls.select_related("user", "contact").order_by("-created_at")[:limit])


def has_called(user: User, *, e164: str = "", contact_id: int | None = None, company_id: int | None = None) -> bool:
    """True when the person has called this number, person or company; what is not named does not matter."""
    wanted = {"phone_e164": e164, "contact_id": contact_id, "company_id": company_id}
    calls = CallRequest.objects.filter(user=user, **{name: value for name, value in wanted.items() if value})
    return bool(any(wanted.values())) and calls.exists()
