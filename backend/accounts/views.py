"""Log-in and log-out of the site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.views import RedirectURLMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_POST
from django.views.generic import FormView

from accounts import known_devices, security, services, sessions
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


class SecureLoginView(RedirectURLMixin, FormView[LoginForm]):
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
        browser = known_devices.read(self.request.COOKIES.get(known_devices.COOKIE, ""))
        try:
            user = security.sign_in(
                username=said["username"],
                password=said["password"],
                ip=self.request.META.get("REMOTE_ADDR") or None,
                source=Source.UI,
                device=browser.device_for(said["username"]),
            )
        except DomainError as refusal:
            return self._refuse(form, refusal)
        return self._enter(user, browser)

    def _refuse(self, form: LoginForm, refusal: DomainError) -> HttpResponse:
        form.add_error(None, refusal.detail)
        context = self.get_context_data(form=form)
        if not isinstance(refusal, security.AddressFlood):
            return self.render_to_response(context)
        return self.render_to_response(context, status=429, headers={"Retry-After": security.WINDOW.seconds})

    def _enter(self, user: User, browser: known_devices.Browser) -> HttpResponse:
        login(self.request, user, backend=BACKEND)
        sessions.stamp(self.request.session, user)
        response = HttpResponseRedirect(self.get_success_url())
        response.set_cookie(
            known_devices.COOKIE,
            browser.cookie_after(user.username),
            max_age=known_devices.LIFETIME,
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
        services.log_out(user=user, session_mark=sessions.mark_of(key), ip=request.META.get("REMOTE_ADDR") or None)
    return redirect("login")
