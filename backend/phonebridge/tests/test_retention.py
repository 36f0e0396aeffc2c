"""What is kept, and what goes when its time is over (D2, D3, O-5, O-6, TB-2)."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from audit.models import AuditLog, Verb
from audit.services import log_event
from phonebridge.enums import Delivery
from phonebridge.models import CallRequest, PhoneLogBundle, PhoneTelemetry
from phonebridge.services import retention
from phonebridge.services.results import record_report
from phonebridge.stats.tests.makers import make_call
from phonebridge.tests.fixtures import device_of

pytestmark = pytest.mark.django_db
NOW = timezone.now()
OLD = NOW - timedelta(days=40)


def said(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_only_commands_without_a_result_go(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PORTION", 2)
    kept = [
        make_call(anna, OLD, "connected"),
        make_call(anna, OLD, "unknown"),
        make_call(anna, NOW, None, status="expired"),
    ]
    reported = make_call(anna, OLD, None, status="cancelled")
    record_report(user=anna, body={"call_request_id": str(reported.pk)}, transport=Delivery.WS)
    for _ in range(5):
        make_call(anna, OLD, None, status="expired")
    assert "5" in said("clean_old_call_requests", "--dry-run")
    assert "Удалено: 5" in said("clean_old_call_requests")
    assert "Удалено: 0" in said("clean_old_call_requests")
    assert set(CallRequest.objects.values_list("pk", flat=True)) == {call.pk for call in (*kept, reported)}


def test_analytics_are_cleaned_of_tests_and_only_when_told(anna: User) -> None:
    call = make_call(anna, OLD, "connected", note="UI click")
    make_call(anna, OLD, "connected", is_test=True)
    log_event(actor=anna, verb=Verb.LOGIN, entity_type="user")
    AuditLog.objects.update(created_at=OLD)
    before = (NOW - timedelta(days=10)).date().isoformat()
    with pytest.raises(CommandError, match="--before"):
        said("clean_analytics")
    for bad in ("2026-02-31", "2999-01-01"):
        with pytest.raises(CommandError):
            said("clean_analytics", "--before", bad)
    for arguments in (("--before", before), ("--before", before, "--apply", "--dry-run")):
        assert "Ничего не удалено" in said("clean_analytics", *arguments)
    assert (CallRequest.objects.count(), AuditLog.objects.count()) == (2, 1)
    assert "удалено 1" in said("clean_analytics", "--before", before, "--apply")
    assert [row.pk for row in CallRequest.objects.all()] == [call.pk]
    assert AuditLog.objects.count() == 0


def test_what_phones_told_of_themselves_goes_after_its_days(anna: User) -> None:
    phone = device_of(anna)
    for at in (OLD, NOW):
        PhoneTelemetry.objects.create(device=phone, created_at=at)
        PhoneLogBundle.objects.create(device=phone, user=anna, created_at=at)
    assert "Удалено: 2" in said("cleanup_telemetry_logs")
    assert (PhoneTelemetry.objects.count(), PhoneLogBundle.objects.count()) == (1, 1)
