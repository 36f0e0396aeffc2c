"""What a typed search means: an e-mail, digits of a number or of requisites, words, or words beside digits."""

from __future__ import annotations

from dataclasses import dataclass

from common import phones
from common.text import words
from companies.search.words import look, look_words

MAX_TYPED = 100
MAX_WORDS = 6
MIN_LETTERS = 2
MIN_DIGITS = 4
INN_AND_KPP = 19
TOO_SHORT = "Введите от двух символов."
ONLY_FORM = "Добавьте к правовой форме название."
LABELS = frozenset({"инн", "кпп", "огрн", "огрнип", "тел", "телефон"})


@dataclass(frozen=True, slots=True)
class Asked:
    """`words` must all be there; `digits` belong to a number or to requisites, `numbers` are words made of them.

    `e164` are the digits of the whole number that was typed. `folded` is all of it, for the beginning of a name.
    `hint` says why nothing can be found.
    """

    text: str = ""
    folded: str = ""
    words: tuple[str, ...] = ()
    digits: str = ""
    numbers: tuple[str, ...] = ()
    e164: str = ""
    email: str = ""
    hint: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.digits or self.email)

    @property
    def all_words(self) -> tuple[str, ...]:
        """What a name would have to hold; digits count as words of it."""
        return (self.words + self.numbers)[:MAX_WORDS]

    @property
    def is_mixed(self) -> bool:
        return bool(self.words and self.digits)


def tidy(typed: str) -> str:
    """One line of at most a hundred signs. Cut before and after: NFKC may make a text longer."""
    return phones.clean_text(" ".join(typed[: MAX_TYPED * 2].split()))[:MAX_TYPED].strip()


def parse(typed: str) -> Asked:
    """What `typed` asks for; a text that nothing can answer has a hint (none for an empty one)."""
    text = tidy(typed)
    email = _email(text)
    number = phones.normalise(text)
    if number.e164 and number.ext:
        return Asked(text=text, digits=number.digits, e164=number.digits)
    named, bare = _split(text)
    digits = phones.only_digits(bare)
    if len(digits) < MIN_DIGITS or email:
        named, bare, digits = text, "", ""
    if digits:
        named = " ".join(word for word in named.split() if word.strip(".:№").casefold() not in LABELS)
    kept = tuple(look_words(named))[:MAX_WORDS]
    hint = _hint(text, kept, digits, email)
    if hint:
        return Asked(text=text, hint=hint)
    return Asked(
        text=text,
        folded=look(text),
        words=kept,
        digits=digits,
        numbers=tuple(look_words(bare)),
        e164=phones.normalise(bare).digits if phones.normalise(bare).e164 else "",
        email=email,
    )


def _split(text: str) -> tuple[str, str]:
    """Tokens with a letter, and the others."""
    named = [token for token in text.split() if any(letter.isalpha() for letter in token)]
    return " ".join(named), " ".join(token for token in text.split() if token not in named)


def _email(text: str) -> str:
    """The token with «@», as stored addresses are compared; '' when there is nothing on both its sides."""
    token = next((token for token in text.split() if "@" in token), "").casefold().removeprefix("mailto:")
    token = token.strip("<>,;:()\"'«»")
    return token if token.strip("@") else ""


def _hint(text: str, kept: tuple[str, ...], digits: str, email: str) -> str:
    if digits or email or sum(map(len, kept)) >= MIN_LETTERS or any(word.isdigit() for word in kept):
        return ""
    if not kept and len(words(text)) > 0:
        return ONLY_FORM
    return TOO_SHORT if text else ""
