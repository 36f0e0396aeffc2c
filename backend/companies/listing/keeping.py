"""Writes of saved views: kept, renamed, shared, taken away, made one's default."""

from __future__ import annotations

from dataclasses import replace

from django.db import IntegrityError, transaction

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from audit.models import Verb
from audit.services import log_event
from common.errors import DomainError
from companies import records
from companies.listing.fields import COMPANIES, CONTACTS
from companies.listing.grammar import Grammar, parse
from companies.listing.saved import views_of
from companies.listing.selection import read_filter
from companies.models import DefaultView, Density, SavedView, Sharing
from companies.models.views import MAX_QUERY

GRAMMARS: dict[str, Grammar] = {"company": COMPANIES, "contact": CONTACTS}
MAX_NAME = 80
MOST = 100


class BadView(DomainError):
    """A view that cannot be kept so; `extra["field"]` names what is wrong."""

    code = "bad_view"


class NoView(DomainError):
    code = "not_found"
    status = 404


def may_share(user: User, sharing: str, branch_id: int | None) -> bool:
    """Rights matrix: one's own freely, a branch's by `view_share_branch`, for all by `view_share_all`."""
    if sharing == Sharing.PERSONAL:
        return True
    if sharing == Sharing.ALL:
        return scope.reach(user, "view_share_all") == Reach.ALL
    level = scope.reach(user, "view_share_branch")
    return level == Reach.ALL or (level == Reach.BRANCH and branch_id is not None and branch_id == user.branch_id)


def may_change(user: User, view: SavedView) -> bool:
    """Its author; a shared one also who may share so."""
    if view.owner_id == user.pk:
        return True
    return view.sharing != Sharing.PERSONAL and may_share(user, view.sharing, view.branch_id)


def get_view(user: User, pk: int) -> SavedView:
    """Raises NoView for a missing and for an invisible one alike."""
    for subject in GRAMMARS:
        view = views_of(user, subject).filter(pk=pk).first()
        if view is not None:
            return view
    raise NoView("Не найдено.")


@transaction.atomic
def keep_view(
    *,
    actor: User,
    subject: str,
    name: str,
    query: str,
    sharing: str = Sharing.PERSONAL,
    branch_id: int | None = None,
    density: str = "",
    view: SavedView | None = None,
) -> SavedView:
    """A new view, or `view` with other words and conditions. Raises BadView, UnknownFilter."""
    if view is not None and not may_change(actor, view):
        raise BadView("Это представление ведёт другой сотрудник.", code="not_allowed", status=403)
    if not may_share(actor, sharing, branch_id):
        raise BadView("Делиться так вам нельзя.", code="not_allowed", field="sharing")
    kept = view or SavedView(owner=actor, subject=subject)
    if view is None and SavedView.objects.filter(owner=actor).count() >= MOST:
        raise BadView(f"Представлений не больше {MOST}.", field="name")
    kept.name = records.clean(name, field="name", longest=MAX_NAME)
    if not kept.name:
        raise BadView("Назовите представление.", field="name")
    kept.query = _canonical(actor, kept.subject, query)
    kept.sharing, kept.density = sharing, density if density in Density.values else ""
    kept.branch_id = branch_id if sharing == Sharing.BRANCH else None
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError as error:
        raise BadView("Такое название у вас уже есть.", field="name", code="taken") from error
    _tell(actor, kept, Verb.UPDATE if view else Verb.CREATE)
    return kept


@transaction.atomic
def drop_view(*, actor: User, view: SavedView) -> None:
    """Raises BadView."""
    if not may_change(actor, view):
        raise BadView("Это представление ведёт другой сотрудник.", code="not_allowed", status=403)
    _tell(actor, view, Verb.DELETE)
    view.delete()


@transaction.atomic
def set_default(*, actor: User, subject: str, view: SavedView | None) -> None:
    """With what the person's list opens; None: with everything."""
    DefaultView.objects.filter(user=actor, subject=subject).delete()
    if view is not None:
        DefaultView.objects.create(user=actor, subject=subject, view=view)


def default_view(user: User, subject: str) -> int | None:
    """The view with which the list opens, if the person still sees it."""
    rows = DefaultView.objects.filter(user=user, subject=subject, view__in=views_of(user, subject))
    return rows.values_list("view_id", flat=True).first()


def _canonical(actor: User, subject: str, query: str) -> str:
    """The whole of what `query` means, without a view under it. Raises UnknownFilter, BadView."""
    found = read_filter(actor, query, GRAMMARS[subject])
    text = parse(replace(found, view=None, size=None, removed=()).canonical(), found.grammar).canonical()
    if len(text) > MAX_QUERY:
        raise BadView("Условий слишком много.")
    return text


def _tell(actor: User, view: SavedView, verb: Verb) -> None:
    """Shared views stand in the trail: colleagues work by them."""
    if view.sharing != Sharing.PERSONAL:
        log_event(
            actor=actor,
            verb=verb,
            entity_type="saved_view",
            entity_id=view.pk,
            message=f"Представление: {view.name}",
            meta={"query": view.query, "sharing": view.sharing},
        )
