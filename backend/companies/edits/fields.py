"""Changing fields of a card: two editors lose nothing (rules: docs/architecture.md, «Правки»)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import User
from audit.models import FieldChange, Source
from audit.trail import Change, changes_since
from common.errors import DomainError
from common.requisites import is_inn, is_ogrn
from companies import access, records
from companies.edits import effects, tree
from companies.edits.effects import Card
from companies.edits.merge3 import merge, unit_of
from companies.edits.values import COMPANY, CONTACT, SETS, UNITS, Field, Json, label_of
from companies.models import Company, Contact
from companies.records import BadRecord

LOOKS = 5
HEAD = "head_company"


@dataclass(frozen=True, slots=True)
class Theirs:
    """One field that somebody else has changed: its present value in words, who and when."""

    field: str
    label: str
    shown: str
    value: Json
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Saved:
    """`others` was changed by others since the person's version; `warnings` are worth a look, not a refusal."""

    card: Card
    changed: tuple[str, ...]
    others: tuple[Theirs, ...] = ()
    warnings: tuple[str, ...] = ()


class NotFound(DomainError):
    code = "not_found"
    status = 404


class NotAllowed(DomainError):
    code = "not_allowed"
    status = 403


class Clash(DomainError):
    """Two people changed the same field; nothing is saved, the person chooses.

    `theirs` holds the clashing fields; `others` those that the person left alone and that a form drawn anew under
    `version` has to show as they are now.
    """

    code = "clash"
    status = 409

    def __init__(self, version: int, theirs: list[Theirs], others: tuple[Theirs, ...]) -> None:
        names = ", ".join(f"«{t.label}»" for t in theirs)
        super().__init__(f"Тем временем изменено: {names}. Выберите, что оставить.")
        self.version = version
        self.theirs = {t.field: t for t in theirs}
        self.others = others


class Stale(DomainError):
    """The caller insisted on a version that is not the present one."""

    code = "stale"
    status = 412


