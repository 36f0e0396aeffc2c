"""The nearest words of cards that the viewer sees, when nothing was found as typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from rapidfuzz.distance import OSA

from accounts.models import User
from companies.search import numbers, vocabulary
from companies.search.candidates import Candidate, Tier, candidate_of
from companies.search.conditions import rows_with
from companies.search.parse import Asked
from companies.search.scope import wanted_marks
from companies.search.words import trigram_pairs

SHORTEST, LONG = 4, 8
MOST_LIKE = 100
BEST = 5
LENGTHS = 2


@dataclass(frozen=True, slots=True)
class Meant:
    """A word that could have been meant, and how many slips away it is."""

    word: str
    slips: int


def allowed_slips(word: str) -> int:
    """None in three letters, one up to seven, two in longer words; digits are never a slip."""
    if len(word) < SHORTEST or any(letter.isdigit() for letter in word):
        return 0
    return 1 if len(word) < LONG else 2


def guess(viewer: User, asked: Asked) -> list[Candidate]:
    """Visible rows that hold, for every typed word, itself or a word near it; `meant` says which. Nearest first.

    The vocabulary knows the words of all cards, so its words count only where a visible row has them.
    """
    if not vocabulary.exists() or not any(map(allowed_slips, asked.words)):
        return []
    near = _near(asked.words)
    if not any(len(group) > 1 for group in near.values()):
        return []
    groups = [[meant.word for meant in near[word]] for word in asked.words]
    rows = rows_with(groups, marks=wanted_marks(viewer))
    parts = numbers.beside_words(rows, viewer, asked) if asked.digits else [rows]
    stage = settings.SEARCH["stage"]
    return [
        _candidate(candidate_of(company, contact, Tier.TYPO), terms, asked, near)
        for part in parts
        for company, contact, terms in part.values_list("company_id", "contact_id", "terms")[:stage]
    ]


def _near(typed: Iterable[str]) -> dict[str, list[Meant]]:
    known = _alike({word for word in typed if allowed_slips(word)})
    return {word: _nearest(word, known) for word in typed}


def _nearest(word: str, known: list[str]) -> list[Meant]:
    limit = allowed_slips(word)
    found = [Meant(word, 0)]
    for other in known if limit else ():
        slips = OSA.distance(word, other, score_cutoff=limit)
        if 0 < slips <= limit:
            found.append(Meant(other, slips))
    return sorted(found, key=lambda meant: (meant.slips, meant.word))[:MOST_LIKE]


def _alike(words: set[str]) -> list[str]:
    """Words of the vocabulary that share four letters in a row with one of these and are about as long; one statement.

    Pairs of neighbouring trigrams inside the index: single ones would bring a third of the vocabulary.
    """
    parts: list[str] = []
    values: list[Any] = []
    for word in sorted(words):
        pairs = trigram_pairs(word)
        parts.append(f"(length(word) BETWEEN %s AND %s AND ({' OR '.join(['trigrams @> %s'] * len(pairs))}))")
        values += [len(word) - LENGTHS, len(word) + LENGTHS, *pairs]
    with connection.cursor() as cursor:
        where = " OR ".join(parts)
        cursor.execute(f"SELECT DISTINCT word FROM search_word WHERE {where}", values)  # noqa: S608 (places only)
        return [word for (word,) in cursor.fetchall()]


def _candidate(candidate: Candidate, terms: str, asked: Asked, near: dict[str, list[Meant]]) -> Candidate:
    held = set(terms.split())
    meant = [next(meant for meant in near[word] if meant.word in held) for word in asked.words]
    candidate.within = sum(word.slips for word in meant)
    candidate.meant = tuple(word.word for word in meant)
    return candidate


def best(visible: list[Candidate], count: int = BEST) -> list[Candidate]:
    """Of the visible candidates those with the nearest words: at most five for each typed word."""
    if not visible:
        return []
    visible = sorted(visible, key=lambda candidate: (candidate.within, candidate.meant))
    kept = [list(dict.fromkeys(words))[:count] for words in zip(*(c.meant for c in visible), strict=True)]
    return [c for c in visible if all(word in words for word, words in zip(c.meant, kept, strict=True))]
