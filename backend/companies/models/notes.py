"""Notes on a card, with attachments and history."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from companies.models.company import Company
from companies.models.contact import Contact

MAX_NOTE = 10_000


class NoteType(models.TextChoices):
    NOTE = "note", "заметка"
    CALL = "call", "звонок"
    EMAIL = "email", "письмо"
    SMS = "sms", "сообщение"
    SYSTEM = "system", "система"


class CompanyNote(models.Model):
    company = models.ForeignKey(Company, models.CASCADE, related_name="notes", verbose_name="компания")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="notes")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="автор",
    )
    type = models.CharField("вид", max_length=10, choices=NoteType, default=NoteType.NOTE)
    text = models.TextField("текст", max_length=MAX_NOTE)
    is_pinned = models.BooleanField("закреплена", default=False)
    pinned_at = models.DateTimeField(null=True, blank=True)
    pinned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    mentions = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    external_source = models.CharField(max_length=40, blank=True)
    external_uid = models.CharField(max_length=120, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField("создана", db_default=Now())
    edited_at = models.DateTimeField("изменена", null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "заметка"
        verbose_name_plural = "заметки"
        constraints = [
            models.UniqueConstraint(
                fields=["external_source", "external_uid"],
                condition=~Q(external_uid=""),
                name="note_external_once",
            )
        ]
        indexes = [models.Index(fields=["company", "-created_at"], name="note_company_at")]

    def __str__(self) -> str:
        return self.text[:60]


class Scan(models.TextChoices):
    """What a virus scanner says; NONE while no scanner is set."""

    NONE = "", "без проверки"
    WAITING = "waiting", "проверяется"
    CLEAN = "clean", "чисто"
    INFECTED = "infected", "заражён"


class NoteAttachment(models.Model):
    """A file of a note; it leaves the server only through a rights check.

    Without a note it is a draft that `uploaded_by` has not saved yet, swept after a day.
    """

    note = models.ForeignKey(CompanyNote, models.CASCADE, null=True, blank=True, related_name="attachments")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    file = models.FileField(upload_to="attachments/")
    name = models.CharField(max_length=255)
    scan = models.CharField(max_length=10, choices=Scan, default=Scan.NONE, blank=True)
    ext = models.CharField(max_length=16, blank=True)
    size_bytes = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=120)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "вложение"
        verbose_name_plural = "вложения"
        indexes = [
            models.Index(fields=["file"], name="attachment_file"),
            models.Index(fields=["created_at"], name="attachment_draft", condition=Q(note__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.name


class NoteRevision(models.Model):
    """What a note said before it was edited."""

    note = models.ForeignKey(CompanyNote, models.CASCADE, related_name="revisions")
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())
