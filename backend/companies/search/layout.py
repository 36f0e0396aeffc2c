"""What a person meant who typed in the other keyboard layout: «hjvfirf» is «ромашка»."""

from __future__ import annotations

_ENGLISH = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`" + 'QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>~'
_RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбюё" + "ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ"
_TO_RUSSIAN = str.maketrans(_ENGLISH, _RUSSIAN)
# Shift+2 is «@» in one layout and «"» in the other: an address typed in Russian keeps its sign.
_TO_ENGLISH = str.maketrans(_RUSSIAN + '"', _ENGLISH + "@")


def is_russian(text: str) -> bool:
    return any("а" <= letter <= "я" or letter == "ё" for letter in text.lower())


def swap(text: str) -> str:
    """The same keys in the other layout; text with a Cyrillic letter was typed in the Russian one."""
    return text.translate(_TO_ENGLISH if is_russian(text) else _TO_RUSSIAN)
