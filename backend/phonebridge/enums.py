"""Words of the call, lower case on every wire and in the database (D29)."""

from __future__ import annotations

from django.db import models


class Status(models.TextChoices):
    """What became of the command (docs/protocol/README.md, «Состояния»)."""

    PENDING = "pending", "ждёт телефона"
    DELIVERED = "delivered", "на телефоне"
    CONSUMED = "consumed", "набран"
    CANCELLED = "cancelled", "отменён"
    EXPIRED = "expired", "истёк"


class Reason(models.TextChoices):
    """Why a command ended before a result."""

    USER = "user", "отменён человеком"
    REJECTED = "rejected", "телефоны отказались"
    NOT_DIALLED = "not_dialled", "телефон не набрал"


class Origin(models.TextChoices):
    CLICK = "click", "из CRM"
    PHONE = "phone", "с телефона"
    INCOMING = "incoming", "входящий"


class Phase(models.TextChoices):
    """Moments of a call that is going on; they only move forward."""

    RECEIVED = "received", "на телефоне"
    DIALING = "dialing", "набор"
    TALKING = "talking", "разговор"
    ENDED = "ended", "завершён"


PHASE_ORDER = {phase: number for number, phase in enumerate(Phase.values, start=1)}


class CallStatus(models.TextChoices):
    """The technical result of the call."""

    CONNECTED = "connected", "Дозвон"
    NO_ANSWER = "no_answer", "Нет ответа"
    BUSY = "busy", "Занято"
    REJECTED = "rejected", "Отклонён"
    MISSED = "missed", "Пропущен"
    UNKNOWN = "unknown", "Не удалось определить результат"


def known_status(value: str | None) -> CallStatus:
    """A word from the future, or none, is a result that could not be determined."""
    return CallStatus(value) if value in CallStatus.values else CallStatus.UNKNOWN


RESULT_RANK = {
    CallStatus.UNKNOWN: 1,
    CallStatus.NO_ANSWER: 2,
    CallStatus.BUSY: 2,
    CallStatus.REJECTED: 2,
    CallStatus.MISSED: 2,
    CallStatus.CONNECTED: 3,
}


class Direction(models.TextChoices):
    OUTGOING = "outgoing", "Исходящий"
    INCOMING = "incoming", "Входящий"
    MISSED = "missed", "Пропущенный"
    UNKNOWN = "unknown", "Неизвестно"


class ResolveMethod(models.TextChoices):
    OBSERVER = "observer", "Observer"
    RETRY = "retry", "Retry"
    UNKNOWN = "unknown", "Неизвестно"


class ActionSource(models.TextChoices):
    CRM_UI = "crm_ui", "CRM UI"
    NOTIFICATION = "notification", "Уведомление"
    HISTORY = "history", "История"
    UNKNOWN = "unknown", "Неизвестно"


class Delivery(models.TextChoices):
    WS = "ws", "WebSocket"
    POLL = "poll", "опрос"
    LEGACY = "legacy", "старый дозвонщик"


class RejectReason(models.TextChoices):
    BUSY = "busy", "телефон занят"
    NO_PERMISSION = "no_permission", "нет разрешения на звонки"
    USER = "user", "отклонил человек"
    STALE = "stale", "команда устарела"


class TelemetryType(models.TextChoices):
    LATENCY = "latency"
    ERROR = "error"
    AUTH = "auth"
    QUEUE = "queue"
    OTHER = "other"


class Resolution(models.TextChoices):
    """What an administrator made of a dead letter."""

    ATTACHED = "attached", "присоединён к звонку"
    MADE = "made", "создан звонок"
    DISCARDED = "discarded", "отклонён"


class Teller(models.TextChoices):
    """Who told of a result: a phone by one of its ways, or the person by an outcome."""

    WS = "ws", "WebSocket"
    POLL = "poll", "опрос"
    LEGACY = "legacy", "старый дозвонщик"
    PERSON = "person", "сотрудник"


class AfterState(models.TextChoices):
    """The card after the call."""

    DRAFT = "draft", "без итога"
    DONE = "done", "заполнен"
    SKIPPED = "skipped", "не заполняется"


class AfterSource(models.TextChoices):
    WEB = "web", "сайт"
    PHONE = "phone", "телефон"
    QUEUE = "queue", "очередь"


class OutcomeKind(models.TextChoices):
    POSITIVE = "positive", "успех"
    NEUTRAL = "neutral", "нейтральный"
    NEGATIVE = "negative", "отказ"
    NO_CONTACT = "no_contact", "нет контакта"


class Implied(models.TextChoices):
    """What an outcome says about the line; blank: nothing."""

    CONNECTED = "connected", "разговор был"
    NO_ANSWER = "no_answer", "не ответили"
    BUSY = "busy", "было занято"


class NextStep(models.TextChoices):
    """Moments that one key chooses."""

    IN_15_MIN = "15m", "+15 мин"
    IN_1_HOUR = "1h", "+1 ч"
    MORNING = "morning", "следующий рабочий день, 10:00"


class Effect(models.TextChoices):
    PHONE_INVALID = "phone_invalid", "номер неверный"
    STOP = "stop", "больше не звонить"


class QueueRule(models.TextChoices):
    """What a queue does with the company; blank: it is done there."""

    LATER = "later", "ещё раз через 2 часа"
    TOMORROW = "tomorrow", "ещё раз завтра"
    AT_NEXT = "at_next", "ко времени следующего шага"
    DROP = "drop", "убрать из очереди"
