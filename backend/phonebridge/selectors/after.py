"""Cards after the call: whose they are, who may write them, how many are filled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from accounts.scope import Verdict
from accounts.workdays import hours_of
from common.clock import DEFAULT_ZONE
from phonebridge import nextstep
from phonebridge.enums import AfterState
from phonebridge.matching import names_for
from phonebridge.models import AfterCall, CallRequest, Outcome

STATES = ("done", "draft", "skipped")
YES = Verdict(ok=True)


@dataclass(frozen=True, slots=True)
class Share:
    """Cards that had to be filled; `percent` is None when there are none."""

    done: int
    draft: int
    skipped: int

    @property
    def total(self) -> int:
        return self.done + self.draft + self.skipped

    @property
    def percent(self) -> Decimal | None:
        if not self.total:
            return None
        return (Decimal(100 * self.done) / self.total).quantize(Decimal("0.1"), ROUND_HALF_UP)


NO_CARDS = Share(0, 0, 0)


def card_of(call: CallRequest) -> AfterCall | None:
    """The card of a call, if it has one."""
    card: AfterCall | None = getattr(call, "after", None)
    return card


def unfilled(owner: User) -> QuerySet[AfterCall]:
    """One's own cards that wait for an outcome, oldest first."""
    cards = AfterCall.objects.filter(owner=owner, state=AfterState.DRAFT, is_required=True, call__is_counted=True)
    return cards.select_related("call__company", "call__contact__company", "call__user", "outcome").order_by(
        "ended_at", "pk"
    )


def red_since(now: datetime) -> datetime:
    return now - settings.AFTER_RED


def unfilled_counts(owner: User, now: datetime) -> tuple[int, int]:
    """All of one's unfilled cards, and those that wait for too long."""
    cards = unfilled(owner).select_related(None).order_by()
    found = cards.aggregate(all=Count("pk"), red=Count("pk", filter=Q(ended_at__lt=red_since(now))))
    return found["all"], found["red"]


def outcomes() -> list[Outcome]:
    """Values that people choose from."""
    return list(Outcome.objects.filter(is_active=True))


def opens(card: AfterCall, now: datetime) -> bool:
    """A card opens by itself only for a call that has just ended."""
    return card.is_draft and card.is_required and now - card.ended_at <= settings.AFTER_OPENS


def is_red(card: AfterCall, now: datetime) -> bool:
    return card.is_draft and card.is_required and now - card.ended_at > settings.AFTER_RED


def may_write(viewer: User, card: AfterCall, now: datetime, *, reason: str = "") -> Verdict:
    """May `viewer`, who sees the call, write its card now? The owner fills; who corrects is a matter of time."""
    is_owner = card.owner_id == viewer.pk
    since = card.done_at or card.ended_at
    if not card.call.is_counted:
        return Verdict(False, "not_counted", "Личный, проверочный или удалённый звонок: итог не заполняется.")
    if is_owner and (not card.done_at or now < _owner_until(card)):
        return YES
    if viewer.is_admin:
        return YES if reason else Verdict(False, "no_reason", "Напишите причину исправления.")
    if card.done_at and scope.reach(viewer, "calls_view") >= Reach.BRANCH:
        if now - since <= settings.AFTER_HEAD:
            return YES
        return Verdict(False, "too_late", "Итог этого звонка уже не исправить: прошло слишком много дней.")
    if is_owner:
        return Verdict(False, "too_late", "Исправить итог можно до конца следующего рабочего дня.")
    return Verdict(False, "not_yours", "Итог заполняет тот, кто звонил.")


def _owner_until(card: AfterCall) -> datetime:
    """The end of the working day after the one on which the card was done, where the call was made."""
    hours = replace(hours_of(card.call.branch), zone=card.call.zone or DEFAULT_ZONE)
    return nextstep.end_of_next_working_day(card.done_at or card.ended_at, hours)


def needs_reason(viewer: User, card: AfterCall, now: datetime) -> bool:
    return may_write(viewer, card, now).code == "no_reason"


def as_dict(card: AfterCall) -> dict[str, Any]:
    """The card as pages and phones get it; moments are ISO 8601 in UTC."""
    return {
        "call": str(card.pk),
        "state": card.state,
        "required": card.is_required,
        "outcome": card.outcome.code if card.outcome else None,
        "outcome_name": card.outcome.name if card.outcome else "",
        "note": card.note,
        "next_at": card.next_at.isoformat() if card.next_at else None,
        "next_text": card.next_text,
        "rev": card.rev,
        "source": card.source,
        "ended_at": card.ended_at.isoformat(),
        "done_at": card.done_at.isoformat() if card.done_at else None,
    }


def as_waiting(card: AfterCall, viewer: User, now: datetime) -> dict[str, Any]:
    """An unfilled card with whom the call was to, as far as `viewer` may read it."""
    call, names = card.call, names_for(viewer, card.call)
    return {
        **as_dict(card),
        "opener": card.opener,
        "opens": opens(card, now),
        "company_name": names.company,
        "contact_name": names.contact,
        "phone": call.phone_e164 or call.phone_raw,
    }


def filled_share(viewer: User, from_on: date, to_on: date, *, where: Q | None = None) -> dict[int, Share]:
    """Of each person whose calls `viewer` may see: cards of counted calls of these days, both included.

    `where` cuts the calls further.
    """
    calls = CallRequest.objects.visible_to(viewer).filter(is_counted=True, counted_on__range=(from_on, to_on))
    calls = calls.filter(where) if where is not None else calls
    states = {state: Count("after", filter=Q(after__state=state)) for state in AfterState.values}
    people = calls.filter(after__is_required=True).order_by().values("user_id")
    rows: QuerySet[CallRequest, tuple[int, int, int, int]] = people.annotate(**states).values_list("user_id", *STATES)
    return {person: Share(done, draft, skipped) for person, done, draft, skipped in rows}
