"""What runs by the clock, and work over rows: the job, its rows, what it changed."""

from __future__ import annotations

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from common.ids import uuid7


class PeriodicRun(models.Model):
    """The lock and the memory of one periodic task. Tasks stay correct without the lock; it saves double work."""

    name = models.CharField("задача", max_length=80, primary_key=True)
    interval_s = models.PositiveIntegerField("каждые, с")
    lock_until = models.DateTimeField(db_default=Now())
    token = models.CharField(max_length=32, blank=True)
    started_at = models.DateTimeField("начата", null=True)
    finished_at = models.DateTimeField("закончена", null=True)
    ok_at = models.DateTimeField("успешна", null=True)
    rows = models.PositiveIntegerField("строк", default=0)
    error = models.CharField("ошибка", max_length=300, blank=True)
    failures = models.PositiveIntegerField("неудач подряд", default=0)

    class Meta:
        verbose_name = "периодическая задача"
        verbose_name_plural = "периодические задачи"

    def __str__(self) -> str:
        return self.name


class Status(models.TextChoices):
    STAGING = "staging", "Готовится"
    QUEUED = "queued", "В очереди"
    RUNNING = "running", "Выполняется"
    DONE = "done", "Готово"
    CANCELLED = "cancelled", "Остановлено"
    FAILED = "failed", "Не выполнено"
    UNDOING = "undoing", "Отменяется"
    UNDONE = "undone", "Отменено"


ACTIVE = (Status.RUNNING, Status.UNDOING)
ENDED = (Status.DONE, Status.CANCELLED, Status.FAILED, Status.UNDONE)


class Phase(models.TextChoices):
    """Which way a job goes, or will go once it leaves the queue."""

    APPLY = "apply", "выполнение"
    UNDO = "undo", "отмена"


