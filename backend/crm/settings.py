"""All settings, from the environment, in one file. Wrong combinations are system checks (crm/checks.py).

Every key is described in env.template; a test holds that.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from django.utils.csp import CSP

from common.logs import logging_config
from crm.beat import EVERY_S

# Django's generic classes (FormView[…]) take their parameter at run time only with this.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent


def env(key: str, default: str = "") -> str:
    """The value of `key`, or the text of the file that `<key>_FILE` names (secrets of containers)."""
    path = os.environ.get(f"{key}_FILE")
    if path:
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(key, default).strip()


def env_list(key: str, default: str = "") -> list[str]:
    return [part.strip() for part in env(key, default).split(",") if part.strip()]


def env_seconds(key: str, default: float) -> timedelta:
    return timedelta(seconds=float(env(key) or default))


# --- what this installation is
ENVIRONMENT = env("DJANGO_ENV", "dev")
IS_PRODUCTION = ENVIRONMENT in {"production", "staging"}
DEBUG = env("DJANGO_DEBUG", "0" if IS_PRODUCTION else "1") == "1"
IS_DEMO = env("CRM_DEMO", "0") == "1"
DEV_KEY = "dev-only-key-of-a-checkout-that-serves-nobody-but-its-author"
SECRET_KEY = env("DJANGO_SECRET_KEY", "" if IS_PRODUCTION else DEV_KEY) or "unset"
SECRET_KEY_FALLBACKS = env_list("DJANGO_SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env_list("DJANGO_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
PUBLIC_BASE_URL = env("PUBLIC_BASE_URL", "http://localhost:8000")
SECURITY_CONTACT_EMAIL = env("SECURITY_CONTACT_EMAIL")
METRICS_TOKEN = env("CRM_METRICS_TOKEN")
TRUSTED_PROXIES = env_list("TRUSTED_PROXIES")
PRODUCT_NAME = env("CRM_PRODUCT_NAME", "ГруппПрофи")
RELEASE = env("CRM_RELEASE", "0.1.0")
MAILER_FERNET_KEY = env("MAILER_FERNET_KEY")
REQUISITES_CHECK = env("REQUISITES_CHECK", "warn")
BIN_DAYS = int(env("BIN_DAYS", "30"))
MERGE_UNDO_DAYS = int(env("MERGE_UNDO_DAYS", "30"))
MERGE_MAX_ROWS = int(env("MERGE_MAX_ROWS", "200000"))
EXPORT_ROWS = {"manager": int(env("EXPORT_ROWS_MANAGER", "5000")), "head": int(env("EXPORT_ROWS_HEAD", "50000"))}

INSTALLED_APPS = [
    "accounts.admin_config.CrmAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "common",
    "audit",
    "accounts",
    "notifications",
    "jobs",
    "companies",
    "phonebridge",
    "desk",
    "ui",
    "crm",
]

MIDDLEWARE = [
    "common.proxies.ProxyMiddleware",
    "phonebridge.lean_pull.LeanPullMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "crm.middleware.SecurityHeadersMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "crm.middleware.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.RateLimitMiddleware",
    "accounts.middleware.SessionEpochMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "crm.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"
ASGI_APPLICATION = "crm.asgi.application"
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ui.context_processors.ui_globals",
            ],
        },
    },
]

# --- database
DB_ENGINE = env("DB_ENGINE", "postgres" if env("POSTGRES_HOST") else "sqlite")
IS_ASGI = env("CRM_SERVER", "") == "asgi"


def _database() -> dict[str, Any]:
    if DB_ENGINE == "sqlite":
        path = env("SQLITE_PATH", str(BASE_DIR / "db.sqlite3"))
        options: dict[str, Any] = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": options}
    options = {
        "options": "-c statement_timeout=30000 -c lock_timeout=10000",
        "tcp_user_timeout": 15_000,
        "keepalives_idle": 30,
    }
    if IS_ASGI:
        options["pool"] = {
            "min_size": 4,
            "max_size": int(env("CRM_DB_POOL_MAX") or 20),
            "timeout": 4,
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": env("POSTGRES_DB", "crm"),
        "USER": env("POSTGRES_USER", "crm"),
        "PASSWORD": env("POSTGRES_PASSWORD"),
        "HOST": env("POSTGRES_HOST", "127.0.0.1"),
        "PORT": env("POSTGRES_PORT", "5432"),
        "CONN_MAX_AGE": 0 if IS_ASGI else int(env("CRM_CONN_MAX_AGE") or 60),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


DATABASES = {"default": _database()}

# --- Redis: cache, channel layer, broker. Without it one process still works (P-14).
REDIS_URL = env("REDIS_URL")
CELERY_BROKER_URL = env("CELERY_BROKER_URL", REDIS_URL)

# Redis does not keep subscriptions of its databases apart: installations on one server differ by the prefix.
_redis_database = urlsplit(REDIS_URL).path.strip("/").removeprefix("0")

if REDIS_URL:
    CACHES: dict[str, Any] = {
        "default": {
            "BACKEND": "common.cache.SafeRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        }
    }
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                "hosts": [{"address": REDIS_URL, "socket_timeout": None, "max_connections": 5000}],
                "prefix": env("CRM_REDIS_PREFIX") or f"crm{_redis_database}",
            },
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

SESSION_ENGINE = "accounts.session_store"
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
IS_HTTPS = urlsplit(PUBLIC_BASE_URL).scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "ui.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = env_list("DJANGO_CSRF_TRUSTED_ORIGINS") or ([PUBLIC_BASE_URL] if IS_HTTPS else [])

# --- headers (S-5); the same policy in development, so that tests see what users get
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if IS_PRODUCTION and IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = bool(SECURE_HSTS_SECONDS)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- words, time, files
LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", "Русский"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Europe/Moscow"
STATIC_URL = "/static/"
STATIC_ROOT = env("STATIC_ROOT", str(BASE_DIR / "static_root"))
MEDIA_URL = "/media/"
MEDIA_ROOT = env("MEDIA_ROOT", str(BASE_DIR / "media"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- REST
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.PhoneJWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.parsers.SafeJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "crm.openapi.Schema",
    "EXCEPTION_HANDLER": "common.api.exception_handler",
    "DEFAULT_PAGINATION_CLASS": "common.api.Pages",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": env_seconds("CRM_ACCESS_TOKEN_S", 3600),
    "REFRESH_TOKEN_LIFETIME": env_seconds("CRM_REFRESH_TOKEN_S", 7 * 86400),
    "SIGNING_KEY": SECRET_KEY,
    "AUTH_HEADER_TYPES": ("Bearer",),
    "UPDATE_LAST_LOGIN": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CRM: звонки с телефона сотрудника",
    "DESCRIPTION": "REST для телефонов и внешних программ. Сокеты описаны в docs/protocol/asyncapi.yaml.",
    "VERSION": RELEASE,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "ENUM_NAME_OVERRIDES": {
        "RequestStatusEnum": "phonebridge.enums.Status",
        "CallStatusEnum": "phonebridge.enums.CallStatus",
        "PhaseEnum": "phonebridge.enums.Phase",
        "KindEnum": "notifications.models.Kind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "crm.openapi.add_common_answers",
    ],
}

# --- Celery (O-8)
CELERY_RESULT_BACKEND = REDIS_URL or None
CELERY_TIMEZONE = "Europe/Moscow"
CELERY_TASK_TIME_LIMIT = 30 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 25 * 60
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_timeout": 10}
CELERY_TASK_IGNORE_RESULT = True
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    name: {"task": "crm.run_periodic", "args": [name], "schedule": seconds, "options": {"expires": seconds}}
    for name, seconds in EVERY_S.items()
}

# --- the call: every duration of docs/protocol/README.md
CALL = {
    "expires": env_seconds("CRM_CALL_EXPIRES_S", 60),
    "regrant": env_seconds("CRM_CALL_REGRANT_S", 10),
    "dial_within": env_seconds("CRM_CALL_DIAL_WITHIN_S", 5),
    "unconfirmed": env_seconds("CRM_CALL_UNCONFIRMED_S", 15),
    "unconfirmed_legacy": env_seconds("CRM_CALL_UNCONFIRMED_LEGACY_S", 45),
    "holder_lost": env_seconds("CRM_CALL_HOLDER_LOST_S", 120),
    "longest": env_seconds("CRM_CALL_LONGEST_S", 4 * 3600),
    "legacy_wait": env_seconds("CRM_CALL_LEGACY_WAIT_S", 3),
    "sweep": env_seconds("CRM_SWEEP_S", 1),
    "beat": env_seconds("CRM_PROCESS_BEAT_S", 2),
    "beat_dead": env_seconds("CRM_PROCESS_DEAD_S", 6),
    "seen_batch": env_seconds("CRM_SEEN_BATCH_S", 10),
    "seen_dead": env_seconds("CRM_SEEN_DEAD_S", 45),
    "poll_live": env_seconds("CRM_POLL_LIVE_S", 15),
    "poll_write": env_seconds("CRM_POLL_WRITE_S", 5),
    "ping": env_seconds("CRM_PING_S", 25),
    "pong": env_seconds("CRM_PONG_S", 10),
    "auth": env_seconds("CRM_SOCKET_AUTH_S", 10),
    "drain": env_seconds("CRM_DRAIN_S", 15),
}
AFTER_OPENS, AFTER_RED = env_seconds("CRM_AFTER_OPENS_S", 600), env_seconds("CRM_AFTER_RED_S", 900)
AFTER_LATE, AFTER_HEAD = env_seconds("CRM_AFTER_LATE_S", 2 * 86400), env_seconds("CRM_AFTER_HEAD_S", 31 * 86400)
CALLBACK = {"amber": env_seconds("CRM_CALLBACK_AMBER_S", 600), "red": env_seconds("CRM_CALLBACK_RED_S", 1200)}
CALLBACK["toast"] = env_seconds("CRM_CALLBACK_TOAST_S", 60)
# --- work over rows (jobs/leases.py, jobs/engine.py)
JOBS = {
    "lease": env_seconds("CRM_JOB_LEASE_S", 60),
    "turn": env_seconds("CRM_JOB_TURN_S", 20),
    "keep": env_seconds("CRM_JOB_KEEP_S", 30 * 86400),
}
# --- one action over many companies (companies/bulk)
BULK_ROWS = int(env("CRM_BULK_ROWS") or 50_000)
BULK_CHUNK = int(env("CRM_BULK_CHUNK") or 200)
BULK_RUNNING = int(env("CRM_BULK_RUNNING") or 3)
BULK_UNDO = env_seconds("CRM_BULK_UNDO_S", 7 * 86400)
EXPORT_KEEP = env_seconds("CRM_EXPORT_KEEP_S", 86400)
PHONE_DEVICES_PER_USER = 10
# commands without a result, telemetry and logs (phonebridge/services/retention.py)
RETENTION = {"requests": env_seconds("CRM_KEEP_REQUESTS_S", 2592000), "told": env_seconds("CRM_KEEP_TOLD_S", 1209600)}
IDEMPOTENCY = {"keep": env_seconds("CRM_IDEMPOTENCY_KEEP_S", 86400), "wait": env_seconds("CRM_IDEMPOTENCY_WAIT_S", 2)}
PAGE_CHECK = env_seconds("CRM_PAGE_CHECK_S", 5)
HANDSHAKE = env_seconds("CRM_HANDSHAKE_S", 10)
HANDSHAKES_MAX = int(env("CRM_HANDSHAKES_MAX") or 1000)

# --- import of companies (C-37): how large a file may be, and what its parser may use
IMPORT = {
    "file_mb": int(env("CRM_IMPORT_FILE_MB") or 50),
    "rows": int(env("CRM_IMPORT_ROWS") or 200_000),
    "columns": int(env("CRM_IMPORT_COLUMNS") or 200),
    "sheets": int(env("CRM_IMPORT_SHEETS") or 50),
    "cell_chars": int(env("CRM_IMPORT_CELL_CHARS") or 32_767),
    "zip_entries": int(env("CRM_IMPORT_ZIP_ENTRIES") or 2_000),
    "unzipped_mb": int(env("CRM_IMPORT_UNZIPPED_MB") or 300),
    "zip_ratio": int(env("CRM_IMPORT_ZIP_RATIO") or 100),
    "memory_mb": int(env("CRM_IMPORT_MEMORY_MB") or 1536),
    "parse_s": int(env("CRM_IMPORT_PARSE_S") or 120),
}
IMPORT_NAME_PREFIXES = env_list("CRM_IMPORT_NAME_PREFIXES", "ЕКБ,ТМН,КРД")

# --- notes and their files (C-16)
NOTE_EDIT = env_seconds("CRM_NOTE_EDIT_S", 86400)
NOTE_PINS = int(env("CRM_NOTE_PINS") or 3)
ATTACHMENTS: dict[str, Any] = {
    "per_note": int(env("CRM_ATTACHMENTS_PER_NOTE") or 10),
    "file_mb": int(env("CRM_ATTACHMENT_MB") or 20),
    "scanner": env("CRM_ATTACHMENT_SCANNER"),
}

# --- who is looking at a card (notifications/viewers.py)
VIEWERS = {
    "life": env_seconds("CRM_VIEWERS_LIFE_S", 45),
    "refresh": env_seconds("CRM_VIEWERS_REFRESH_S", 20),
    "pause": env_seconds("CRM_VIEWERS_PAUSE_S", 1),
}

# --- search: rows a stage may bring and all may bring, answers, words that begin too many others
SEARCH = {"stage": 300, "most": 500, "holders": 2000, "answers": 20, "common_df": 20_000, "statement_ms": 300}
# --- lists: the last row that pages reach, what the exact count may take, hints an hour about hidden cards
LISTS = {"last_row": 10_000, "count_ms": 1_000, "hidden_hints": 30}

# --- logs (O-9)
LOG_DIR = env("LOG_DIR", str(BASE_DIR / "logs"))
LOGGING = logging_config(LOG_DIR, to_file=IS_PRODUCTION)
