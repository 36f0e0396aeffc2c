"""Administrator's tables of the companies domain; people work on the site's own pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.models import User
from common import phones
from common.errors import DomainError
from companies import records
from companies.edits.dictionaries import merge_values, usage
from companies.models import (
    Company,
    CompanySphere,
    CompanyStatus,
    Contact,
    ContractType,
    DoNotCall,
    PhoneNumber,
)
from companies.search import index


class DictionaryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Values are renamed, ordered and switched off here; used ones leave by being merged into another."""

    actions = ("merge",)
    merge_values: Callable[..., int] = staticmethod(merge_values)
    usage: Callable[..., dict[int, int]] = staticmethod(usage)
    held = "карточек"

    @admin.action(description="Объединить значения", permissions=["change"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        values = list(queryset)
        typed = request.POST.get("keep", "")
        keep = next((value for value in values if str(value.pk) == typed), None)
        if keep is None:
            return self._ask(request, values)
        try:
            changed = self.merge_values(actor=cast("User", request.user), keep=keep, gone=values)
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            self.message_user(request, f"Осталось «{keep}», изменено {self.held}: {changed}.", messages.SUCCESS)
        return None

    def _ask(self, request: HttpRequest, values: list[Any]) -> HttpResponse | None:
        """Which one stays, and how many rows hold each."""
        if len(values) < 2:
            self.message_user(request, "Отметьте два значения или больше.", messages.WARNING)
            return None
        used = self.usage(values)
        context = {
            **self.admin_site.each_context(request),
            "title": "Объединить значения",
            "opts": self.model._meta,
            "rows": [(value, used[value.pk]) for value in values],
            "held": self.held,
            "action_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/companies/merge_values.html", context)


@admin.register(CompanyStatus)
class CompanyStatusAdmin(DictionaryAdmin):
    list_display = ("name", "code", "tone", "order", "is_final", "is_default", "is_active")
    list_editable = ("order", "is_active")


@admin.register(CompanySphere)
class CompanySphereAdmin(DictionaryAdmin):
    list_display = ("name", "order", "is_important", "is_active")
    list_editable = ("order", "is_active")


@admin.register(ContractType)
class ContractTypeAdmin(DictionaryAdmin):
    list_display = ("name", "code", "warn_days", "danger_days", "order", "is_active")
    list_editable = ("warn_days", "danger_days", "order", "is_active")


class ReadOnlyPhones(admin.TabularInline):  # type: ignore[type-arg]
    """Numbers are shown only: «exactly one primary» is kept by the services."""

    model = PhoneNumber
    fields = ("raw", "e164", "ext", "type", "comment", "is_primary")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Company)
class CompanyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "inn", "status", "responsible", "branch", "deleted_at")
    list_filter = ("branch", "status", "lead_state")
    list_select_related = ("status", "responsible", "branch")
    search_fields = ("name", "inn")
    raw_id_fields = ("responsible", "head_company")
    inlines = (ReadOnlyPhones,)

    def save_model(self, request: HttpRequest, obj: Company, form: Any, change: bool) -> None:
        super().save_model(request, records.prepare_company(obj), form, change)
        index.refresh_companies([obj.pk])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Contact)
class ContactAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("full_name", "position", "company", "is_primary", "deleted_at")
    list_select_related = ("company",)
    search_fields = ("last_name", "first_name", "company__name")
    raw_id_fields = ("company", "responsible")
    readonly_fields = ("is_primary",)
    inlines = (ReadOnlyPhones,)

    def save_model(self, request: HttpRequest, obj: Contact, form: Any, change: bool) -> None:
        super().save_model(request, records.prepare_contact(obj), form, change)
        index.refresh_contacts([obj.pk])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DoNotCallForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = DoNotCall
        fields = ("e164", "reason")

    def clean_e164(self) -> str:
        """The number as calls compare it, however it was typed."""
        number = phones.normalise(str(self.cleaned_data["e164"]))
        if not number.e164:
            raise forms.ValidationError("Номер не распознан. Проверьте, все ли цифры на месте.")
        return number.e164


@admin.register(DoNotCall)
class DoNotCallAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = DoNotCallForm
    list_display = ("e164", "since", "by", "reason")
    list_select_related = ("by",)
    search_fields = ("e164",)

    def save_model(self, request: HttpRequest, obj: DoNotCall, form: Any, change: bool) -> None:
        if not change:
            obj.by = request.user  # type: ignore[assignment]  # only people with an account reach the admin
        super().save_model(request, obj, form, change)
