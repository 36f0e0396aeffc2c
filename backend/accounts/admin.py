"""Administrator's tables: people, branches, closed doors. Every write goes through the services."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from accounts import events, security, services, sessions
from accounts.models import Branch, BranchDay, LoginLock, User
from accounts.roles import DataScope, Role
from common.errors import DomainError

PLAIN = ("first_name", "last_name", "middle_name", "email", "phone", "zone")
RIGHTS = ("role", "data_scope", "branch")

# Rights come from the role alone; groups of permissions would be a second table of rights.
admin.site.unregister(Group)


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """A new password ends the sessions that the old one opened."""

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor

    def save(self, commit: bool = True) -> User:
        said = self.cleaned_data
        password = said["password1"] if said["set_usable_password"] else None
        user: User = self.user
        services.change_password(actor=self.actor, user=user, password=password)
        return user


@admin.register(User)
class PeopleAdmin(UserAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    list_display = ("username", "last_name", "first_name", "role", "data_scope", "branch", "is_active")
    list_filter = ("role", "branch", "is_active", "data_scope")
    list_select_related = ("branch",)
    ordering = ("last_name", "first_name", "username")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password", "is_active")}),
        ("Человек", {"fields": PLAIN}),
        ("Права", {"fields": RIGHTS}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        ("Человек", {"fields": ("last_name", "first_name")}),
        ("Права", {"fields": RIGHTS}),
    )
    actions = ("end_sessions", "unlock")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return ("username",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People are switched off, not deleted: calls and notes keep their author."""
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            self._save_changes(_actor(request), obj, form.changed_data)
            self._ask_about_companies(request, obj, form.changed_data)
            return
        said = form.cleaned_data
        made = services.create_user(
            actor=_actor(request),
            username=said["username"],
            password=said["password1"] if said["set_usable_password"] else None,
            first_name=said["first_name"],
            last_name=said["last_name"],
            role=said["role"],
            data_scope=said["data_scope"],
            branch=said["branch"],
        )
        obj.pk = made.pk
        obj.refresh_from_db()

    def _ask_about_companies(self, request: HttpRequest, obj: User, changed: list[str]) -> None:
        """Whoever leaves or moves keeps the companies until somebody decides."""
        moved, left = "branch" in changed, "is_active" in changed and not obj.is_active
        count = obj.companies.filter(deleted_at__isnull=True).count() if moved or left else 0
        if not count:
            return
        choice = "Передать в новый филиал, другому или оставить" if moved and not left else "Передать другим"
        url = reverse("person_handover", args=[obj.pk])
        words = format_html('Компаний у сотрудника: {}. <a href="{}">{}</a>', count, url, choice)
        self.message_user(request, words, messages.WARNING)

    def _save_changes(self, actor: User, obj: User, changed: list[str]) -> None:
        stored = User.objects.select_related("branch").get(pk=obj.pk)
        plain = [name for name in changed if name in PLAIN]
        if plain:
            obj.save(update_fields=plain)
        services.change_rights(
            actor=actor,
            user=stored,
            role=Role(obj.role),
            data_scope=DataScope(obj.data_scope),
            branch=obj.branch,
            clear_branch=obj.branch is None,
        )
        if stored.is_active and not obj.is_active:
            services.deactivate(actor=actor, user=stored)
        elif obj.is_active and not stored.is_active:
            services.activate(actor=actor, user=stored)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        actor = _actor(request)
        twin = copy.copy(self)
        twin.change_password_form = partial(PasswordForm, actor=actor)
        response = UserAdmin.user_change_password(twin, request, id, form_url)
        if id == str(actor.pk):
            # The new password ended one's other sessions; this one, which has just proved itself, goes on.
            actor.refresh_from_db(fields=["auth_epoch"])
            request.session[sessions.EPOCH_KEY] = actor.auth_epoch
        return response

    @admin.action(description="Завершить все сеансы", permissions=["change"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            services.end_sessions(user=user, actor=_actor(request))
        self.message_user(request, "Сеансы завершены.")

    @admin.action(description="Открыть вход после неудачных попыток", permissions=["change"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        removed = sum(security.unlock(username=user.username, actor=_actor(request)) for user in queryset)
        self.message_user(request, f"Снято блокировок: {removed}.")


class BranchDayInline(admin.TabularInline):  # type: ignore[type-arg]
    model = BranchDay
    extra = 0


@admin.register(Branch)
class BranchAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "code", "zone", "area_code", "opens_at", "closes_at", "is_active")
    inlines = (BranchDayInline,)
    search_fields = ("name", "code")

    def save_model(self, request: HttpRequest, obj: Branch, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            events.branch_changed(obj.pk)


@admin.register(LoginLock)
class LoginLockAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Closed doors are read and opened, never made by hand."""

    list_display = ("name", "ip", "until", "strikes")
    search_fields = ("name", "ip")
    ordering = ("-until",)
    actions = ("unlock",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Открыть вход", permissions=["view"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[LoginLock]) -> None:
        removed = sum(security.unlock(username=lock.name, actor=_actor(request)) for lock in queryset)
        self.message_user(request, f"Снято блокировок: {removed}.")


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 (the site lets only people in)
    return request.user
