"""Setting a person's plan: by the head of the branch, from today on; earlier days are the administrator's."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from accounts import scope
from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from common.errors import DomainError
from phonebridge import events
from phonebridge.models import CallPlan
from phonebridge.models.plans import MOST

FARTHEST = timedelta(days=366)


class BadPlan(DomainError):
    code = "bad_plan"


class NotYourPlan(DomainError):
    code = "not_yours"
    status = 403


@transaction.atomic
def set_plan(
    *, actor: User, user: User, calls: int, connects: int, valid_from: date, today: date, reason: str = ""
) -> CallPlan:
    """The person's plan from a day on; the same again changes nothing. Raises BadPlan, NotYourPlan."""
    if not scope.may(actor, "calls_lead", owner_id=None, branch_id=user.branch_id):
        raise NotYourPlan("План ставит руководитель филиала.")
    if not (0 <= calls <= MOST and 0 <= connects <= MOST):
        raise BadPlan(f"План — от 0 до {MOST} звонков в день.", field="calls")
    if connects > calls:
        raise BadPlan("Дозвонов не может быть больше, чем звонков.", field="connects")
    if valid_from < today and (not actor.is_admin or not reason.strip()):
        words = (
            "Укажите причину: план меняется задним числом." if actor.is_admin else "План ставится с сегодняшнего дня."
        )
        raise BadPlan(words, field="reason" if actor.is_admin else "valid_from")
    if valid_from > today + FARTHEST:
        raise BadPlan("План ставится не дальше чем на год вперёд.", field="valid_from")
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # the trail says what stood before
    plan, is_new = CallPlan.objects.get_or_create(
        user=user, valid_from=valid_from, defaults={"calls": calls, "connects": connects, "set_by": actor}
    )
    before = None if is_new else (plan.calls, plan.connects)
    if before == (calls, connects):
        return plan
    plan.calls, plan.connects, plan.set_by = calls, connects, actor
    plan.save()
    log_event(
        actor=actor,
        verb=Verb.UPDATE,
        entity_type="call_plan",
        entity_id=user.pk,
        message=f"План {user.label} с {valid_from:%d.%m.%Y}: {calls} звонков, {connects} дозвонов",
        meta={"before": before, "reason": reason.strip()[:200]},
        source=Source.UI,
    )
    events.wall_changed(user.branch_id)
    return plan
