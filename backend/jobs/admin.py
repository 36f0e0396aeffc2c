"""Administrator's table of jobs: to look at."""

from __future__ import annotations

from django.contrib import admin

from common.tables import ReadOnlyAdmin
from jobs.models import Job


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "title", "kind", "created_by", "status", "cursor", "total", "crashes", "error")
    list_filter = ("status", "kind", "phase")
    list_select_related = ("created_by",)
    search_fields = ("title", "created_by__username", "created_by__last_name")
    search_help_text = "Название, логин или фамилия"
    ordering = ("-created_at",)
    exclude = ("lease", "called_at")
