"""Writes about people; every change of rights is heard by open sockets at once."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from accounts import events, tokens
from accounts.models import Branch, User
from accounts.roles import DataScope, Role
from audit.models import Source, Verb
from audit.services import log_event
from common.errors import DomainError


class LastAdmin(DomainError):
    code = "last_admin"
    status = 409


class NotOneself(DomainError):
    code = "not_oneself"
    status = 409


class NameTaken(DomainError):
    code = "name_taken"
    status = 409


def _note(actor: User | None, user: User, message: str, *, verb: Verb = Verb.UPDATE, **meta: object) -> None:
    source = Source.UI if actor else Source.SYSTEM
    log_event(actor=actor, verb=verb, entity_type="user", entity_id=user.pk, message=message, meta=meta, source=source)


@transaction.atomic
def create_user(
    *,
    actor: User | None,
    username: str,
    password: str | None,
    role: Role = Role.MANAGER,
    data_scope: DataScope = DataScope.GLOBAL,
    branch: Branch | None = None,
    first_name: str = "",
    last_name: str = "",
) -> User:
    """A new person; without a password nobody can log in yet. Raises NameTaken.

    Names that differ in case only are one name: the log-in does not look at case.
    """
    name = User.normalize_username(username.strip())
    if User.objects.filter(username__iexact=name).exists():
        raise NameTaken("Такой логин уже есть.")
    draft = User(
        username=name,
        password=make_password(password),
        role=role,
        data_scope=data_scope,
        branch=branch,
        first_name=first_name,
        last_name=last_name,
    )
    user = _insert(draft)
    _note(actor, user, f"Создан: {user.label}", verb=Verb.CREATE, **_rights(user))
    return user


def _insert(draft: User) -> User:
    try:
        with transaction.atomic():
            draft.save(force_insert=True)
    except IntegrityError as error:
        # made by somebody else since we looked
        raise NameTaken("Такой логин уже есть.") from error
    return draft


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
    others = _lock(user)
    before = _rights(user)
    if role is not None:
        if role != Role.ADMIN and user.is_active and user.is_admin and not user.is_superuser:
            _keep_an_admin(others)
        user.role = role
    if data_scope is not None:
        user.data_scope = data_scope
    if branch is not None or clear_branch:
        user.branch = branch
    after = _rights(user)
    if before != after:
        user.save(update_fields=["role", "data_scope", "branch"])
        _note(actor, user, f"Права: {user.label}", before=before, after=after)
        events.rights_changed(user)
    return user


def _rights(user: User) -> dict[str, object]:
    return {"role": str(user.role), "data_scope": str(user.data_scope), "branch": user.branch_id}


def _lock(user: User) -> int:
    """Read the person's rights afresh and lock them; returns how many other administrators are active.

    Those are locked too, in one order: two of them may not remove each other at once.
    """
    admins = Q(is_active=True) & (Q(role=Role.ADMIN) | Q(is_superuser=True))
    rows = User.objects.filter(admins | Q(pk=user.pk)).order_by("pk").select_for_update(no_key=True)
    locked = set(rows.values_list("pk", flat=True))
    user.refresh_from_db(fields=["role", "data_scope", "branch", "is_active", "is_superuser"])
    return len(locked - {user.pk})


def _keep_an_admin(others: int) -> None:
    if not others:
        raise LastAdmin("Это последний действующий администратор.")


@transaction.atomic
def deactivate(*, actor: User | None, user: User) -> None:
    """Nothing of this person's opens a door any more. Raises NotOneself, LastAdmin."""
    if actor is not None and actor.pk == user.pk:
        raise NotOneself("Себя отключить нельзя.")
    others = _lock(user)
    if user.is_admin:
        _keep_an_admin(others)
    User.objects.filter(pk=user.pk).update(is_active=False)
    _void(user)
    _note(actor, user, f"Отключён: {user.label}")


@transaction.atomic
def activate(*, actor: User | None, user: User) -> None:
    """Let a person log in again; what was open before stays closed."""
    if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        user.refresh_from_db(fields=["is_active"])
        _note(actor, user, f"Включён: {user.label}")


@transaction.atomic
def end_sessions(*, user: User, actor: User | None) -> None:
    """Log the person out everywhere: sites, phones, programs."""
    _void(user)
    _note(actor, user, "Выход на всех устройствах", verb=Verb.LOGOUT)


def _void(user: User) -> None:
    """Sessions and tokens are stamped with the epoch: the old ones open nothing from the next request on."""
    User.objects.filter(pk=user.pk).update(auth_epoch=F("auth_epoch") + 1)
    user.refresh_from_db(fields=["auth_epoch", "is_active"])
    tokens.revoke_all(user)
    events.rights_changed(user)


@transaction.atomic
def change_password(*, actor: User | None, user: User, password: str | None) -> None:
    """A new password (None: no log-in by password) ends every session that the old one opened."""
    user.set_password(password)
    user.save(update_fields=["password"])
    _note(actor, user, "Сменён пароль")
    end_sessions(user=user, actor=actor)


@transaction.atomic
def log_out(*, user: User, session_mark: str, ip: str | None) -> None:
    """Note the end of one web session and close its sockets."""
    log_event(
        actor=user,
        verb=Verb.LOGOUT,
        entity_type="user",
        entity_id=user.pk,
        message="Выход",
        source=Source.UI,
        ip=ip,
    )
    events.session_ended(user, session_mark)
