"""Administrator's tables of phones and calls, and the desk of reports that matched nothing (D5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from common.errors import DomainError
from common.ids import parse_uuid
from common.tables import ReadOnlyAdmin, ReadOnlyInline
from companies.admin import DictionaryAdmin
from phonebridge.enums import Resolution
from phonebridge.models import AfterCall, CallReport, CallRequest, DeadLetter, Outcome, PhoneDevice
from phonebridge.models.after import NOT_REACHED
from phonebridge.services import dead_letters, devices, outcomes


@admin.register(PhoneDevice)
class PhoneDeviceAdmin(ReadOnlyAdmin):
    list_display = (
        "user",
        "device_name",
        "device_id",
        "app_version",
        "is_primary",
        "last_seen_at",
        "last_poll_at",
        "queue_stuck",
        "revoked_at",
    )
    list_filter = ("is_primary", "queue_stuck", ("revoked_at", admin.EmptyFieldListFilter), "user__branch")
    list_select_related = ("user",)
    search_fields = ("device_id", "device_name", "user__username", "user__last_name")
    search_help_text = "Устройство, логин или фамилия"
    ordering = ("user__last_name", "user__username", "pk")
    actions = ("revoke",)

    @admin.action(description="Отключить телефон", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[PhoneDevice]) -> None:
        phones = queryset.select_related("user__branch")
        out = sum(devices.revoke(device=phone, actor=_actor(request)) for phone in phones)
        self.message_user(request, f"Отключено телефонов: {out}.")


class Reports(ReadOnlyInline):
    model = CallReport
    fields = ("received_at", "transport", "device", "is_applied", "flags", "body")
    ordering = ("received_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallReport]:
        """Reports of a private call hold its number."""
        found: QuerySet[CallReport] = super().get_queryset(request)
        return found.exclude(call__is_private=True)


@admin.register(CallRequest)
class CallRequestAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "user", "phone_e164", "status", "call_status", "delivery", "branch")
    list_filter = ("status", "call_status", "origin", "delivery", "branch")
    list_select_related = ("user", "branch")
    search_fields = ("=phone_e164", "user__username", "user__last_name")
    search_help_text = "Номер +7…, логин, фамилия или id звонка"
    ordering = ("-created_at",)
    inlines = (Reports,)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        call_id = parse_uuid(search_term.strip())
        if call_id is not None:
            return queryset.filter(pk=call_id), False
        return super().get_search_results(request, queryset, search_term)


@admin.register(Outcome)
class OutcomeAdmin(DictionaryAdmin):
    """Used values are merged or switched off; the one that the system sets by itself stays."""

    list_display = ("name", "code", "key", "tone", "kind", "implies", "effect", "order", "is_active")
    list_editable = ("key", "order", "is_active")
    merge_values = staticmethod(outcomes.merge_outcomes)
    usage = staticmethod(outcomes.usage)
    held = "итогов"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is used leaves by being merged."""
        if obj is None:
            return False
        is_used = AfterCall.objects.filter(outcome=obj).exists()
        return obj.code != NOT_REACHED and not is_used and super().has_delete_permission(request, obj)


class LetterForm(ActionForm):
    call = forms.CharField(label="Звонок (id):", required=False, max_length=40)
    reason = forms.CharField(label="Причина отклонения:", required=False, max_length=300)


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    """Whatever is decided here is decided by services.dead_letters."""

    list_display = ("created_at", "reason", "reporter", "resolved_at", "decision", "resolved_by", "note")
    list_filter = ("reason", ("resolved_at", admin.EmptyFieldListFilter))
    list_select_related = ("report__user", "resolved_by")
    search_fields = ("report__user__username", "report__user__last_name")
    fields = (
        "created_at",
        "reason",
        "reporter",
        "received_at",
        "body",
        "decision",
        "resolved_at",
        "resolved_by",
        "note",
    )
    ordering = ("-created_at", "-pk")
    action_form = LetterForm
    actions = ("attach", "make_call", "discard")

    @admin.display(description="Кто прислал", ordering="report__user")
    def reporter(self, letter: DeadLetter) -> str:
        return letter.report.user.label

    @admin.display(description="Получен")
    def received_at(self, letter: DeadLetter) -> Any:
        return letter.report.received_at

    @admin.display(description="Что прислал телефон")
    def body(self, letter: DeadLetter) -> str:
        return json.dumps(letter.report.body, ensure_ascii=False, indent=2)

    @admin.display(description="Решение", ordering="resolution")
    def decision(self, letter: DeadLetter) -> str:
        return Resolution(letter.resolution).label if letter.resolution else "—"

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = super().changeform_view(request, object_id, *args, **kwargs)
        letter = self.get_object(request, object_id) if object_id and response.status_code == 200 else None
        if letter is not None:
            dead_letters.note_reading(letter=letter, actor=_actor(request))
        return response

    @admin.action(description="Присоединить к звонку", permissions=["view"])
    def attach(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        call_id = parse_uuid(request.POST.get("call", "").strip())
        call = CallRequest.objects.filter(pk=call_id).first() if call_id else None
        if call is None:
            self.message_user(request, "Звонка с таким id нет.", messages.ERROR)
            return
        self._each(
            request, queryset, lambda letter: dead_letters.attach(letter=letter, call=call, actor=_actor(request))
        )

    @admin.action(description="Создать звонок", permissions=["view"])
    def make_call(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        self._each(request, queryset, lambda letter: dead_letters.make_call(letter=letter, actor=_actor(request)))

    @admin.action(description="Отклонить с причиной", permissions=["view"])
    def discard(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        reason = request.POST.get("reason", "")
        self._each(
            request,
            queryset,
            lambda letter: dead_letters.discard(letter=letter, actor=_actor(request), reason=reason),
        )

    def _each(
        self, request: HttpRequest, queryset: QuerySet[DeadLetter], decide: Callable[[DeadLetter], object]
    ) -> None:
        done = 0
        for letter in queryset.order_by("pk"):
            try:
                decide(letter)
            except DomainError as refusal:
                self.message_user(request, f"{letter}: {refusal.detail}", messages.ERROR)
            else:
                done += 1
        self.message_user(request, f"Решено отчётов: {done}.")


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 (the site lets only people in)
    return request.user
