"""Words as the search compares them. Pure text; the same for what is stored and for what is typed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from common.text import fold
from companies.models.search import MAX_WORD

# Letters that look alike on a keyboard of the other script: «AО», «OOO», «CТАЛЬ» come so from documents.
_LATIN, _CYRILLIC = "abcehkmoptxy", "авсенкмортху"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
_EDGE = "^^", "$$"


def same_look(folded: str) -> str:
    """Folded text in which Latin letters that look Cyrillic are Cyrillic, in every word: «торlinе» for «topline».

    Nobody sees this form. One alphabet for both scripts keeps prefixes prefixes; a choice by word would not.
    """
    return folded.translate(_TO_CYRILLIC)


def look(text: str) -> str:
    """`text` as it is stored and compared; legal forms are off, «ООО» of Latin letters too.

    Forms go twice: in their own letters, and once the letters look alike.
    """
    if not text:
        return ""
    folded = fold(text)
    alike = same_look(folded)
    return folded if alike == folded else fold(alike)


def look_words(*texts: str) -> list[str]:
    """The words of the texts, each once, in their order; a word longer than the column is cut."""
    return distinct_words(*map(look, texts))


def distinct_words(*looks: str) -> list[str]:
    """The same for texts that are in their stored form already."""
    return list(dict.fromkeys(word[:MAX_WORD] for text in looks for word in text.split()))


def readable(word: str) -> str:
    """A stored word for people: one with a letter that is Latin only was Latin as a whole."""
    return word.translate(_TO_LATIN) if any("a" <= letter <= "z" for letter in word) else word


def trigrams(word: str) -> list[str]:
    """All runs of three letters in their order, edges included: the first one of «ромашка» is «^^р»."""
    edged = f"{_EDGE[0]}{word}{_EDGE[1]}"
    return [edged[place : place + 3] for place in range(len(edged) - 2)]


def trigram_pairs(word: str) -> list[list[str]]:
    """Neighbours among the trigrams: two words that share such a pair share four letters in a row."""
    found = trigrams(word)
    return [list(pair) for pair in pairwise(found)]


def holds(terms: Iterable[str], word: str) -> bool:
    """Whether one of the words begins with `word`."""
    return any(term.startswith(word) for term in terms)
