"""Cards like the one that is being typed, with a sparing word about those that the person does not see."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.conf import settings

from accounts.models import User
from audit.models import AuditLog, Source, Verb
from audit.services import log_event
from common.clock import db_now_plus
from companies.duplicates import Draft, Found, find_duplicates

KIND = "hidden_company"
HOUR = timedelta(hours=1)


def hint(*, viewer: User, draft: Draft) -> Found:
    """`find_duplicates` while somebody types: a hidden twin is told of a few times an hour and kept in the trail.

    Beyond that the numbers are checked when the card is saved.
    """
    found = find_duplicates(viewer=viewer, draft=draft)
    if found.is_hidden and not _may_tell(viewer, f"{draft.inn}/{draft.kpp}"):
        return replace(found, is_hidden=False)
    return found


def _may_tell(viewer: User, numbers: str) -> bool:
    """The same numbers asked again within the hour count once: a form asks with every few keys."""
    told = AuditLog.objects.filter(actor=viewer, entity_type=KIND, created_at__gt=db_now_plus(-HOUR))
    known = set(told.values_list("entity_id", flat=True))
    if numbers in known:
        return True
    if len(known) >= settings.LISTS["hidden_hints"]:
        return False
    log_event(
        actor=viewer,
        verb=Verb.VIEW_SENSITIVE,
        entity_type=KIND,
        entity_id=numbers,
        message="Подсказка: ИНН и КПП уже у другого сотрудника",
        source=Source.UI,
    )
    return True
