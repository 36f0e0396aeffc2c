"""The trail, as administrators read it."""

from __future__ import annotations

from django.contrib import admin

from audit.models import AuditLog
from common.tables import ReadOnlyAdmin


@admin.register(AuditLog)
class AuditLogAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "actor", "verb", "entity_type", "entity_id", "message", "source", "ip")
    list_filter = ("verb", "source", "entity_type")
    list_select_related = ("actor",)
    search_fields = ("message", "entity_id", "actor__username", "actor__last_name")
    search_help_text = "Что произошло, номер записи, логин или фамилия"
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
