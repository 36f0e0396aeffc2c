"""Values of the grammar: each kind has one form in which a value is written."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum

MAX_ID = 2**63 - 1
NO_ROW = -1
MAX_TEXT = 200
FIRST_YEAR, LAST_YEAR = 1900, 2999
_RELATIVE = re.compile(r"(-?)0*(\d{1,5})d")
_CODE = re.compile(r"[a-z0-9_]{1,40}")
_NUMBER = re.compile(r"\d{1,14}(\.\d{1,2})?")


class Kind(StrEnum):
    ID = "id"
    CHOICE = "choice"
    TEXT = "text"
    DAY = "day"
    NUMBER = "number"
    FLAG = "flag"
    JOB = "job"


class BadValue(ValueError):
    """What was written is no value; the text is for people."""


def read(kind: Kind, text: str) -> str:
    """`text` in its one form. Raises BadValue."""
    return _READERS[kind](text)


def read_id(text: str) -> int | None:
    """A row's id in an address; None when nothing was said, −1 (finds nothing) when no row can have it."""
    if not text:
        return None
    try:
        return int(_id(text))
    except BadValue:
        return NO_ROW


def day_of(value: str, today: date) -> date:
    """A day of the one form: ISO, `today`, `-30d`, `14d`."""
    if value == "today":
        return today
    if value.endswith("d"):
        return today + timedelta(days=int(value[:-1]))
    return date.fromisoformat(value)


def split(text: str) -> list[str]:
    """Values between commas; a backslash keeps a comma inside its value. Empty ones are left out."""
    values, current, is_escaped = [], "", False
    for sign in text:
        if is_escaped or sign not in ",\\":
            current, is_escaped = current + sign, False
        elif sign == "\\":
            is_escaped = True
        else:
            values.append(current)
            current = ""
    return [value.strip() for value in (*values, current) if value.strip()]


def join(values: tuple[str, ...]) -> str:
    return ",".join(value.replace("\\", "\\\\").replace(",", "\\,") for value in values)


def _id(text: str) -> str:
    if text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= MAX_ID:
        return str(int(text))
    raise BadValue(text)


def _nothing(text: str) -> str:
    raise BadValue(text)


def _text(text: str) -> str:
    if len(text) > MAX_TEXT or not text.isprintable():
        raise BadValue(text)
    return text


def _day(text: str) -> str:
    relative = _RELATIVE.fullmatch(text)
    if text == "today" or (relative and int(relative[2]) == 0):
        return "today"
    if relative and text.isascii() and int(relative[2]) <= 36_500:
        return f"{relative[1]}{int(relative[2])}d"
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadValue(text) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadValue(text)
    return day.isoformat()


def _number(text: str) -> str:
    if not text.isascii() or not _NUMBER.fullmatch(text):
        raise BadValue(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadValue(text) from None
    return f"{number.normalize():f}"


def _job(text: str) -> str:
    """A job, and after «:» an outcome of its rows or the code of a refusal."""
    name, colon, code = text.partition(":")
    try:
        number = uuid.UUID(name)
    except ValueError:
        raise BadValue(text) from None
    if colon and not _CODE.fullmatch(code):
        raise BadValue(text)
    return f"{number}{colon}{code}"


_READERS = {
    Kind.ID: _id,
    Kind.CHOICE: _nothing,
    Kind.TEXT: _text,
    Kind.DAY: _day,
    Kind.NUMBER: _number,
    Kind.FLAG: _nothing,
    Kind.JOB: _job,
}
