"""Is this process alive, is it ready; who to tell of a hole."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from common.metrics import exposition
from common.realtime import is_draining


def _redis_state() -> str:
    if not settings.REDIS_URL:
        return "off"
    try:
        caches["default"]._cache.get_client().ping()  # type: ignore[attr-defined]
    except (RedisError, OSError):
        return "down"
    return "ok"


def _database_problem() -> str:
    """What keeps this process from working, or ''."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations"
    except DatabaseError:
        return "database"
    return ""


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """503 while the database is away, migrations are missing, or the process drains; Redis does not count."""
    problem = "draining" if is_draining() else _database_problem()
    body = {"status": problem or "ok", "redis": _redis_state(), "release": settings.RELEASE}
    return JsonResponse(body, status=503 if problem else 200)


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    return ready(request)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures of this process for whoever has the token; without one in the settings there is no such page."""
    said = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not constant_time_compare(said, settings.METRICS_TOKEN):
        return HttpResponse(status=404)
    return HttpResponse(exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    if not settings.SECURITY_CONTACT_EMAIL:
        return HttpResponse(status=404)
    expires = (timezone.now() + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    here = urljoin(settings.PUBLIC_BASE_URL + "/", ".well-known/security.txt")
    text = (
        f"Contact: mailto:{settings.SECURITY_CONTACT_EMAIL}\nExpires: {expires}\n"
        f"Preferred-Languages: ru, en\nCanonical: {here}\n"
    )
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_safe
def robots_txt(request: HttpRequest) -> HttpResponse:
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")