class Job(models.Model):
    """One piece of background work over numbered rows 1…`total`.

    `cursor` rows are applied, and of those the last `undo_cursor` are undone. A row is done exactly when the cursor
    has passed it, because both are committed together.
    """

    id = models.UUIDField("номер", primary_key=True, default=uuid7, editable=False)
    kind = models.CharField("вид", max_length=40)
    title = models.CharField("название", max_length=200)
    params = models.JSONField("условия", default=dict, blank=True, encoder=DjangoJSONEncoder)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="кто запустил"
    )
    status = models.CharField("состояние", max_length=10, choices=Status, default=Status.STAGING)
    phase = models.CharField("направление", max_length=5, choices=Phase, default=Phase.APPLY)
    undo_from = models.CharField("отменяли из", max_length=10, blank=True)
    # limits are counted over the group; an exclusive group has at most one active job (a constraint)
    group = models.CharField("очередь", max_length=40)
    is_exclusive = models.BooleanField("по одному", default=False)

    total = models.PositiveIntegerField("строк", default=0)
    cursor = models.PositiveIntegerField("пройдено", default=0)
    undo_cursor = models.PositiveIntegerField("отменено строк", default=0)

    lease = models.CharField("аренда", max_length=32, blank=True)
    lease_until = models.DateTimeField("занято до", db_default=Now())
    beat_at = models.DateTimeField("последняя порция", null=True, blank=True)
    called_at = models.DateTimeField("вызвана", null=True, blank=True)
    crashes = models.PositiveSmallIntegerField("сбоев на этой порции", default=0)
    error = models.CharField("ошибка", max_length=500, blank=True)

    created_at = models.DateTimeField("создано", db_default=Now())
    queued_at = models.DateTimeField("в очереди с", null=True, blank=True)
    started_at = models.DateTimeField("начато", null=True, blank=True)
    finished_at = models.DateTimeField("закончено", null=True, blank=True)
    undone_at = models.DateTimeField("отменено", null=True, blank=True)
    undo_until = models.DateTimeField("можно отменить до", null=True, blank=True)
    purged_at = models.DateTimeField("строки стёрты", null=True, blank=True)

    file_name = models.CharField("файл", max_length=200, blank=True)
    file_size = models.PositiveBigIntegerField("байт в файле", default=0)
    file_until = models.DateTimeField("файл хранится до", null=True, blank=True)

    class Meta:
        verbose_name = "фоновая работа"
        verbose_name_plural = "фоновые работы"
        constraints = [
            models.UniqueConstraint(
                fields=["group"],
                name="job_exclusive_group",
                condition=Q(is_exclusive=True, status__in=["running", "undoing"]),
            ),
            models.CheckConstraint(
                condition=Q(cursor__lte=F("total")) & Q(undo_cursor__lte=F("cursor")), name="job_cursors_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["created_by", "-created_at"], name="job_author_at"),
            models.Index(fields=["kind", "-created_at"], name="job_kind_at"),
            # the sweep and the queue look at these few only
            models.Index(
                fields=["status", "queued_at"],
                name="job_open",
                condition=Q(status__in=["queued", "running", "undoing"]),
            ),
            models.Index(fields=["finished_at"], name="job_to_purge", condition=Q(purged_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def is_ended(self) -> bool:
        return self.status in ENDED

    @property
    def passed(self) -> int:
        """Rows of the present direction that are behind."""
        return self.undo_cursor if self.phase == Phase.UNDO else self.cursor

    @property
    def ahead(self) -> int:
        """Rows of the present direction altogether."""
        return self.cursor if self.phase == Phase.UNDO else self.total


class JobStop(models.Model):
    """Somebody asks to stop after the present chunk.

    A row of its own: the chunk holds the job's row until it commits, and nobody who clicks should wait for that.
    """

    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="stop")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())


class RowStatus(models.TextChoices):
    PENDING = "pending", "ждёт"
    DONE = "done", "сделано"
    WARNED = "warned", "сделано с замечанием"
    UNCHANGED = "unchanged", "без изменений"
    REFUSED = "refused", "отказано"


class UndoStatus(models.TextChoices):
    UNDONE = "undone", "отменено"
    KEPT = "kept", "оставлено"


class JobRow(models.Model):
    """One row of a job; `target_id` with `target_version` is the object as it was when the selection was frozen."""

    # the index by number serves the relation too, here and in the log
    job = models.ForeignKey(Job, models.CASCADE, related_name="rows", db_index=False)
    n = models.PositiveIntegerField("номер")
    input = models.JSONField("вход", db_default={}, encoder=DjangoJSONEncoder)
    target_id = models.BigIntegerField("запись", null=True)
    target_version = models.PositiveIntegerField("версия", null=True)
    status = models.CharField("итог", max_length=10, choices=RowStatus, db_default=RowStatus.PENDING)
    code = models.CharField("код", max_length=40, blank=True, db_default="")
    reason = models.CharField("причина", max_length=500, blank=True, db_default="")
    result = models.JSONField("что сделано", null=True, encoder=DjangoJSONEncoder)
    undo_status = models.CharField("отмена", max_length=10, choices=UndoStatus, blank=True, db_default="")
    undo_code = models.CharField("код отмены", max_length=40, blank=True, db_default="")
    undo_reason = models.CharField("почему оставлено", max_length=500, blank=True, db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "n"], name="jobrow_job_n")]
        indexes = [
            # counts, and a page of one outcome, without a look at the other rows
            models.Index(fields=["job", "status", "code", "n"], name="jobrow_outcome"),
            models.Index(fields=["job", "undo_status", "n"], name="jobrow_undo", condition=~Q(undo_status="")),
        ]


class Op(models.TextChoices):
    CREATE = "create", "создано"
    UPDATE = "update", "изменено"
    DELETE = "delete", "удалено"
    ADD = "add", "добавлено"


class ChangeLog(models.Model):
    """One thing that row `n` of a job changed; what undo goes by.

    `version` is the object's own after the change; `model` is a label such as `companies.company`.
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="changes", db_index=False)
    n = models.PositiveIntegerField()
    model = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    op = models.CharField(max_length=6, choices=Op)
    field = models.CharField(max_length=60, blank=True, db_default="")
    old = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    new = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    version = models.PositiveIntegerField(null=True)
    undo_status = models.CharField(max_length=10, choices=UndoStatus, blank=True, db_default="")
    undo_code = models.CharField(max_length=40, blank=True, db_default="")
    undo_reason = models.CharField(max_length=500, blank=True, db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["job", "n"], name="change_job_n"),
            models.Index(fields=["model", "object_id"], name="change_object"),
        ]
