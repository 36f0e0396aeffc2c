"""Taking bulk work back, newest first: a value that the job wrote and nobody has touched since."""

from __future__ import annotations

from collections import defaultdict

from accounts.models import User
from audit.models import FieldChange
from common.errors import DomainError
from companies.bulk.actions import COMPANY_LABEL, Action, One
from companies.models import Company, CompanyDeletionRequest
from jobs.handlers import UndoOutcome
from jobs.models import ChangeLog, Job, UndoStatus

DONE = UndoOutcome(UndoStatus.UNDONE)


def kept(code: str, reason: str) -> UndoOutcome:
    return UndoOutcome(UndoStatus.KEPT, code, reason)


class Undo:
    """The entries of one chunk, newest first; rights are those of the author now."""

    def __init__(self, job: Job, actor: User, action: Action) -> None:
        self.job, self.actor, self.action = job, actor, action

    def run(self, entries: list[ChangeLog]) -> list[UndoOutcome]:
        if not self.actor.is_active:
            return [kept("author_inactive", "Сотрудник, который запустил работу, отключён.")] * len(entries)
        owners = self._cards_of(entries)
        rows = Company.objects.select_for_update(of=("self",)).select_related("responsible", "branch", "merged_into")
        cards = {card.pk: card for card in rows.filter(pk__in=owners.values()).order_by("pk")}
        seen = set(Company.objects.visible_to(self.actor).filter(pk__in=list(cards)).values_list("pk", flat=True))
        later = self._later(entries)
        return [self._one(entry, cards.get(owners.get(entry.pk, 0)), later[entry.pk], seen) for entry in entries]

    @staticmethod
    def _cards_of(entries: list[ChangeLog]) -> dict[int, int]:
        """The card of each entry: its own object, or the one that a request is about."""
        owners = {e.pk: int(e.object_id) for e in entries if e.model == COMPANY_LABEL}
        asked = {int(e.object_id): e.pk for e in entries if e.model != COMPANY_LABEL}
        pairs = CompanyDeletionRequest.objects.filter(pk__in=list(asked), company__isnull=False)
        return owners | {asked[pk]: card for pk, card in pairs.values_list("pk", "company_id") if card is not None}

    def _later(self, entries: list[ChangeLog]) -> dict[int, FieldChange | None]:
        """By entry the last change of the same field from outside the job."""
        by_card: dict[int, list[ChangeLog]] = defaultdict(list)
        for entry in entries:
            if entry.model == COMPANY_LABEL and entry.version is not None:
                by_card[int(entry.object_id)].append(entry)
        found: dict[int, FieldChange | None] = dict.fromkeys(entry.pk for entry in entries)
        oldest = min((e.version or 0 for some in by_card.values() for e in some), default=0)
        changes = FieldChange.objects.filter(
            entity_type="company", entity_id__in=list(by_card), field__in=self.action.fields, version__gt=oldest
        )
        for change in changes.exclude(batch=self.job.pk).select_related("actor").order_by("pk"):
            for entry in by_card[change.entity_id]:
                is_later = change.version > (entry.version or 0)
                if is_later and self.action.is_ours(change, self.action.about(entry)):
                    found[entry.pk] = change
        return found

    def _one(self, entry: ChangeLog, card: Company | None, change: FieldChange | None, seen: set[int]) -> UndoOutcome:
        if card is None:
            return UndoOutcome(UndoStatus.UNDONE, "gone", "Уже нет.")
        if card.merged_into is not None:
            return kept("merged", "Объединена с другой компанией.")
        if card.deleted_at is not None:
            return kept("deleted", "Компания в корзине.")
        if card.pk not in seen:
            return kept("not_yours", "Недоступна.")
        if change is not None:
            who = change.actor.label if isinstance(change.actor, User) else "система"
            return kept("edited", f"Изменено: {who}.")
        try:
            self.action.check_right(self.actor, card)
            self.action.take_back(One(self.actor, card, entry.n, self.job.params["params"], self.job.pk), entry)
        except DomainError as refusal:
            return kept(refusal.code, refusal.detail)
        return DONE
