"""A contact as programs send it: fields, numbers, the mark, the first place; one of a company or of none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from django.db import transaction

from accounts.models import User
from audit.models import Source
from companies import services
from companies.edits import people, rows
from companies.edits.fields import Edit, NotFound, change_contact, require_version
from companies.edits.values import CONTACT
from companies.edits.whole import Sent, check_names
from companies.models import Company, Contact
from companies.records import BadRecord

FIELDS = frozenset(CONTACT)
WRITABLE = FIELDS | rows.NAMES | {"company", "is_primary", "is_cold_call", "cold_reason"}


def change_whole_contact(contact_id: int, sent: Sent) -> Contact:
    """Write what the body names. Raises NotFound, NotAllowed, BadRecord, Stale, AliasConflict, NeedsVersion."""
    check_names(sent.body, WRITABLE)
    with transaction.atomic():
        _lock_company(contact_id, sent)
        contact = people.locked(sent.actor, contact_id)
        if sent.version is not None:
            require_version(contact, sent.version)
        if "company" in sent.body and sent.body["company"] != contact.company_id:
            _join(contact, sent)
        fields = {name: value for name, value in sent.body.items() if name in FIELDS}
        if fields:
            change_contact(contact.pk, Edit(sent.actor, fields, source=sent.source))
        contact.refresh_from_db()
        _write_rest(contact, sent)
    return contact


def new_whole_contact(sent: Sent) -> Contact:
    """A person of a company that the actor may change, with numbers. Raises NotAllowed, BadRecord, AliasConflict."""
    check_names(sent.body, WRITABLE)
    company_id = sent.body.get("company")
    fields = {name: value for name, value in sent.body.items() if name in FIELDS}
    with transaction.atomic():
        if company_id is None:
            contact = people.new_lone_contact(actor=sent.actor, values=fields, source=sent.source)
        else:
            contact = _in_company(sent, company_id, fields)
        _write_rest(contact, sent)
    return contact


def delete_whole_contact(*, actor: User, contact_id: int, version: int | None, source: Source) -> None:
    """To the bin. Raises NotFound, NotAllowed, Stale."""
    with transaction.atomic():
        contact = people.locked(actor, contact_id)
        if version is not None:
            require_version(contact, version)
        people.delete_contact(actor=actor, contact_id=contact.pk, source=source)


def _is_number(sent: Any) -> TypeGuard[int]:
    """JSON's true is no number."""
    return isinstance(sent, int) and not isinstance(sent, bool)


def _lock_company(contact_id: int, sent: Sent) -> None:
    """The company to which somebody of none comes is locked before the person, as everywhere."""
    company_id = sent.body.get("company")
    if not _is_number(company_id):
        return
    if not Contact.objects.filter(pk=contact_id, company__isnull=True).exists():
        return
    company = Company.objects.visible_to(sent.actor).filter(pk=company_id).first()
    if company is not None:
        services.lock(company)


def _join(contact: Contact, sent: Sent) -> None:
    """One of no company comes to a company; from one to another nobody goes."""
    company_id = sent.body["company"]
    if contact.company_id is not None:
        raise BadRecord("Контакт не переносится в другую компанию.", field="company")
    if not _is_number(company_id):
        raise BadRecord("Не найдено.", field="company")
    try:
        people.join_company(actor=sent.actor, contact_id=contact.pk, company_id=company_id, source=sent.source)
    except NotFound as error:
        raise BadRecord("Не найдено.", field="company") from error


def _in_company(sent: Sent, company_id: Any, fields: Mapping[str, Any]) -> Contact:
    """An invisible company, a missing one and what is no number give the same words."""
    if not _is_number(company_id):
        raise BadRecord("Не найдено.", field="company")
    try:
        return people.new_contact(actor=sent.actor, company_id=company_id, values=fields, source=sent.source)
    except NotFound as error:
        raise BadRecord("Не найдено.", field="company") from error


def _write_rest(contact: Contact, sent: Sent) -> None:
    body = sent.body
    rows.write_rows(actor=sent.actor, holder=contact, body=body, may_drop=sent.may_drop, source=sent.source)
    if "is_primary" in body and body["is_primary"] is not contact.is_primary:
        if body["is_primary"] is not True or contact.company_id is None:
            raise BadRecord("Основным контакт становится вместо другого: назначьте того.", field="is_primary")
        people.make_primary(actor=sent.actor, contact_id=contact.pk, source=sent.source)
    if "is_cold_call" in body:
        contact.refresh_from_db()
        rows.set_cold(
            actor=sent.actor,
            target=contact,
            wanted=body["is_cold_call"],
            reason=body.get("cold_reason"),
            source=sent.source,
        )
