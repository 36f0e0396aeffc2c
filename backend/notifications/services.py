"""The one entry for telling a person something."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from common.errors import DomainError
from common.realtime import publish_on_commit
from notifications.models import Kind, Notification


class BadLink(DomainError):
    code = "bad_link"


def unread_q() -> Q:
    return Q(is_read=False) & (Q(expires_at__isnull=True) | Q(expires_at__gt=Now()))


def unread_count(user: User) -> int:
    """What the bell shows."""
    return Notification.objects.filter(unread_q(), user=user).count()


@transaction.atomic
def create_notification(
    *,
    user: User,
    title: str,
    body: str = "",
    kind: Kind = Kind.INFO,
    url: str = "",
    actor: User | None = None,
    dedupe_key: str | None = None,
    about: tuple[str, int] | None = None,
) -> Notification | None:
    """Add a line to the bell and move the counter; None when this `dedupe_key` was told before, or to oneself.

    `about` is the kind and the number of a row whose words the bell reads anew, by the rights of that moment.
    """
    if actor is not None and actor.pk == user.pk:
        return None
    if url and (not url.startswith("/") or url.startswith("//")):
        raise BadLink("Ссылка уведомления должна вести внутрь CRM.")
    draft = Notification(
        user=user, actor=actor, title=title[:200], body=body, kind=kind, url=url, dedupe_key=dedupe_key
    )
    if about is not None:
        draft.entity_type, draft.entity_id = about[0], str(about[1])
    before = Notification.objects.filter(user=user, dedupe_key=dedupe_key).exists() if dedupe_key else False
    if before:
        return None
    made = Notification.objects.bulk_create([draft], ignore_conflicts=dedupe_key is not None)
    found = Notification.objects.filter(user=user, dedupe_key=dedupe_key).first() if dedupe_key else made[0]
    if found is not None:
        tell_counter(user, found)
    return found


def tell_counter(user: User, newest: Notification | None = None) -> None:
    """Every tab of the person shows the same number; counted after commit."""
    transaction.on_commit(lambda: _publish_counter(user, newest), robust=True)


def _publish_counter(user: User, newest: Notification | None) -> None:
    frame: dict[str, Any] = {
        "type": "notification",
        "id": newest.pk if newest else None,
        "unread": unread_count(user),
    }
    if newest is not None:
        frame |= {"title": newest.title, "url": newest.url, "kind": newest.kind}
    publish_on_commit(f"user.{user.pk}", frame)


@transaction.atomic
def forget_about(*, kind: str, pk: int) -> int:
    """Take every line about this row off the bells: it is gone, or became private."""
    rows = Notification.objects.filter(entity_type=kind, entity_id=str(pk)).select_related("user")
    people = {row.user_id: row.user for row in rows}
    count, _ = rows.delete()
    for user in people.values():
        tell_counter(user)
    return count


@transaction.atomic
def mark_read(*, user: User, ids: list[int] | None = None) -> int:
    """Mark some, or all, of the person's own lines read; returns how many changed."""
    rows = Notification.objects.filter(user=user, is_read=False)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    changed = rows.update(is_read=True, read_at=Now())
    if changed:
        tell_counter(user)
    return changed
