"""E-mail addresses: what was typed, and the form by which two are compared. Needs no settings and no database."""

from __future__ import annotations

import re
from functools import lru_cache

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from common.phones import clean_text

MAX_EMAIL = 254
# how nearly all addresses are written: the library says the same, several times slower
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = re.compile(rf"[a-z0-9_+-]{{1,64}}(?:\.[a-z0-9_+-]{{1,64}}){{0,8}}@(?:{_LABEL}\.){{1,8}}[a-z]{{2,63}}")


class BadAddress(ValueError):
    """`sentence` is for people."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@lru_cache(maxsize=10_000)
def ascii_domain(domain: str) -> str:
    """The domain in ASCII; '' when it is not one."""
    if not domain:
        return ""
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""


def read(raw: str) -> tuple[str, str]:
    """The address as typed and its normal form. Raises BadAddress."""
    if len(raw) <= MAX_EMAIL and "--" not in raw and _PLAIN.fullmatch(raw):
        return raw, raw
    return read_carefully(raw)


def read_carefully(raw: str) -> tuple[str, str]:
    """The same for whatever people paste: capitals, «mailto:», brackets, letters of other scripts."""
    typed = clean_text(raw).strip("<> ")
    if typed.casefold().startswith("mailto:"):
        typed = typed[len("mailto:") :].strip("<> ")
    local, _, domain = typed.casefold().rpartition("@")
    norm = f"{local}@{ascii_domain(domain)}"
    try:
        validate_email(norm)
    except ValidationError as error:
        raise BadAddress("Проверьте адрес: нужен вид имя@домен.ру.") from error
    if len(typed) > MAX_EMAIL or len(norm) > MAX_EMAIL:
        raise BadAddress("Адрес длиннее 254 знаков.")
    return typed, norm
