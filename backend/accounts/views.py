"""Log-in and log-out of the site."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.views import RedirectURLMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_POST
from django.views.generic import FormView

from accounts import security, services, sessions
from accounts.models import User
from audit.models import Source
from common.errors import DomainError

BACKEND = "django.contrib.auth.backends.ModelBackend"


class LoginForm(forms.Form):
    username = forms.CharField(
        label="Логин", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label="Пароль",
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SecureLoginView(RedirectURLMixin, FormView[LoginForm]):  # type: ignore[misc]
    """Session log-in behind the lock of accounts/security.py."""

    template_name = "ui/session/login.html"
    form_class = LoginForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def get_default_redirect_url(self) -> str:
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(next=self.get_redirect_url(), **kwargs)

    def form_valid(self, form: LoginForm) -> HttpResponse:
        said = form.cleaned_data
        cookie = self.request.COOKIES.get(security.KNOWN_COOKIE, "")
        try:
            user = security.sign_in(
                username=said["username"],
                password=said["password"],
                ip=self.request.META.get("REMOTE_ADDR") or None,
                source=Source.UI,
                known_device=security.is_known_device(cookie, said["username"]),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.detail)
            return self.render_to_response(
                self.get_context_data(form=form), status=429 if refusal.status == 429 else 200
            )
        return self._enter(user)

    def _enter(self, user: User) -> HttpResponse:
        login(self.request, user, backend=BACKEND)
        sessions.stamp(self.request.session, user)
        response = HttpResponseRedirect(self.get_success_url())
        response.set_cookie(
            security.KNOWN_COOKIE,
            security.known_device_mark(user),
            max_age=timedelta(days=90),
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        return response


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End this session and close its sockets with 4401."""
    user, key = request.user, request.session.session_key or ""
    logout(request)
    if isinstance(user, User):
        services.tell_logout(user.pk, hashlib.sha256(key.encode()).hexdigest()[:16])
    return redirect("login")
