"""Pages of the site; every feature brings its own addresses."""

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path("", include("ui.shell.urls")),
]

if settings.DEBUG:
    urlpatterns += [path("styleguide/", include("ui.styleguide.urls"))]
