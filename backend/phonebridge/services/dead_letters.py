"""What becomes of a report that matched nothing: an administrator attaches it, makes a call of it, or discards it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from common.errors import DomainError
from phonebridge import reporting
from phonebridge.enums import Resolution
from phonebridge.models import CallReport, CallRequest, DeadLetter
from phonebridge.reporting import Facts
from phonebridge.services import results

SHORTEST_REASON = 5


class AlreadySettled(DomainError):
    code = "already_settled"
    status = 409


class NothingInIt(DomainError):
    code = "nothing_in_it"
    status = 409


class NotTheirCall(DomainError):
    code = "not_their_call"
    status = 422


class NoReason(DomainError):
    code = "no_reason"


@transaction.atomic
def attach(*, letter: DeadLetter, call: CallRequest, actor: User) -> CallRequest:
    """Let the report count for this call, as if it had named it. Raises AlreadySettled, NothingInIt, NotTheirCall."""
    report = _open(letter, Resolution.ATTACHED, call)
    if report is not None:
        body, facts = _read(report)
        found = CallRequest.objects.select_for_update(of=("self",)).get(pk=call.pk)
        if found.user_id != report.user_id:
            raise NotTheirCall("Это звонок другого сотрудника: отчёт к нему не относится.")
        results.apply_report(report, found, facts, report.received_at)
        _settle(
            letter, Resolution.ATTACHED, actor, call=str(found.pk), said=str(body.get("call_request_id") or "")[:64]
        )
    return CallRequest.objects.get(pk=call.pk)


@transaction.atomic
def make_call(*, letter: DeadLetter, actor: User) -> CallRequest:
    """Make a call of the reporting person, told by the phone alone. Raises AlreadySettled, NothingInIt."""
    report = _open(letter, Resolution.MADE)
    if report is not None:
        body, facts = _read(report)
        event_id = str(body.get("event_id") or f"report-{report.pk}")
        call = results.own_call(report.user, body, facts, report.received_at, event_id=event_id)
        results.apply_report(report, call, facts, report.received_at)
        _settle(letter, Resolution.MADE, actor, call=str(call.pk))
    return CallRequest.objects.get(reports=letter.report_id)


@transaction.atomic
def discard(*, letter: DeadLetter, actor: User, reason: str) -> None:
    """Let the report count for nothing; it is kept. Raises AlreadySettled, NoReason."""
    words = str(reporting.storable(reason)).strip()[:300]
    if len(words) < SHORTEST_REASON:
        raise NoReason("Напишите причину: не меньше пяти букв.")
    if _open(letter, Resolution.DISCARDED) is not None:
        _settle(letter, Resolution.DISCARDED, actor, note=words)


def note_reading(*, letter: DeadLetter, actor: User) -> None:
    """What a phone sent was read by a person: that leaves a row."""
    log_event(
        actor=actor,
        verb=Verb.VIEW_SENSITIVE,
        entity_type="dead_letter",
        entity_id=letter.pk,
        message="Прочитан недоставленный отчёт",
        source=Source.UI,
    )


def _open(letter: DeadLetter, wanted: Resolution, call: CallRequest | None = None) -> CallReport | None:
    """The letter's report, both locked; None when the same has been done already."""
    found = DeadLetter.objects.select_for_update().get(pk=letter.pk)
    report = CallReport.objects.select_for_update(of=("self",)).select_related("user__branch").get(pk=found.report_id)
    if found.resolved_at is None:
        return report
    if found.resolution != wanted or (call is not None and report.call_id != call.pk):
        raise AlreadySettled("С этим отчётом уже решено иначе.")
    return None


def _read(report: CallReport) -> tuple[dict[str, Any], Facts]:
    if not isinstance(report.body, dict):
        raise NothingInIt("В отчёте нет данных о звонке. Его можно только отклонить.")
    return report.body, reporting.read_facts(report.body, sent_at=report.sent_at, received_at=report.received_at)


def _settle(letter: DeadLetter, how: Resolution, actor: User, note: str = "", **meta: object) -> None:
    DeadLetter.objects.filter(pk=letter.pk).update(resolved_at=Now(), resolved_by=actor, resolution=how, note=note)
    log_event(
        actor=actor,
        verb=Verb.APPROVE,
        entity_type="dead_letter",
        entity_id=letter.pk,
        message=f"Недоставленный отчёт: {how.label}" + (f" ({note})" if note else ""),
        meta=meta,
        source=Source.UI,
    )
