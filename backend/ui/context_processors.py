"""`ui`: what the shell of every page shows. Nothing is read from the database until a template asks for it."""

from __future__ import annotations

from functools import cached_property
from typing import Any, cast

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, IntegerField, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from common.clock import day_bounds, local_day
from companies.edits.requests import inbox
from companies.models import Company, CompanyDeletionRequest, CompanyLeadStateRequest
from notifications.models import Notification
from phonebridge.models import CallRequest
from phonebridge.selectors import Presence, presence_of
from phonebridge.selectors.after import red_since, unfilled
from phonebridge.selectors.callbacks import open_callbacks
from ui.shell.nav import Counts, NavGroup, add_counts, make_nav
from ui.shell.theme import CHOICES, ThemeChoice, read_theme

COUNTS_AGE_S = 60


def count_of(rows: QuerySet[Any]) -> Coalesce:
    """`rows` counted inside another statement."""
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def read_figures(user: User) -> Counts:
    """Unread notices, requests, calls without an outcome, callers that wait, companies, calls of today: one query.

    The last two may be a minute old.
    """
    key = f"ui:counts:{user.pk}"
    kept: Counts | None = cache.get(key)
    figures = {
        "unread": count_of(Notification.objects.filter(user=user, is_read=False)),
        "leads_n": count_of(inbox(CompanyLeadStateRequest, user)),
        "callbacks_n": count_of(open_callbacks(user)),
        "deletions_n": count_of(inbox(CompanyDeletionRequest, user)),
        "after_n": count_of(unfilled(user)),
        "after_red": count_of(unfilled(user).filter(ended_at__lt=red_since(timezone.now()))),
    }
    if kept is None:
        start, _ = day_bounds(local_day(timezone.now(), user.day_zone), user.day_zone)
        figures["companies_n"] = count_of(Company.objects.visible_to(user))
        figures["calls_n"] = count_of(CallRequest.objects.filter(user=user, created_at__gte=start))
    row = cast("Counts", User.objects.filter(pk=user.pk).values(**figures).get())
    if kept is None:
        kept = {name: row[f"{name}_n"] for name in ("companies", "calls")}
        cache.set(key, kept, COUNTS_AGE_S)
    after = {"after": row["after_n"], "after_red": row["after_red"], "callbacks": row["callbacks_n"]}
    return {**kept, **after, "unread": row["unread"], "requests": row["leads_n"] + row["deletions_n"]}


class UiGlobals:
    """Each value is computed when a template first names it, so error pages stand without a database."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    product_name: str = settings.PRODUCT_NAME
    themes: tuple[ThemeChoice, ...] = CHOICES
    debug: bool = settings.DEBUG

    @property
    def product_mark(self) -> str:
        """Two letters for the square: «ГруппПрофи» → «ГП»."""
        capitals = [letter for letter in self.product_name if letter.isupper()]
        return "".join(capitals[:2]) or self.product_name[:2].upper()

    @cached_property
    def theme(self) -> str:
        return read_theme(self._request)

    @cached_property
    def user(self) -> User | None:
        user = getattr(self._request, "user", None)
        return user if isinstance(user, User) else None

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user else None

    @property
    def user_label(self) -> str:
        return self.user.label if self.user else ""

    @property
    def user_initials(self) -> str:
        return self.user.initials if self.user else ""

    @property
    def role_label(self) -> str:
        return str(self.user.effective_role.label) if self.user else ""

    @cached_property
    def _figures(self) -> Counts:
        return read_figures(self.user) if self.user else {}

    @property
    def unread(self) -> int:
        return self._figures.get("unread", 0)

    @property
    def after_count(self) -> int:
        return self._figures.get("after", 0)

    @property
    def after_red(self) -> int:
        return self._figures.get("after_red", 0)

    @cached_property
    def presence(self) -> Presence | None:
        return presence_of([self.user.pk]).get(self.user.pk) if self.user else None

    @cached_property
    def nav(self) -> list[NavGroup]:
        if self.user is None:
            return []
        groups = make_nav(
            path=self._request.path,
            is_admin=self.user.is_admin,
            debug=settings.DEBUG,
            is_lead=scope.reach(self.user, "calls_lead") > Reach.NONE,
        )
        return add_counts(groups, lambda: self._figures)

    @property
    def search_url(self) -> str:
        return reverse("company_list")

    @property
    def bell_url(self) -> str:
        return reverse("notification_list")

    @property
    def login_url(self) -> str:
        return reverse("login")

    @property
    def logout_url(self) -> str:
        return reverse("logout")

    @property
    def theme_url(self) -> str:
        return reverse("theme")


def ui_globals(request: HttpRequest) -> dict[str, UiGlobals]:
    """`ui` for every template; at most two queries, and only on pages with the shell."""
    return {"ui": UiGlobals(request)}
