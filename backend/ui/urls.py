"""Pages of the site; every feature brings its own addresses."""

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path("", include("ui.shell.urls")),
    path("", include("ui.session.urls")),
    path("", include("ui.dashboard.urls")),
    path("", include("ui.bulk.urls")),
    path("", include("ui.companies.urls")),
    path("", include("ui.merging.urls")),
    path("", include("ui.jobs.urls")),
    path("", include("ui.calls.urls")),
    path("", include("ui.stats.urls")),
    path("", include("ui.phones.urls")),
    path("", include("ui.wall.urls")),
    path("", include("ui.requests.urls")),
    path("", include("ui.bell.urls")),
    path("", include("ui.imports.urls")),
]

if settings.DEBUG:
    urlpatterns += [path("styleguide/", include("ui.styleguide.urls"))]
