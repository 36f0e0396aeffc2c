"""What is kept for how long: commands that came to nothing, what phones told of themselves, traces of tests.

Calls with a result are kept. Every purge goes in small portions, each a transaction; it may be stopped and repeated.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from audit.models import AuditLog
from common.clock import db_now_plus
from phonebridge.models import CallRequest, PhoneLogBundle, PhoneTelemetry
from phonebridge.models.calls import UNANSWERED

PORTION = 1000


def purge(rows: QuerySet[Any]) -> int:
    """Delete all of these rows, a portion at a time; how many went."""
    total = 0
    while True:
        with transaction.atomic():
            ids = list(rows.order_by("pk").values_list("pk", flat=True)[:PORTION])
            rows.model._default_manager.filter(pk__in=ids).delete()
        total += len(ids)
        if len(ids) < PORTION:
            return total


def old_requests() -> QuerySet[CallRequest]:
    """Commands that ended without a result longer ago than is kept; a call that any report names stays (D2)."""
    old = CallRequest.objects.filter(UNANSWERED, created_at__lt=db_now_plus(-settings.RETENTION["requests"]))
    return old.filter(reports__isnull=True)


def clean_old_call_requests() -> int:
    return purge(old_requests())


def clean_telemetry_logs() -> int:
    """Telemetry and logs of phones beyond their days."""
    old = db_now_plus(-settings.RETENTION["told"])
    old_telemetry = PhoneTelemetry.objects.filter(created_at__lt=old)
    old_logs = PhoneLogBundle.objects.filter(created_at__lt=old)
    return purge(old_telemetry) + purge(old_logs)


def test_traces(before: datetime) -> dict[str, QuerySet[Any]]:
    """Calls that were made as tests, which no figure counts, and the trail before a moment (D3, O-5)."""
    return {
        "Проверочные звонки": CallRequest.objects.filter(is_test=True, closed_at__isnull=False, created_at__lt=before),
        "Записи журнала действий": AuditLog.objects.filter(created_at__lt=before),
    }
