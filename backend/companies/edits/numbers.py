"""Phones and e-mails of a card, row by row: each change is a new version of whoever holds the row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.db import IntegrityError, transaction

from accounts.models import User
from audit.models import Source
from audit.trail import Change
from common.errors import DomainError
from companies import records, services
from companies.edits import effects
from companies.edits.effects import Card
from companies.edits.fields import NotFound
from companies.edits.rights import require
from companies.models import Company, EmailAddress, EmailType, PhoneNumber, PhoneType
from companies.records import BadRecord

Row = PhoneNumber | EmailAddress


@dataclass(frozen=True, slots=True)
class Line:
    """What people type of one number or address."""

    raw: str
    type: str = "work"
    comment: str = ""
    is_primary: bool = False


class Gone(DomainError):
    """Somebody has deleted the row meanwhile."""

    code = "gone"
    status = 409


class Changed(DomainError):
    """Somebody has changed the row meanwhile; `now` is what stands there."""

    code = "clash"
    status = 409


class Double(BadRecord):
    code = "double"


@transaction.atomic
def add_phone(*, actor: User, holder: Card, line: Line, source: Source = Source.UI) -> PhoneNumber:
    """A new number of a card that `actor` may change; one that is there already is returned."""
    _check(actor, holder)
    kind = phone_type(line.type)
    known = {row.pk: as_json(row) for row in PhoneNumber.objects.filter(**_of(holder))}
    number = services.add_phone(
        holder=holder,
        raw=line.raw,
        type=kind,
        comment=line.comment,
        is_primary=line.is_primary,
        actor=actor,
    )
    if known.get(number.pk) != as_json(number):
        _trail(holder, actor, source, "phones", known.get(number.pk), number)
    return number


@transaction.atomic
def add_email(*, actor: User, holder: Card, line: Line, source: Source = Source.UI) -> EmailAddress:
    """A new address of a card that `actor` may change; one that is there already is returned."""
    _check(actor, holder)
    kind = email_type(line.type)
    known = {row.pk: as_json(row) for row in EmailAddress.objects.filter(**_of(holder))}
    address = services.add_email(
        holder=holder, raw=line.raw, type=kind, comment=line.comment, is_primary=line.is_primary
    )
    if known.get(address.pk) != as_json(address):
        _trail(holder, actor, source, "emails", known.get(address.pk), address)
    return address


def change_phone(
    *, actor: User, phone_id: int, line: Line, base: Line | None = None, source: Source = Source.UI
) -> PhoneNumber:
    """Another number, kind or comment in a row. `base` is what the person saw of it.

    Raises NotFound, NotAllowed, BadPhoneText, Double, Gone, Changed.
    """
    phone_type(line.type)
    return cast("PhoneNumber", _change(PhoneNumber, actor, phone_id, line, base, source))


def change_email(
    *, actor: User, email_id: int, line: Line, base: Line | None = None, source: Source = Source.UI
) -> EmailAddress:
    """The same for an address."""
    email_type(line.type)
    return cast("EmailAddress", _change(EmailAddress, actor, email_id, line, base, source))


def delete_phone(*, actor: User, phone_id: int, source: Source = Source.UI) -> None:
    """Take a number off its card; of those left the first becomes primary. A repeat changes nothing."""
    _delete(PhoneNumber, actor, phone_id, source)


def delete_email(*, actor: User, email_id: int, source: Source = Source.UI) -> None:
    _delete(EmailAddress, actor, email_id, source)


@transaction.atomic
def _change(model: type[Row], actor: User, pk: int, line: Line, base: Line | None, source: Source) -> Row:
    row, holder = _locked(model, actor, pk)
    now = line_of(row)
    if base is not None and base != now and line != now:
        raise Changed(f"Тем временем изменено: сейчас «{now.raw}».", now=now.raw)
    if line == now:
        return row
    old = as_json(row)
    _prepare(row, holder, actor, line)
    if line.is_primary and not row.is_primary:
        _promote(row, holder)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Double("Такой номер или адрес здесь уже есть.", field="raw") from error
    _trail(holder, actor, source, _field(row), old, row)
    return row


@transaction.atomic
def _delete(model: type[Row], actor: User, pk: int, source: Source) -> None:
    row, holder = _locked(model, actor, pk)
    old = as_json(row)
    was_primary = row.is_primary
    row.delete()
    first = model._default_manager.filter(**_of(holder)).order_by("order", "pk").first() if was_primary else None
    if first is not None:
        model._default_manager.filter(pk=first.pk).update(is_primary=True)
    _trail(holder, actor, source, _field(row), old, None)


def _locked(model: type[Row], actor: User, pk: int) -> tuple[Row, Card]:
    """The row with its holder locked: «exactly one primary» is a rule over several rows."""
    row = model._default_manager.select_related("company", "contact__company").filter(pk=pk).first()
    holder = (row.company or row.contact) if row else None
    if row is None or holder is None:
        raise NotFound("Не найдено. Возможно, строку уже удалили.")
    _check(actor, holder)
    services.lock(holder)
    again = cast("Row | None", model._default_manager.filter(pk=pk).first())
    if again is None:
        raise Gone("Строку тем временем удалили.")
    return again, holder


def _check(actor: User, holder: Card) -> None:
    visible = type(holder)._default_manager.visible_to(actor)
    if not visible.filter(pk=holder.pk).exists():
        raise NotFound("Не найдено.")
    require(actor, "phone_edit", holder)


def _prepare(row: Row, holder: Card, actor: User, line: Line) -> None:
    if isinstance(row, PhoneNumber):
        if line.raw != row.raw:
            records.prepare_phone(row, line.raw, area_code=records.area_code_of(holder, actor))
    elif line.raw != row.raw:
        records.prepare_email(row, line.raw)
    row.type = line.type
    row.comment = records.clean(line.comment, field="comment", longest=255)


def _promote(row: Row, holder: Card) -> None:
    type(row)._default_manager.filter(**_of(holder), is_primary=True).update(is_primary=False)
    row.is_primary = True


def phone_type(typed: str) -> PhoneType:
    """Raises BadRecord for an unknown kind."""
    if typed not in PhoneType.values:
        raise BadRecord("Неизвестный вид номера.", field="type")
    return PhoneType(typed)


def email_type(typed: str) -> EmailType:
    """Raises BadRecord for an unknown kind."""
    if typed not in EmailType.values:
        raise BadRecord("Неизвестный вид адреса.", field="type")
    return EmailType(typed)


def _trail(holder: Card, actor: User, source: Source, field: str, old: Any, row: Row | None) -> None:
    effects.bump(holder)
    effects.leave_trail(holder, [Change(field, old, as_json(row) if row else None)], actor=actor, source=source)


def line_of(row: Row) -> Line:
    return Line(row.raw, row.type, row.comment, row.is_primary)


def as_json(row: Row) -> dict[str, Any]:
    """A row as the trail keeps it."""
    return {"id": row.pk, "raw": row.raw, "type": row.type, "comment": row.comment, "is_primary": row.is_primary}


def _field(row: Row) -> str:
    return "phones" if isinstance(row, PhoneNumber) else "emails"


def _of(holder: Card) -> dict[str, Card]:
    return {"company" if isinstance(holder, Company) else "contact": holder}
