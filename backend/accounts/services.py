"""Writes about people; every change of rights is heard by open sockets at once."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import F, Q

from accounts import tokens
from accounts.models import Branch, User
from accounts.roles import DataScope, Role
from audit.models import Source, Verb
from audit.services import log_event
from common.errors import DomainError
from common.realtime import publish_on_commit


class LastAdmin(DomainError):
    code = "last_admin"
    status = 409


class NotOneself(DomainError):
    code = "not_oneself"
    status = 409


def tell_sockets(user: User) -> None:
    """Open sockets of the person read the rights again."""
    publish_on_commit(f"access.{user.pk}", {"type": "access", "user": user.pk})


def tell_logout(user_id: int, session_mark: str) -> None:
    """Close the sockets of one web session."""
    publish_on_commit(f"access.{user_id}", {"type": "logout", "session": session_mark})


@transaction.atomic
def change_rights(
    *,
    actor: User | None,
    user: User,
    role: Role | None = None,
    data_scope: DataScope | None = None,
    branch: Branch | None = None,
    clear_branch: bool = False,
) -> User:
    """Give another role, scope or branch. Raises LastAdmin."""
    before = {"role": user.role, "data_scope": user.data_scope, "branch": user.branch_id}
    if role is not None:
        if role != Role.ADMIN:
            _keep_an_admin(user)
        user.role = role
    if data_scope is not None:
        user.data_scope = data_scope
    if branch is not None or clear_branch:
        user.branch = branch
    user.save(update_fields=["role", "data_scope", "branch"])
    after = {"role": user.role, "data_scope": user.data_scope, "branch": user.branch_id}
    rights_changed(actor=actor, user=user, before=before, after=after)
    return user


@transaction.atomic
def rights_changed(
    *, actor: User | None, user: User, before: Mapping[str, object], after: Mapping[str, object]
) -> None:
    """Note a change that has been saved, and let open pages and phones hear of it."""
    if before == after:
        return
    log_event(
        actor=actor,
        verb=Verb.UPDATE,
        entity_type="user",
        entity_id=user.pk,
        message=f"Права: {user.label}",
        meta={"before": dict(before), "after": dict(after)},
        source=Source.UI,
    )
    tell_sockets(user)


def _keep_an_admin(user: User) -> None:
    admins = User.objects.filter(Q(role=Role.ADMIN) | Q(is_superuser=True), is_active=True)
    if user.is_admin and not admins.exclude(pk=user.pk).exists():
        raise LastAdmin("Это последний действующий администратор.")


@transaction.atomic
def deactivate(*, actor: User, user: User) -> None:
    """Nothing of this person's opens a door any more. Raises NotOneself, LastAdmin."""
    if actor.pk == user.pk:
        raise NotOneself("Себя отключить нельзя.")
    _keep_an_admin(user)
    User.objects.filter(pk=user.pk).update(is_active=False, auth_epoch=F("auth_epoch") + 1)
    tokens.revoke_all(user)
    log_event(actor=actor, verb=Verb.UPDATE, entity_type="user", entity_id=user.pk, message=f"Отключён: {user.label}")
    tell_sockets(user)


@transaction.atomic
def end_sessions(*, user: User, actor: User | None) -> None:
    """Log the person out everywhere: sites, phones, programs."""
    User.objects.filter(pk=user.pk).update(auth_epoch=F("auth_epoch") + 1)
    tokens.revoke_all(user)
    log_event(
        actor=actor, verb=Verb.LOGOUT, entity_type="user", entity_id=user.pk, message="Выход на всех устройствах"
    )
    tell_sockets(user)


@transaction.atomic
def change_password(*, actor: User | None, user: User, password: str) -> None:
    """A new password ends every session that the old one opened."""
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions(user=user, actor=actor)
