"""The words of all cards, for typing mistakes. Added to by writers, counted at night; PostgreSQL alone has one."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction

from companies.search.words import trigrams
from jobs import behind

# Words come sorted; what another transaction has not committed yet does not stand in the way (models/search.py).
ADD = """
INSERT INTO search_word (word, trigrams)
SELECT given.word, string_to_array(given.grams, ' ')
FROM unnest(string_to_array(%s, ' '), string_to_array(%s, ';')) AS given (word, grams)
WHERE NOT EXISTS (SELECT 1 FROM search_word known WHERE known.word = given.word COLLATE "C")
"""
DROP_TWINS = """
DELETE FROM search_word later USING search_word first WHERE later.word = first.word AND later.id > first.id
"""
COUNT = """
CREATE TEMPORARY TABLE search_count AS
SELECT (word COLLATE "C")::varchar(100) AS word, ndoc
FROM ts_stat('SELECT tsv FROM search_row') WHERE word NOT LIKE '!%'
"""
SET_COUNTS = """
UPDATE search_word SET df = coalesce(counted.ndoc, 0)
FROM search_word known LEFT JOIN search_count counted ON counted.word = known.word
WHERE search_word.id = known.id AND known.df <> coalesce(counted.ndoc, 0)
"""
MISSING = """
SELECT counted.word FROM search_count counted
WHERE NOT EXISTS (SELECT 1 FROM search_word known WHERE known.word = counted.word)
"""


def exists() -> bool:
    return connection.vendor == "postgresql"


def add(words: Iterable[str]) -> None:
    """Words that are not there yet; one statement, none for no words."""
    found = sorted(words)
    if not found or not exists():
        return
    # a word is of letters and digits alone, so neither sign stands in one
    grams = ";".join([" ".join(trigrams(word)) for word in found])
    behind.execute(ADD, [" ".join(found), grams])


def recount() -> int:
    """Count anew in how many rows each word stands; adds what is missing, drops twins. Returns how many rows changed.

    Reads every row once, for which the time limit of ordinary statements is too short.
    """
    if not exists():
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(DROP_TWINS)
        changed: int = cursor.rowcount
        cursor.execute(COUNT)
        cursor.execute(MISSING)
        missing = [word for (word,) in cursor.fetchall()]
        add(missing)
        cursor.execute(SET_COUNTS)
        changed += cursor.rowcount
        cursor.execute("DROP TABLE search_count")
        return changed
