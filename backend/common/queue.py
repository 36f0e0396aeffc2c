"""Background work is queued by name, after commit, so that services never import tasks."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def enqueue_on_commit(task: str, **kwargs: Any) -> None:
    """Queue `task` once the transaction has committed; without a broker it is logged, periodic tasks find the work."""
    transaction.on_commit(partial(_enqueue, task, kwargs), robust=True)


def _enqueue(task: str, kwargs: dict[str, Any]) -> None:
    if not settings.CELERY_BROKER_URL:
        return
    try:
        current_app.send_task(task, kwargs=kwargs)
    except OperationalError as error:
        logger.warning("%s was not queued: %s", task, error)
