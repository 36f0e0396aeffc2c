"""Wrong combinations of settings, each with one Russian sentence and the way to mend it.

Production refuses to start with any of the errors: `manage check` runs before every server.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

WEAK_KEY = "change-me"


def _production_errors() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error("В рабочем окружении включена отладка.", hint="Поставьте DJANGO_DEBUG=0.", id="crm.E001")
    key = settings.SECRET_KEY
    if len(key) < 50 or len(set(key)) < 10 or key == settings.DEV_KEY or WEAK_KEY in key:
        yield Error(
            "Секретный ключ слабый: нужно не меньше 50 разных знаков.",
            hint='Создайте: python -c "import secrets; print(secrets.token_urlsafe(64))" → DJANGO_SECRET_KEY.',
            id="crm.E002",
        )
    if not settings.REDIS_URL:
        yield Error("Не указан Redis.", hint="Поставьте REDIS_URL=redis://redis:6379/0.", id="crm.E003")
    if "*" in settings.ALLOWED_HOSTS or not settings.ALLOWED_HOSTS:
        yield Error("Не перечислены имена сайта.", hint="Укажите их в DJANGO_ALLOWED_HOSTS.", id="crm.E005")
    if settings.DB_ENGINE != "postgres":
        yield Error("Рабочему окружению нужен PostgreSQL.", hint="Поставьте DB_ENGINE=postgres.", id="crm.E006")
    elif len(settings.DATABASES["default"].get("PASSWORD") or "") < 12:
        yield Error("Пароль базы короче 12 знаков.", hint="Смените POSTGRES_PASSWORD.", id="crm.E007")
    yield from _address_errors()


def _address_errors() -> Iterator[CheckMessage]:
    url = urlsplit(settings.PUBLIC_BASE_URL)
    if url.scheme != "https" and settings.ENVIRONMENT == "production":
        yield Error("Публичный адрес не https.", hint="Поставьте PUBLIC_BASE_URL=https://…", id="crm.E008")
    if not settings.SECURITY_CONTACT_EMAIL:
        yield Error("Нет адреса для сообщений об уязвимостях.", hint="SECURITY_CONTACT_EMAIL=…", id="crm.E009")
    if settings.IS_DEMO:
        yield Error("Демонстрационный режим в рабочем окружении.", hint="Уберите CRM_DEMO.", id="crm.E010")
    if not settings.TRUSTED_PROXIES:
        yield Warning(
            "Не указаны доверенные прокси: адреса посетителей будут адресом nginx.",
            hint="Укажите его подсеть в TRUSTED_PROXIES.",
            id="crm.W001",
        )


def _companies_errors() -> Iterator[CheckMessage]:
    if settings.REQUISITES_CHECK not in {"warn", "block"}:
        yield Error("REQUISITES_CHECK не понят.", hint="Поставьте warn или block.", id="crm.E014")


def _fernet_errors() -> Iterator[CheckMessage]:
    keys = [k.strip() for k in settings.MAILER_FERNET_KEY.split(",") if k.strip()]
    if not keys and settings.IS_PRODUCTION:
        yield Error(
            "Нет ключа шифрования почтовых паролей.",
            hint='Создайте: python -c "from cryptography.fernet import Fernet; '
            'print(Fernet.generate_key().decode())" → MAILER_FERNET_KEY.',
            id="crm.E004",
        )
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            yield Error("Ключ шифрования записан неверно.", hint="Проверьте MAILER_FERNET_KEY.", id="crm.E011")


@register
def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Everything that makes this installation unsafe or deaf."""
    found = [*_fernet_errors(), *_companies_errors()]
    if settings.ENVIRONMENT not in {"dev", "staging", "production"}:
        found.append(Error("DJANGO_ENV — одно из: dev, staging, production.", id="crm.E012"))
    if settings.DB_ENGINE not in {"postgres", "sqlite"}:
        found.append(Error("DB_ENGINE — одно из: postgres, sqlite.", id="crm.E013"))
    if settings.IS_PRODUCTION:
        found.extend(_production_errors())
    return found


def refuse_to_start() -> None:
    """End the process with one line per error; called by the servers before they listen."""
    errors = [m for m in check_settings(None) if m.is_serious()]
    if errors:
        raise SystemExit("\n".join(f"{e.msg} {e.hint or ''}".strip() for e in errors))
