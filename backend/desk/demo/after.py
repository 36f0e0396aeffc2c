"""What people said after the demonstration's calls: nearly all filled, a few of the last day still wait."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from accounts.workdays import Hours
from phonebridge.enums import AfterSource, AfterState, CallStatus, NextStep, Origin
from phonebridge.models import AfterCall, CallRequest, Outcome
from phonebridge.models.after import NOT_REACHED, is_required
from phonebridge.nextstep import moment_of

# Out of a hundred talks.
SAID = {"interested": 22, "call_back": 26, "offer": 16, "refusal": 14, "away": 14, "message": 5, "wrong_number": 3}
NOTES = {
    "interested": (
        "Просят прайс на квартал",
        "Готовы встретиться на следующей неделе",
        "Сравнивают с другим поставщиком",
    ),
    "call_back": ("Занят, просил набрать позже", "На совещании", "Решает директор, вернётся завтра"),
    "offer": ("КП на два объекта", "КП с доставкой", "Нужен расчёт с монтажом"),
    "refusal": ("Работают с другим поставщиком", "Бюджет закрыт до весны", "Не их профиль"),
}
FRESH = timedelta(hours=20)


class CardMaker:
    def __init__(self, now: datetime, seed: str) -> None:
        self.now = now
        self.dice = random.Random(f"{seed}-after")  # noqa: S311
        self.outcomes = {outcome.code: outcome for outcome in Outcome.objects.all()}

    def make(self, calls: Iterable[CallRequest]) -> None:
        """Cards of these calls, in bulk."""
        cards = [self._card(call) for call in calls if call.call_status and call.origin != Origin.INCOMING]
        AfterCall.objects.bulk_create(card for card in cards if card is not None)

    def _card(self, call: CallRequest) -> AfterCall | None:
        ended = call.call_ended_at or call.created_at
        card = AfterCall(call=call, owner_id=call.user_id, ended_at=ended, created_at=ended)
        card.is_required = is_required(call.call_status)
        if not card.is_required:
            card.state, card.done_at, card.outcome = AfterState.DONE, ended, self.outcomes.get(NOT_REACHED)
            return card
        waits = self.now - ended < FRESH and self.dice.random() < 0.15
        if waits or self.dice.random() < 0.03:
            return card
        code = "machine" if call.call_status == CallStatus.UNKNOWN else self._said()
        card.state, card.is_touched, card.source, card.rev = AfterState.DONE, True, AfterSource.WEB, 3
        card.outcome = self.outcomes.get(code)
        card.note = self.dice.choice(NOTES.get(code, ("",)))
        card.done_at = ended + timedelta(seconds=self.dice.randint(8, 90))
        if code == "call_back":
            step = self.dice.choice([NextStep.IN_1_HOUR, NextStep.MORNING])
            card.next_at = moment_of(step, card.done_at, Hours(call.zone))
        return card

    def _said(self) -> str:
        return self.dice.choices(list(SAID), list(SAID.values()))[0]
