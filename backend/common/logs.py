"""Where logs go, and the masking of what must not stand in them: tokens, passwords, telephone numbers."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(bearer\s+)[\w.\-]+"), r"\1***"),
    (re.compile(r"\beyJ[\w\-]+\.[\w\-]+\.[\w\-]*"), "***"),
    (
        re.compile(r"(?i)\b(token|password|secret|key|code|lease|device_id)(['\"]?\s*[=:]\s*['\"]?)[^\s&'\",}]+"),
        r"\1\2***",
    ),
    # bounded, and begun only where a name begins: otherwise a long word without «@» costs its length squared
    (re.compile(r"(?<![\w.+-])([\w.+-])[\w.+-]{0,63}@([\w-]{1,63}(?:\.[\w-]{1,63}){1,8})"), r"\1***@\2"),
)
_NUMBER = re.compile(r"(?<![\w-])\+?\d(?:[\s().-]{0,2}\d){9,14}(?![\w-])")


def mask(text: str) -> str:
    """`text` without tokens and with numbers of 10–15 digits cut to their first and last two."""
    for pattern, put in _RULES:
        text = pattern.sub(put, text)
    return _NUMBER.sub(_cut, text)


def _cut(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found.group())
    return f"{digits[:2]}***{digits[-2:]}"


class MaskFilter(logging.Filter):
    """Masks the finished line of a record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = mask(record.getMessage())
        record.args = None
        return True


FILE_BYTES = 10 * 1024 * 1024
FILES = 5
OURS = ("crm", "accounts", "common", "companies", "jobs", "notifications", "phonebridge", "mailer", "ui")


def logging_config(folder: str, *, to_file: bool) -> dict[str, Any]:
    """Django's LOGGING: to the console, and with `to_file` to five files of 10 MB in `folder` as well (O-9)."""
    common = {"formatter": "plain", "filters": ["mask"]}
    handlers: dict[str, Any] = {
        "console": {"class": "logging.StreamHandler", "level": "INFO" if to_file else "DEBUG", **common}
    }
    if to_file:
        Path(folder).mkdir(parents=True, exist_ok=True)
        handlers["file"] = {
            "class": "logging.handlers.RotatingFileHandler",
            "filename": str(Path(folder) / "crm.log"),
            "maxBytes": FILE_BYTES,
            "backupCount": FILES,
            "delay": True,
            **common,
        }
    everywhere = {"handlers": list(handlers), "level": "INFO", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"mask": {"()": "common.logs.MaskFilter"}},
        "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
        "handlers": handlers,
        "loggers": {
            "django": everywhere,
            "django.request": {**everywhere, "level": "ERROR"},
            "celery": {**everywhere, "handlers": ["console"]},
            **dict.fromkeys(OURS, everywhere),
        },
    }
