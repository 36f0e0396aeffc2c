"""Refusals of merging."""

from __future__ import annotations

from common.errors import DomainError


class BadMerge(DomainError):
    """These two cards cannot become one."""

    code = "bad_merge"
    status = 409


class Moved(DomainError):
    """One of the cards has changed since the preview: look once more."""

    code = "changed"
    status = 409


class TooBig(DomainError):
    code = "too_big"
    status = 409


class UndoFirst(DomainError):
    """A younger merge stands on this one; `merge` in `extra` is its number."""

    code = "undo_first"
    status = 409


class TooLate(DomainError):
    code = "too_late"
    status = 409
