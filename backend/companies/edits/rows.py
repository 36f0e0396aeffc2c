"""Numbers and addresses of a card as one list, and the first of them as one value (`phone`, `email`).

A list is the whole: rows with `id` (or with a value that stands there) are changed, others are new, and those
left out go. A single value makes its row the primary one; an empty one deletes the primary row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from audit.models import Source
from common.errors import DomainError
from companies import records
from companies.edits import marks, numbers
from companies.edits.effects import Card
from companies.edits.numbers import Line, Row
from companies.edits.values import text_of
from companies.models import Company, EmailAddress, PhoneNumber
from companies.models.numbers import MAX_PER_HOLDER
from companies.records import BadRecord

TEXTS = ("raw", "type", "comment")
WRITABLE = frozenset({"id", *TEXTS, "is_primary", "is_cold_call", "cold_reason"})


class AliasConflict(DomainError):
    """`phone` and `phones` of one body say different things."""

    code = "alias_conflict"


class NeedsVersion(DomainError):
    """What is lost for good may be lost only by whoever has seen the present state."""

    code = "precondition_required"
    status = 428


@dataclass(frozen=True, slots=True)
class Kind:
    """A table of rows: the names of the list and of its first value, how a row is added, changed and deleted."""

    many: str
    one: str
    model: type[Row]
    add: Callable[..., Row]
    change: Callable[..., Row]
    delete: Callable[..., None]
    identity: Callable[[str, Card, User], tuple[str, ...]]
    type_of: Callable[[str], str]


def _number(raw: str, holder: Card, actor: User) -> tuple[str, ...]:
    found = records.prepare_phone(PhoneNumber(), raw, area_code=records.area_code_of(holder, actor))
    return found.e164 or found.raw, found.ext


def _address(raw: str, holder: Card, actor: User) -> tuple[str, ...]:
    return (records.prepare_email(EmailAddress(), raw).norm,)


def _change_phone(*, row_id: int, **said: Any) -> Row:
    return numbers.change_phone(phone_id=row_id, **said)


def _change_email(*, row_id: int, **said: Any) -> Row:
    return numbers.change_email(email_id=row_id, **said)


def _delete_phone(*, row_id: int, **said: Any) -> None:
    numbers.delete_phone(phone_id=row_id, **said)


def _delete_email(*, row_id: int, **said: Any) -> None:
    numbers.delete_email(email_id=row_id, **said)


KINDS = (
    Kind("phones", "phone", PhoneNumber, numbers.add_phone, _change_phone, _delete_phone, _number, numbers.phone_type),
    Kind(
        "emails", "email", EmailAddress, numbers.add_email, _change_email, _delete_email, _address, numbers.email_type
    ),
)
NAMES = frozenset(name for kind in KINDS for name in (kind.many, kind.one))


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row of a body: `row` is the one that stands there, None for a new one."""

    said: Mapping[str, Any]
    line: Line
    row: Row | None


def write_rows(*, actor: User, holder: Card, body: Mapping[str, Any], may_drop: bool, source: Source) -> None:
    """Bring numbers and addresses to what `body` says; the caller holds the card's lock and a transaction.

    Raises BadRecord, AliasConflict, NeedsVersion (rows are left out and not `may_drop`), NotAllowed.
    """
    for kind in KINDS:
        if kind.many in body:
            wanted = _wanted(kind, actor, holder, body[kind.many])
            if kind.one in body:
                _agree(kind, actor, holder, wanted, body[kind.one])
            _sync(kind, actor, holder, wanted, may_drop, source)
        elif kind.one in body:
            _first(kind, actor, holder, text_of(body[kind.one], kind.one), source)


def read_lines(
    *, actor: User, holder: Card, body: Mapping[str, Any]
) -> tuple[tuple[Line, ...], tuple[Line, ...], list[Mapping[str, Any]]]:
    """Numbers and addresses of a card that is not saved yet, and what the body says of its numbers."""
    found: dict[str, tuple[Line, ...]] = {}
    for kind in KINDS:
        said = [] if body.get(kind.many) is None else body[kind.many]
        wanted = _wanted(kind, actor, holder, said)
        one = text_of(body.get(kind.one), kind.one)
        if kind.one in body and wanted:
            _agree(kind, actor, holder, wanted, one)
        elif one:
            wanted = [Wanted({}, Line(one, is_primary=True), None)]
        found[kind.many] = tuple(each.line for each in wanted)
    return found["phones"], found["emails"], list(body.get("phones") or [])


def mark_new(*, actor: User, holder: Card, said: list[Mapping[str, Any]], source: Source) -> None:
    """The cold marks of numbers that were made with their card."""
    cold = {_number(row["raw"], holder, actor) for row in said if row.get("is_cold_call")}
    for number in PhoneNumber.objects.filter(**_of(holder)) if cold else ():
        if (number.e164 or number.raw, number.ext) in cold:
            marks.mark_cold(actor=actor, target=number, source=source)


def _wanted(kind: Kind, actor: User, holder: Card, said: Any) -> list[Wanted]:
    if not isinstance(said, list):
        raise BadRecord("Здесь ожидается список.", field=kind.many)
    if len(said) > MAX_PER_HOLDER:
        raise BadRecord(f"Не больше {MAX_PER_HOLDER} строк у одной записи.", field=kind.many)
    rows = list(kind.model._default_manager.filter(**_of(holder))) if holder.pk else []
    found = [_read(kind, actor, holder, rows, one) for one in said]
    named = [one.row.pk for one in found if one.row is not None]
    if len(set(named)) != len(named):
        raise BadRecord("Одна строка названа дважды.", field=kind.many)
    if sum(one.line.is_primary for one in found) > 1:
        raise BadRecord("Основной может быть одна строка.", field=kind.many)
    return found


