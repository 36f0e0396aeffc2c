"""All addresses of the site."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from companies.api.urls import seed
from crm import health

handler400 = "ui.errors.bad_request"
handler403 = "ui.errors.forbidden"
handler404 = "ui.errors.not_found"
handler500 = "ui.errors.server_error"

v1 = [
    path("", include("phonebridge.api.v1_urls")),
    path("", include("notifications.urls")),
    path("", include("companies.api.urls")),
]

urlpatterns = [
    path("health/", health.health, name="health"),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("health/metrics", health.metrics, name="health_metrics"),
    path(".well-known/security.txt", health.security_txt, name="security_txt"),
    path("robots.txt", health.robots_txt, name="robots_txt"),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/token/", include("accounts.api_urls")),
    path("api/phone/", include("phonebridge.api.phone_urls")),
    path("api/", include(seed)),
    path("api/v1/", include(v1)),
    path("", include("ui.urls")),
]
