"""Django admin for administrators only (A-9, D32); the door is the site's own log-in, with its lock."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.models import User
from accounts.views import log_out


class CrmAdminSite(admin.AdminSite):
    site_header = site_title = "Администрирование"
    index_title = "Справочники и доступ"

    def has_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.is_active and request.user.is_admin

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """No second password form: it would stand outside the lock-out."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(  # type: ignore[override]  # Django's own answer is a page or a redirect too
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """As on the site, so that the session's sockets close too."""
        return log_out(request)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One's own row has the form that ends the sessions of the old password."""
        return HttpResponseRedirect(reverse("admin:auth_user_password_change", args=[request.user.pk]))
