"""What a typed search means: words of a name, INN, or a telephone number in any form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from django.db.models import Q

from common import phones
from common.text import LEGAL_FORMS, words
from companies.models import PhoneNumber

MAX_TYPED = 100
MAX_WORDS = 6
MIN_LETTERS = 2
MIN_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Search:
    """`words` must all begin a word of the name; `digits` belong to INN or number, `numbers` are words of them.

    `e164` is the number that the digits mean in Russia. `hint` says why nothing can be found.
    """

    words: tuple[str, ...] = ()
    digits: str = ""
    numbers: tuple[str, ...] = ()
    e164: str = ""
    hint: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.words and not self.digits


def parse(typed: str) -> Search:
    """What `typed` asks for; legal forms alone ask for everything."""
    # Cut before and after: NFKC may make the text longer, and nobody types ten thousand characters.
    text = phones.clean_text(typed[: MAX_TYPED * 2])[:MAX_TYPED]
    number = phones.normalise(text)
    if number.e164 and number.ext:
        return Search(digits=number.digits, e164=number.e164)
    tokens = text.split()
    named = [t for t in tokens if any(c.isalpha() for c in t)]
    bare = " ".join(t for t in tokens if t not in named)
    found = words(" ".join(named))
    digits = phones.only_digits(bare)
    if len(digits) < MIN_DIGITS:
        found, digits = found + words(bare), ""
    kept = tuple(w for w in found if w not in LEGAL_FORMS)[:MAX_WORDS]
    if not digits and sum(map(len, kept)) < MIN_LETTERS and not any(w.isdigit() for w in kept):
        is_everything = not kept and (bool(found) or not text)
        return Search(hint="" if is_everything else "Введите от двух букв названия или от четырёх цифр.")
    return Search(
        words=kept,
        digits=digits,
        numbers=tuple(words(bare)) if digits else (),
        e164=number.e164 if not kept else "",
    )


def company_match(search: Search) -> Q:
    """The companies that `search` means, as a condition without joins, so that no row comes twice."""
    if search.hint:
        return Q(pk__in=[])
    conditions = [_begins_word(word) for word in search.words]
    if search.digits:
        conditions.append(_number_match(search))
    return reduce(and_, conditions, Q())


def _begins_word(word: str) -> Q:
    return Q(folded__startswith=word) | Q(folded__contains=f" {word}")


def _number_match(search: Search) -> Q:
    """INN from its beginning, a number of the company or its people from either end, digits in the name."""
    numbers = PhoneNumber.objects.filter(_phone_match(search.digits, search.e164))
    people = numbers.filter(contact__company__isnull=False, contact__deleted_at__isnull=True)
    in_name = reduce(and_, (_begins_word(word) for word in search.numbers), Q()) if search.numbers else Q(pk__in=[])
    return (
        Q(inn__startswith=search.digits)
        | Q(pk__in=numbers.filter(company__isnull=False).values("company_id"))
        | Q(pk__in=people.values("contact__company_id"))
        | in_name
    )


def _phone_match(digits: str, e164: str) -> Q:
    starts = {digits, phones.search_digits(digits)}
    if digits.startswith("8"):
        starts.add("7" + digits[1:])
    if len(digits) <= 10:
        starts.add("7" + digits)
    ends = {phones.search_digits(digits)}
    if e164:
        starts.add(e164[1:])
    return reduce(
        or_,
        [Q(digits__startswith=s) for s in sorted(starts)] + [Q(tail__startswith=e[::-1]) for e in sorted(ends)],
    )
