"""A card as programs send it: fields, numbers, owner, state and primary contact of one body, all or nothing.

The names are those of the answers; every part goes through the service that pages use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.models import Source
from common.phones import clean_text
from companies.edits import deletion, people, requests, rows, transfer, tree
from companies.edits.create import new_company
from companies.edits.fields import Edit, change_company, change_contact, require_version
from companies.edits.rights import company_for
from companies.edits.rows import AliasConflict
from companies.edits.values import COMPANY
from companies.importer.people import parse_person
from companies.models import Company, Contact, ContractType, LeadState
from companies.records import BadRecord

FIELDS = frozenset(COMPANY) - {"responsible"}
PERSON = ("contact_name", "contact_position")
WRITABLE = FIELDS | rows.NAMES | {*PERSON, "responsible", "lead_state", "is_cold_call"}


@dataclass(frozen=True, slots=True)
class Sent:
    """What a program wants of a card. With `version` it insists on that one; `may_drop`: rows left out may go."""

    actor: User
    body: Mapping[str, Any]
    version: int | None = None
    may_drop: bool = True
    source: Source = Source.API


def change_whole_company(company_id: int, sent: Sent) -> Company:
    """Write what the body names; the owner last, because with him the right to write may go.

    Raises NotFound, NotAllowed, BadRecord, Stale, Taken, BadTarget, AliasConflict, NeedsVersion.
    """
    check_names(sent.body, WRITABLE)
    with transaction.atomic():
        if "head_company" in sent.body:
            tree.lock_tree()
        company = company_for(sent.actor, "change", company_id)
        if sent.version is not None:
            require_version(company, sent.version)
        actor, source = sent.actor, sent.source
        fields = _fields(sent.body)
        if fields.get("branch", 0) == company.branch_id:
            del fields["branch"]  # a body that repeats it asks for nothing, and few may ask
        if fields:
            change_company(company.pk, Edit(actor, fields, source=source))
        company.refresh_from_db()
        rows.write_rows(holder=company, body=sent.body, may_drop=sent.may_drop, actor=actor, source=source)
        _write_person(company, sent)
        state = _state(sent.body)
        if state is not None and state != company.lead_state:
            requests.set_lead_state(company_id=company.pk, state=state, actor=actor, source=source)
        _hand_over(company, sent)
    return company


def new_whole_company(sent: Sent, *, allow_duplicates: bool) -> Company:
    """A card with its numbers and its primary contact. Raises what new_company raises, and AliasConflict."""
    check_names(sent.body, WRITABLE)
    body = sent.body
    responsible = body.get("responsible")
    owner = _person(responsible) if responsible is not None else None
    draft = Company(branch=(owner or sent.actor).branch)
    phones, emails, marked = rows.read_lines(actor=sent.actor, holder=draft, body=body)
    fields = _fields(body)
    branch = fields.pop("branch", None)
    with transaction.atomic():
        company = new_company(
            actor=sent.actor,
            values=fields,
            responsible=owner,
            lead_state=_state(body) or LeadState.COLD,
            phones=phones,
            emails=emails,
            allow_duplicates=allow_duplicates,
            source=sent.source,
        )
        rows.mark_new(actor=sent.actor, holder=company, said=marked, source=sent.source)
        if branch is not None and branch != company.branch_id:
            change_company(company.pk, Edit(sent.actor, {"branch": branch}, source=sent.source))
        _write_person(company, sent)
    return company


def delete_whole_company(*, actor: User, company_id: int, reason: str, version: int | None, source: Source) -> None:
    """To the bin. Raises NotFound, NotAllowed, Stale, BadRecord (no reason)."""
    with transaction.atomic():
        company = company_for(actor, "delete", company_id)
        if version is not None:
            require_version(company, version)
        deletion.delete_company(actor=actor, company_id=company.pk, reason=reason, source=source)


def check_names(body: Mapping[str, Any], writable: frozenset[str]) -> None:
    unknown = sorted(body.keys() - writable)
    if unknown:
        raise BadRecord(f"Такого поля нет, или его нельзя записать: {unknown[0][:60]}.", field=unknown[0][:60])


def _fields(body: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in body.items() if name in FIELDS}
    if isinstance(fields.get("contract_type"), str) and fields["contract_type"]:
        code = fields["contract_type"].lower()
        kind = None if "\x00" in code else ContractType.objects.filter(code=code).first()
        if kind is None:
            raise BadRecord("Не найдено.", field="contract_type")
        fields["contract_type"] = kind.pk
    elif fields.get("contract_type") not in (None, ""):
        raise BadRecord("Здесь ожидается код вида договора.", field="contract_type")
    return fields


def _state(body: Mapping[str, Any]) -> LeadState | None:
    """`is_cold_call` of a company is its state by another name."""
    state = body.get("lead_state")
    if "lead_state" in body and (not isinstance(state, str) or state.lower() not in LeadState.values):
        raise BadRecord("Состояние — cold или warm.", field="lead_state")
    named = LeadState(state.lower()) if isinstance(state, str) else None
    if "is_cold_call" not in body:
        return named
    if not isinstance(body["is_cold_call"], bool):
        raise BadRecord("Поле is_cold_call — true или false.", field="is_cold_call")
    meant = LeadState.COLD if body["is_cold_call"] else LeadState.WARM
    if named is not None and named != meant:
        raise AliasConflict("Поля is_cold_call и lead_state говорят разное.", field="is_cold_call")
    return meant


def _write_person(company: Company, sent: Sent) -> None:
    """The primary contact by name and position; an empty name deletes nobody."""
    said = {name: _words(sent.body[name], name) for name in PERSON if sent.body.get(name) is not None}
    primary = Contact.objects.filter(company=company, deleted_at__isnull=True, is_primary=True).first()
    values: dict[str, str] = {}
    name = said.get("contact_name", "")
    if name and (primary is None or name != primary.full_name):
        person = parse_person(name)
        values = {"last_name": person.last_name, "first_name": person.first_name, "middle_name": person.middle_name}
    position = said.get("contact_position")
    if position is not None and position != (primary.position if primary else ""):
        values["position"] = position
    if not values:
        return
    if primary is not None:
        change_contact(primary.pk, Edit(sent.actor, values, source=sent.source))
    elif not name:
        raise BadRecord("Чтобы записать должность, укажите имя контакта.", field="contact_name")
    else:
        people.new_contact(actor=sent.actor, company_id=company.pk, values=values, is_primary=True, source=sent.source)


def _hand_over(company: Company, sent: Sent) -> None:
    to = sent.body.get("responsible", company.responsible_id)
    if to == company.responsible_id and not isinstance(to, bool):
        return
    if to is None:
        raise BadRecord("Убрать ответственного нельзя: передайте компанию.", field="responsible")
    transfer.transfer_company(actor=sent.actor, company_id=company.pk, to_id=_person(to).pk, source=sent.source)


def _person(pk: Any) -> User:
    """A person by number; a missing one and what is no number give the same words."""
    is_number = isinstance(pk, int) and not isinstance(pk, bool)
    person = User.objects.select_related("branch").filter(pk=pk).first() if is_number else None
    if person is None:
        raise BadRecord("Не найдено.", field="responsible")
    return person


def _words(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise BadRecord("Здесь ожидается текст.", field=name)
    return clean_text(value)
