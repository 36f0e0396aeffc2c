from django.urls import path

from accounts.views import log_out
from ui.session.views import LoginPage

urlpatterns = [
    path("login/", LoginPage.as_view(), name="login"),
    path("logout/", log_out, name="logout"),
]
