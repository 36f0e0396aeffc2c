"""The log-in page in the site's look."""

from __future__ import annotations

from accounts.views import LoginForm, SecureLoginView
from ui.forms import StyledForm


class StyledLoginForm(LoginForm, StyledForm):
    pass


class LoginPage(SecureLoginView):
    form_class = StyledLoginForm
