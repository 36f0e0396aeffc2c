"""Actions that are more than a field: handing over, marks, the state, requests to delete."""

from __future__ import annotations

from typing import Any

from django.utils.dateparse import parse_datetime

from accounts.models import User
from audit.models import Source
from companies.bulk.actions import Action, Effect, One, Params
from companies.edits import marks, requests, transfer
from companies.edits.transfer import BadTarget
from companies.models import Company, CompanyDeletionRequest, LeadState
from companies.records import BadRecord
from jobs.models import ChangeLog, Op

REQUEST_LABEL = "companies.companydeletionrequest"
MOST_TARGETS = 100


class Responsible(Action):
    """To one person, or evenly over several in the order of the cards' numbers. Undo gives back person and branch."""

    key, title, verb = "responsible", "Передать", "transfer"
    fields = frozenset({"responsible", "branch"})

    def prepare(self, params: Params) -> dict[str, Any]:
        wanted = list(dict.fromkeys(params.get("to") or []))
        if not wanted:
            raise BadRecord("Выберите сотрудника.", field="to")
        if len(wanted) > MOST_TARGETS:
            raise BadRecord(f"Не больше {MOST_TARGETS} сотрудников за раз.", field="to")
        if transfer.targets().filter(pk__in=wanted).count() != len(wanted):
            raise BadTarget("Этому сотруднику компании не передают.", field="to")
        return {"to": wanted}

    def words(self, params: Params) -> str:
        return ", ".join(person.label for person in transfer.targets().filter(pk__in=params["to"]))

    def check_right(self, actor: User, company: Company) -> None:
        transfer.check_right(actor, company)

    def write(self, one: One) -> Effect | None:
        to = one.params["to"]
        to_id: int = to[(one.n - 1) % len(to)]
        if one.company.responsible_id == to_id:
            return None
        old = [one.company.responsible_id, one.company.branch_id]
        given = transfer.transfer_company(
            actor=one.actor, company_id=one.company.pk, to_id=to_id, batch=one.batch
        ).company
        new = [given.responsible_id, given.branch_id]
        return Effect(old, new, given.version, "responsible", result={"to": to_id})

    def take_back(self, one: One, entry: ChangeLog) -> None:
        responsible_id, branch_id = entry.old or (None, None)
        transfer.give_back(
            actor=one.actor,
            company=one.company,
            responsible_id=responsible_id,
            branch_id=branch_id,
            batch=one.batch,
        )


class MarkCold(Action):
    key, title, verb = "cold", "Отметить «холодный звонок»", "mark_cold"
    fields = frozenset({"cold"})

    def prepare(self, params: Params) -> dict[str, Any]:
        return {}

    def write(self, one: One) -> Effect | None:
        if not marks.mark_cold(actor=one.actor, target=one.company, batch=one.batch):
            return None
        return Effect(None, one.actor.pk, one.company.version, "cold")

    def take_back(self, one: One, entry: ChangeLog) -> None:
        """Like any reset: by whoever marked within a day, then by those who decide."""
        marks.reset_cold(actor=one.actor, target=one.company, reason="Массовое действие отменено", batch=one.batch)


class ResetCold(Action):
    """Undo sets the mark again as it was: its moment, its author, its call."""

    key, title, verb = "cold_reset", "Снять «холодный звонок»", "mark_cold"
    fields = frozenset({"cold"})

    def prepare(self, params: Params) -> dict[str, Any]:
        return {"reason": marks.reason_of(str(params.get("reason") or ""))}

    def check_right(self, actor: User, company: Company) -> None:
        if company.is_cold_call:
            marks.check_reset(actor, company, company)

    def write(self, one: One) -> Effect | None:
        company = one.company
        if company.cold_marked_at is None:
            return None
        call = company.cold_marked_call
        old = [company.cold_marked_at.isoformat(), company.cold_marked_by_id, str(call) if call else None]
        marks.reset_cold(actor=one.actor, target=company, reason=one.params["reason"], batch=one.batch)
        return Effect(old, None, company.version, "cold")

    def take_back(self, one: One, entry: ChangeLog) -> None:
        at, by, call = entry.old or ("", None, None)
        marks.set_again(
            actor=one.actor, company=one.company, at=parse_datetime(at), by_id=by, call_id=call, batch=one.batch
        )


class SetLead(Action):
    key, title, verb = "lead_state", "Изменить состояние", "lead_set"
    fields = frozenset({"lead_state"})

    def prepare(self, params: Params) -> dict[str, Any]:
        value = params.get("value")
        if value not in LeadState.values:
            raise BadRecord("Выберите состояние.", field="value")
        return {"value": value}

    def words(self, params: Params) -> str:
        return str(LeadState(params["value"]).label)

    def write(self, one: One) -> Effect | None:
        old, new = one.company.lead_state, one.params["value"]
        if old == new:
            return None
        return self._set(one, str(old), new)

    def take_back(self, one: One, entry: ChangeLog) -> None:
        self._set(one, "", str(entry.old))

    @staticmethod
    def _set(one: One, old: str, new: str) -> Effect:
        card = requests.set_lead_state(actor=one.actor, company_id=one.company.pk, state=new, batch=one.batch)
        return Effect(old, new, card.version, "lead_state")


class AskDeletion(Action):
    """Undo withdraws what still waits."""

    key, title, verb = "delete_request", "Попросить удалить", "delete_request"

    def prepare(self, params: Params) -> dict[str, Any]:
        return {"reason": marks.reason_of(str(params.get("reason") or ""))}

    def write(self, one: One) -> Effect | None:
        made = requests.request_deletion(
            actor=one.actor, company_id=one.company.pk, note=one.params["reason"], batch=one.batch
        )
        return Effect(None, one.company.pk, None, op=Op.CREATE, model=REQUEST_LABEL, object_id=made.pk)

    def take_back(self, one: One, entry: ChangeLog) -> None:
        request = CompanyDeletionRequest.objects.get(pk=entry.object_id)
        requests.withdraw(actor=one.actor, request=request, source=Source.UI)