def _read(kind: Kind, actor: User, holder: Card, rows: list[Row], said: Any) -> Wanted:
    if not isinstance(said, dict):
        raise BadRecord("Строка списка — объект с полем raw.", field=kind.many)
    unknown = sorted(said.keys() - WRITABLE - _columns(kind))
    if unknown:
        raise BadRecord(f"Неизвестное поле: {str(unknown[0])[:60]}.", field=kind.many)
    row = _named(kind, rows, said["id"]) if said.get("id") is not None else _same(kind, actor, holder, rows, said)
    now = numbers.line_of(row) if row else Line("", type="work")
    texts = {name: text_of(said[name], kind.many) if name in said else getattr(now, name) for name in TEXTS}
    for name in ("is_primary", "is_cold_call"):
        if not isinstance(said.get(name, False), bool):
            raise BadRecord(f"Поле {name} — true или false.", field=kind.many)
    line = Line(texts["raw"], texts["type"] or "work", texts["comment"], bool(said.get("is_primary", False)))
    kind.type_of(line.type)
    if row is None:
        kind.identity(line.raw, holder, actor)  # refuses what no row could hold before anything is written
    return Wanted(said, line, row)


def _columns(kind: Kind) -> set[str]:
    """What the answer says of a row and a body may repeat; only WRITABLE is read of it."""
    columns = {field.name for field in kind.model._meta.fields}
    return columns | {"shown", "do_not_call"}


def _named(kind: Kind, rows: list[Row], pk: Any) -> Row:
    row = next((row for row in rows if not isinstance(pk, bool) and row.pk == pk), None)
    if row is None:
        raise BadRecord("Такой строки у карточки нет.", field=kind.many)
    return row


def _same(kind: Kind, actor: User, holder: Card, rows: list[Row], said: Mapping[str, Any]) -> Row | None:
    """The row that stands there with this value: a body without ids may be sent twice."""
    typed = kind.identity(text_of(said.get("raw"), kind.many), holder, actor)
    return next((row for row in rows if kind.identity(row.raw, holder, actor) == typed), None)


def _agree(kind: Kind, actor: User, holder: Card, wanted: list[Wanted], said: Any) -> None:
    """`phone` beside `phones` must be the row that the list makes the primary one."""
    one = text_of(said, kind.one)
    marked = [each for each in wanted if each.line.is_primary]
    standing = [each for each in wanted if each.row is not None and each.row.is_primary]
    first = next(iter(marked or standing or wanted), None)
    is_same = not one if first is None else bool(one) and _is_same(kind, actor, holder, one, first.line.raw)
    if not is_same:
        raise AliasConflict(f"Поля {kind.one} и {kind.many} говорят разное.", field=kind.one)


def _is_same(kind: Kind, actor: User, holder: Card, one: str, other: str) -> bool:
    return kind.identity(one, holder, actor) == kind.identity(other, holder, actor)


def _sync(kind: Kind, actor: User, holder: Card, wanted: list[Wanted], may_drop: bool, source: Source) -> None:
    kept = {one.row.pk for one in wanted if one.row is not None}
    gone = kind.model._default_manager.filter(**_of(holder)).exclude(pk__in=kept)
    numbers_gone = list(gone.values_list("pk", flat=True))
    if numbers_gone and not may_drop:
        raise NeedsVersion("Чтобы убрать строки, пришлите If-Match.", field=kind.many)
    for pk in numbers_gone:
        kind.delete(actor=actor, row_id=pk, source=source)
    for one in wanted:
        if one.row is None:
            holder.refresh_from_db(fields=["version"])  # the rows above were written through other copies of it
            row = kind.add(actor=actor, holder=holder, line=one.line, source=source)
        else:
            row = _changed(kind, actor, one, source)
        _cold(actor, row, one.said, source)


def _changed(kind: Kind, actor: User, one: Wanted, source: Source) -> Row:
    """A row that stays primary is not asked to become so; nobody can ask it to stop."""
    assert one.row is not None  # noqa: S101 (typing)
    now = kind.model._default_manager.get(pk=one.row.pk)
    line = Line(one.line.raw, one.line.type, one.line.comment, one.line.is_primary or now.is_primary)
    return kind.change(actor=actor, row_id=now.pk, line=line, source=source)


def _cold(actor: User, row: Row, said: Mapping[str, Any], source: Source) -> None:
    if not isinstance(row, PhoneNumber) or "is_cold_call" not in said:
        return
    set_cold(actor=actor, target=row, wanted=said["is_cold_call"], reason=said.get("cold_reason"), source=source)


def set_cold(*, actor: User, target: marks.Target, wanted: Any, reason: Any, source: Source) -> None:
    """The mark as a field: true marks, false takes the mark off with a reason. Raises BadRecord, NotAllowed."""
    if not isinstance(wanted, bool):
        raise BadRecord("Поле is_cold_call — true или false.", field="is_cold_call")
    if wanted and not target.is_cold_call:
        marks.mark_cold(actor=actor, target=target, source=source)
    elif not wanted and target.is_cold_call:
        marks.reset_cold(actor=actor, target=target, reason=text_of(reason, "cold_reason"), source=source)


def _first(kind: Kind, actor: User, holder: Card, one: str, source: Source) -> None:
    primary = kind.model._default_manager.filter(**_of(holder), is_primary=True).first()
    if not one:
        if primary is not None:
            kind.delete(actor=actor, row_id=primary.pk, source=source)
    elif primary is None or primary.raw != one:
        holder.refresh_from_db(fields=["version"])
        kind.add(actor=actor, holder=holder, line=Line(one, is_primary=True), source=source)


def _of(holder: Card) -> dict[str, Card]:
    return {"company" if isinstance(holder, Company) else "contact": holder}
