"""Check digits of Russian company numbers (inventory 4.1)."""

from __future__ import annotations

import re

KPP_PATTERN = r"^\d{4}[0-9A-Z]{2}\d{3}$"

_W10 = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_W11 = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_W12 = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def _check(digits: str, weights: tuple[int, ...]) -> int:
    return sum(w * int(d) for w, d in zip(weights, digits, strict=False)) % 11 % 10


def complete_inn(nine: str) -> str:
    """A 10-digit INN from its first nine digits."""
    return nine + str(_check(nine, _W10))


def is_inn(text: str) -> bool:
    """True for an INN of 10 or 12 digits whose check digits hold; all-equal digits and region 00 are refused."""
    if not re.fullmatch(r"\d{10}|\d{12}", text) or len(set(text)) == 1 or text.startswith("00"):
        return False
    if len(text) == 10:
        return int(text[9]) == _check(text, _W10)
    return int(text[10]) == _check(text, _W11) and int(text[11]) == _check(text, _W12)


def is_kpp(text: str) -> bool:
    """True for nine characters NNNNPPXXX; a KPP has no check digit."""
    return re.fullmatch(KPP_PATTERN, text) is not None


def is_ogrn(text: str) -> bool:
    """True for an OGRN of 13 or an OGRNIP of 15 digits."""
    if re.fullmatch(r"[1-9]\d{12}", text):
        return int(text[12]) == int(text[:12]) % 11 % 10
    if re.fullmatch(r"[34]\d{14}", text):
        return int(text[14]) == int(text[:14]) % 13 % 10
    return False