class Taken(DomainError):
    """Another card has these INN and KPP; it may be one that the person does not see."""

    code = "taken"
    status = 409


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person wants of one card: plain JSON by field.

    With `base_version` what others have changed since is merged; without one the fields are just written;
    `is_strict` refuses any older version.
    """

    actor: User
    values: Mapping[str, Any]
    base_version: int | None = None
    is_strict: bool = False
    source: Source = Source.UI
    batch: UUID | None = None


def change_company(company_id: int, edit: Edit) -> Saved:
    """Write to a card that the actor may change.

    Raises NotFound, NotAllowed, BadRecord, Clash, Stale, Taken.
    """
    return _change(COMPANY, Company.objects.visible_to(edit.actor), company_id, edit)


def change_contact(contact_id: int, edit: Edit) -> Saved:
    """The same for a person."""
    visible = Contact.objects.visible_to(edit.actor).select_related("company")
    return _change(CONTACT, visible, contact_id, edit)


def _change(table: Mapping[str, Field], visible: QuerySet[Any], pk: int, edit: Edit) -> Saved:
    unknown = sorted(set(edit.values) - set(table))
    if unknown:
        raise BadRecord(f"Неизвестное поле: {unknown[0]}.", field=unknown[0])
    for _ in range(LOOKS):
        card = visible.filter(pk=pk).first()
        if card is None:
            raise NotFound("Не найдено.")
        _check_right(edit.actor, card, edit.values)
        try:
            with transaction.atomic():
                saved = _try(table, card, edit)
        except IntegrityError as error:
            if "company_inn_kpp" in str(error):
                raise taken(edit.actor, card) from error
            raise
        if saved is not None:
            return saved
    raise Stale("Карточку меняют прямо сейчас. Повторите через минуту.")


def _check_right(actor: User, card: Card, values: Mapping[str, Any]) -> None:
    if isinstance(card, Company):
        verdict = access.can(actor, "change", card)
        if verdict.ok and "branch" in values and not access.may_set_branch(actor):
            raise NotAllowed("Филиал меняет управляющий или администратор.", field="branch")
    else:
        verdict = access.can_contact(actor, "contact_edit", card)
    if not verdict.ok:
        raise NotAllowed(verdict.reason, code=verdict.code)


def _try(table: Mapping[str, Field], card: Card, edit: Edit) -> Saved | None:
    """None when somebody wrote between the look and the write: look again."""
    version = card.version
    since = _since(card, edit.base_version)
    if edit.is_strict:
        require_version(card, edit.base_version)
    current = {name: field.read(card) for name, field in table.items()}
    before = {c.field: c.old for c in reversed(since) if c.field in table}
    mine = _cleaned(table, card, edit, known={current.get(HEAD), before.get(HEAD)})
    merged = merge(mine=mine, current=current, before=before, units=UNITS, sets=SETS)
    theirs = {name: _theirs(table[name], edit.actor, card, current[name], since) for name in before}
    others = tuple(theirs[name] for name in merged.others)
    if merged.clashes:
        units = frozenset().union(*(unit_of(name, UNITS) for name in merged.clashes))
        raise Clash(version, [their for name, their in theirs.items() if name in units], others)
    if not merged.write:
        return Saved(card, (), others)
    if not _write(table, card, edit.actor, merged.write, version):
        return None
    changes = [Change(name, current[name], value) for name, value in merged.write.items()]
    effects.leave_trail(card, changes, actor=edit.actor, source=edit.source, batch=edit.batch)
    return Saved(card, tuple(merged.write), others, warnings_of(card) if "inn" in merged.write else ())


def require_version(card: Card, version: int | None) -> None:
    """Refuse any version but the present one. Raises Stale with what was changed since, as far as it is known."""
    if card.version == version:
        return
    since = changes_since(effects.entity_of(card), card.pk, version) if version and version < card.version else []
    changed = [{"field": c.field, "by": _who(c), "at": c.created_at.isoformat()} for c in since]
    raise Stale("Карточка изменилась.", version=card.version, changed=changed)


def _since(card: Card, base_version: int | None) -> list[FieldChange]:
    if base_version is None or base_version >= card.version:
        if base_version is not None and base_version > card.version:
            raise BadRecord("Версия карточки из будущего: обновите страницу.", field="version")
        return []
    return changes_since(effects.entity_of(card), card.pk, base_version)


def _cleaned(table: Mapping[str, Field], card: Card, edit: Edit, known: set[Any]) -> dict[str, Json]:
    """Every value as the row would hold it; the row in hand is a copy that is thrown away.

    `known` are heads that stand there, seen or not: a form sends them back.
    """
    draft = type(card)(pk=card.pk)
    cleaned: dict[str, Json] = {}
    for name, value in edit.values.items():
        if name in SETS:
            cleaned[name] = numbers_in(table[name], value)
            continue
        table[name].write(draft, value)
        cleaned[name] = table[name].read(draft)
        if name == HEAD and isinstance(draft, Company) and draft.head_company_id not in {None, *known}:
            tree.check_seen(actor=edit.actor, head_id=draft.head_company_id or 0)  # before another mistake can speak
    return cleaned


def numbers_in(field: Field, value: Any) -> list[int]:
    """The rows of a dictionary that a set names. Raises BadRecord."""
    assert field.model is not None  # noqa: S101 (typing: sets are sets of dictionary rows)
    if not isinstance(value, list) or any(isinstance(v, bool) or not isinstance(v, int) for v in value):
        raise BadRecord("Здесь ожидается список номеров.", field=field.name)
    wanted = sorted(set(value))
    if field.model._default_manager.filter(pk__in=wanted).count() != len(wanted):
        raise BadRecord("Не найдено.", field=field.name)
    return wanted


def _write(table: Mapping[str, Field], card: Card, actor: User, values: Mapping[str, Json], version: int) -> bool:
    for name, value in values.items():
        table[name].write(card, value)
    columns = [column for name in values for column in table[name].columns]
    if isinstance(card, Company):
        if values.keys() & {"inn", "kpp", "ogrn"}:
            records.check_requisites(card)
            check_digits(card)
        if "head_company" in values:
            tree.check_head(actor=actor, company=card)
        records.prepare_company(card)
        columns += ["folded", "site_host"]
    else:
        records.prepare_contact(card)
        if not card.full_name:
            raise BadRecord("Укажите имя контакта.", field="last_name")
        columns += ["folded"]
    if not effects.write(card, version=version, columns={c: getattr(card, c) for c in columns}):
        return False
    if "spheres" in values and isinstance(card, Company):
        card.spheres.set(values["spheres"])  # type: ignore[arg-type]  # numbers of spheres, checked
    return True


def check_digits(company: Company) -> None:
    """Refuse wrong check digits where the setting says so. Raises BadRecord."""
    warned = warnings_of(company)
    if warned and settings.REQUISITES_CHECK == "block":
        raise BadRecord(warned[0], field="inn")


def warnings_of(card: Card) -> tuple[str, ...]:
    """Check digits that do not hold."""
    if not isinstance(card, Company):
        return ()
    found = []
    if card.inn and not is_inn(card.inn):
        found.append("Контрольная цифра ИНН не сходится: проверьте, нет ли опечатки.")
    if card.inn_raw:
        found.append("ИНН записан не по правилам: нужно 10 или 12 цифр.")
    if card.ogrn and not is_ogrn(card.ogrn):
        found.append("Контрольная цифра ОГРН не сходится: проверьте, нет ли опечатки.")
    return tuple(found)


def taken(actor: User, card: Card) -> Taken:
    """What may be said about the card that has these numbers already."""
    assert isinstance(card, Company)  # noqa: S101 (typing: contacts have no INN)
    other = Company.objects.visible_to(actor).filter(inn=card.inn, kpp=card.kpp, head_company__isnull=True)
    found = other.exclude(pk=card.pk).first()
    if found is None:
        return Taken(
            "Компания с такими ИНН и КПП уже ведётся другим сотрудником. Обратитесь к руководителю.", field="inn"
        )
    return Taken(f"Компания с такими ИНН и КПП уже есть: «{found.name}».", field="inn", company=found.pk)


def _theirs(field: Field, viewer: User, card: Card, value: Json, since: list[FieldChange]) -> Theirs:
    last = next(c for c in reversed(since) if c.field == field.name)
    label, shown = label_of(type(card), field.name), field.show(value, viewer)
    return Theirs(field.name, label, shown, value, _who(last), last.created_at)


def _who(change: FieldChange) -> str:
    return change.actor.label if isinstance(change.actor, User) else "система"
