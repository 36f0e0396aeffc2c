"""What a person has chosen for the columns of files with the same titles."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class ImportMapping(models.Model):
    """The last mapping of one person for one set of titles.

    `fields` is title, folded → field of the import; `only_empty` are the titles whose values are written only into
    empty fields.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    titles_key = models.CharField(max_length=64)
    fields = models.JSONField(default=dict)
    only_empty = models.JSONField(default=list)
    mode = models.CharField(max_length=6)
    used_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "сопоставление столбцов"
        verbose_name_plural = "сопоставления столбцов"
        constraints = [models.UniqueConstraint(fields=["user", "titles_key"], name="import_mapping_once")]

    def __str__(self) -> str:
        return self.titles_key
