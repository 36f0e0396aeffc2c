"""Phones and e-mails of two cards: equal ones become one row, the others follow; the winner's primary one stays."""

from __future__ import annotations

from typing import Any

from companies.edits.numbers import Row
from companies.merging.log import Log
from companies.merging.rows import dump
from companies.models import EmailAddress, PhoneNumber

MAX_COMMENT = 255
COLD = ("cold_marked_at", "cold_marked_by_id", "cold_marked_call")
RESULT = ("last_result_at", "last_result")


def identity(row: Row) -> tuple[str, str]:
    """What makes two rows of one card the same."""
    if isinstance(row, PhoneNumber):
        return row.e164 or row.raw, row.ext
    return row.norm, ""


def join(log: Log, model: type[Row], field: str, winner_id: int, loser_id: int) -> None:
    """Bring the loser's rows to the winner; a joined row leaves whole into the log."""
    rows = model._base_manager
    known = {identity(row): row for row in rows.filter(**{field: winner_id})}
    last = max((row.order for row in known.values()), default=-1)
    has_primary = any(row.is_primary for row in known.values())
    for row in rows.filter(**{field: loser_id}).order_by("order", "pk"):
        same = known.get(identity(row))
        if same is not None:
            log.dropped(row)
            row.delete()
            _merge_into(log, same, row)
            continue
        last += 1
        new = {f"{field}_id": winner_id, "order": last, "is_primary": row.is_primary and not has_primary}
        write(log, row, new)
        known[identity(row)] = row


def write(log: Log, row: Row, new: dict[str, Any]) -> None:
    """Columns of one row, with what stood there before in the log."""
    old = dump(row, new)
    for name, value in new.items():
        setattr(row, name, value)
    type(row)._base_manager.filter(pk=row.pk).update(**new)
    log.changed(row, old)


def _merge_into(log: Log, same: Row, row: Row) -> None:
    new: dict[str, Any] = {}
    comment = "; ".join(dict.fromkeys(filter(None, (same.comment, row.comment))))
    if comment != same.comment and len(comment) <= MAX_COMMENT:
        new["comment"] = comment
    if isinstance(same, PhoneNumber) and isinstance(row, PhoneNumber):
        new |= _phone_facts(same, row)
    elif isinstance(same, EmailAddress) and isinstance(row, EmailAddress):
        for name in ("bounced_at", "unsubscribed_at"):
            if getattr(same, name) is None and getattr(row, name) is not None:
                new[name] = getattr(row, name)
    if new:
        write(log, same, new)


def _phone_facts(same: PhoneNumber, row: PhoneNumber) -> dict[str, Any]:
    """The earliest mark and the latest result of a call."""
    new: dict[str, Any] = {}
    if row.cold_marked_at and (not same.cold_marked_at or row.cold_marked_at < same.cold_marked_at):
        new |= {name: getattr(row, name) for name in COLD}
    if row.last_result_at and (not same.last_result_at or row.last_result_at > same.last_result_at):
        new |= {name: getattr(row, name) for name in RESULT}
    return new
