"""The rows of one chunk: seen, allowed, untouched since the freeze, different; then the single action writes."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from accounts.models import User
from audit.models import FieldChange
from common.errors import DomainError
from companies import access
from companies.bulk.actions import Action, One
from companies.edits.fields import NotAllowed
from companies.models import Company
from jobs.handlers import ChangeRecorder, RowOutcome
from jobs.models import Job, JobRow, RowStatus

GONE = RowOutcome(RowStatus.REFUSED, "gone", "Недоступна.")
LEFT = RowOutcome(RowStatus.REFUSED, "author_inactive", "Сотрудник, который запустил работу, отключён.")
UNCHANGED = RowOutcome(RowStatus.UNCHANGED)


class Chunk:
    def __init__(self, job: Job, actor: User, action: Action, log: ChangeRecorder) -> None:
        self.job, self.actor, self.action, self.log = job, actor, action, log

    def run(self, rows: list[JobRow]) -> list[RowOutcome]:
        if not self.actor.is_active:
            return [LEFT] * len(rows)
        ids = [row.target_id for row in rows if row.target_id is not None]
        visible = Company.objects.visible_to(self.actor).select_related("responsible", "branch")
        locked = visible.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
        cards = {card.pk: card for card in locked}
        touched = self._touched(rows, cards)
        return [self._row(row, cards.get(row.target_id or 0), touched.get(row.n)) for row in rows]

    def _touched(self, rows: list[JobRow], cards: dict[int, Company]) -> dict[int, FieldChange]:
        """By row the last change of another since the freeze."""
        moved = {row.target_id: row for row in rows if self._has_moved(row, cards)}
        if not moved or not self.action.fields:
            return {}
        oldest = min(row.target_version or 0 for row in moved.values())
        changes = FieldChange.objects.filter(
            entity_type="company", entity_id__in=list(moved), field__in=self.action.fields, version__gt=oldest
        )
        found: dict[int, FieldChange] = {}
        for change in changes.exclude(batch=self.job.pk).select_related("actor").order_by("pk"):
            row = moved[change.entity_id]
            is_later = change.version > (row.target_version or 0)
            if is_later and self.action.is_ours(change, self.job.params["params"]):
                found[row.n] = change
        return found

    @staticmethod
    def _has_moved(row: JobRow, cards: dict[int, Company]) -> bool:
        card = cards.get(row.target_id or 0)
        return card is not None and card.version != row.target_version

    def _row(self, row: JobRow, card: Company | None, change: FieldChange | None) -> RowOutcome:
        if card is None:
            return GONE
        try:
            self._check(card)
            if change is not None:
                return RowOutcome(RowStatus.REFUSED, "changed_since", self._words(change))
            one = One(self.actor, card, row.n, self.job.params["params"], self.job.pk)
            effect = self.action.write(one)
        except DomainError as refusal:
            return RowOutcome(RowStatus.REFUSED, refusal.code, refusal.detail)
        if effect is None:
            return UNCHANGED
        self.log.write(
            row=row,
            op=effect.op,
            target=(effect.model, effect.object_id or card.pk),
            field=effect.field,
            old=effect.old,
            new=effect.new,
            version=effect.version,
        )
        return RowOutcome(RowStatus.DONE, result=effect.result)

    def _check(self, card: Company) -> None:
        """What the single action asks, and the right to work in bulk."""
        self.action.check_right(self.actor, card)
        verdict = access.can(self.actor, "bulk", card)
        if not verdict.ok:
            raise NotAllowed(verdict.reason, code=verdict.code)

    def _words(self, change: FieldChange) -> str:
        who = change.actor.label if isinstance(change.actor, User) else "система"
        at = change.created_at.astimezone(ZoneInfo(self.actor.day_zone))
        return f"Изменена: {who}, {at:%d.%m %H:%M}."
