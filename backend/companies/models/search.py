"""What the search reads instead of the cards. Written by companies/search/index.py alone."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from companies.models.company import Company
from companies.models.contact import Contact

MAX_WORD = 100


class SearchRow(models.Model):
    """One live company or one live contact of a live company (or of none).

    `terms` are words and scope marks (`!b3`, `!u7`) between spaces. PostgreSQL makes `tsv` of them by itself, a
    column that the model does not know because SQLite has no such type (migration 0002). The database compares no
    foreign keys here: rows are written behind the lock of their card and go with it; `rebuild_search` compares them.
    """

    company = models.OneToOneField(Company, models.CASCADE, null=True, related_name="search_row", db_constraint=False)
    contact = models.OneToOneField(Contact, models.CASCADE, null=True, related_name="search_row", db_constraint=False)
    folded = models.TextField()
    terms = models.TextField()

    class Meta:
        db_table = "search_row"
        constraints = [
            models.CheckConstraint(
                condition=Q(company__isnull=False, contact__isnull=True)
                | Q(company__isnull=True, contact__isnull=False),
                name="search_row_one_holder",
            )
        ]


class SearchWord(models.Model):
    """A word of some card, for typing mistakes; `df` counts rows as of the last night.

    No unique constraint: writers would wait for each other's new words, and could lock each other out. A word that
    two transactions add at once stands twice until the night. PostgreSQL has a column `trigrams` beside these.
    """

    word = models.CharField(max_length=MAX_WORD)
    df = models.PositiveIntegerField(db_default=0)

    class Meta:
        db_table = "search_word"
