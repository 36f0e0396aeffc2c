"""People of a company: added, taken away, made the primary one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from audit.trail import Change, keep_changes
from companies import access, records, services
from companies.edits import effects
from companies.edits.fields import NotFound
from companies.edits.rights import require
from companies.edits.transfer import TARGETS
from companies.edits.values import CONTACT
from companies.merging.policies import relations
from companies.models import Company, Contact
from companies.records import BadRecord
from companies.search import index

NAMES = ("last_name", "first_name", "middle_name", "position", "note")


@transaction.atomic
def new_contact(
    *,
    actor: User,
    company_id: int,
    values: Mapping[str, Any],
    phone: str = "",
    is_primary: bool = False,
    source: Source = Source.UI,
) -> Contact:
    """A person of a company that `actor` may change; with a number, if one was given.

    Raises NotFound, NotAllowed, BadRecord, BadPhoneText.
    """
    company = Company.objects.visible_to(actor).filter(pk=company_id).first()
    if company is None:
        raise NotFound("Не найдено.")
    require(actor, "contact_edit", company)
    draft = Contact()
    for name, value in values.items():
        if name not in CONTACT:
            raise BadRecord(f"Неизвестное поле: {name}.", field=name)
        CONTACT[name].write(draft, value)
    contact = services.add_contact(
        company=company, is_primary=is_primary, **{name: getattr(draft, name) for name in NAMES}
    )
    rest = {name: getattr(draft, name) for name in ("decision_role", "status", "birthday")}
    Contact.objects.filter(pk=contact.pk).update(**rest)
    if phone.strip():
        services.add_phone(holder=contact, raw=phone, actor=actor)
    _trail(company, Change("contacts", None, {"id": contact.pk, "name": contact.full_name}), actor, source)
    return contact


@transaction.atomic
def new_lone_contact(
    *, actor: User, values: Mapping[str, Any], phone: str = "", source: Source = Source.UI
) -> Contact:
    """A person without a company, of `actor` and of the actor's branch; with a number, if one was given.

    Raises BadRecord, BadPhoneText.
    """
    is_seller = actor.effective_role in TARGETS
    contact = Contact(responsible=actor if is_seller else None, branch=actor.branch)
    for name, value in values.items():
        if name not in CONTACT:
            raise BadRecord(f"Неизвестное поле: {name}.", field=name)
        CONTACT[name].write(contact, value)
    if not contact.full_name:
        raise BadRecord("Укажите имя контакта.", field="last_name")
    records.prepare_contact(contact).save()
    if phone.strip():
        services.add_phone(holder=contact, raw=phone, actor=actor)
    index.refresh_contacts([contact.pk])
    _log_alone(contact, Verb.CREATE, "Контакт", actor, source)
    return contact


def _log_alone(contact: Contact, verb: Verb, what: str, actor: User, source: Source) -> None:
    """One of no company has no card whose trail would tell it."""
    message = f"{what}: {contact.full_name}"[:300]
    log_event(actor=actor, verb=verb, entity_type="contact", entity_id=contact.pk, message=message, source=source)


@transaction.atomic
def delete_contact(*, actor: User, contact_id: int, source: Source = Source.UI) -> Contact:
    """To the bin with its numbers; of those left the first becomes primary. Raises NotFound, NotAllowed."""
    contact = locked(actor, contact_id)
    Contact.objects.filter(pk=contact.pk).update(deleted_at=Now(), is_primary=False)
    company = contact.company
    if company is not None:
        others = Contact.objects.filter(company=company, deleted_at__isnull=True)
        if contact.is_primary and (first := others.order_by("last_name", "pk").first()):
            Contact.objects.filter(pk=first.pk).update(is_primary=True)
        _trail(company, Change("contacts", {"id": contact.pk, "name": contact.full_name}, None), actor, source)
    else:
        _log_alone(contact, Verb.DELETE, "Удалён контакт", actor, source)
    index.refresh_contacts([contact.pk])
    return contact


@transaction.atomic
def restore_contact(*, actor: User, contact_id: int, source: Source = Source.UI) -> Contact:
    """Back from the bin, not as the primary one. Raises NotFound, NotAllowed."""
    gone = Contact.objects.filter(deleted_at__isnull=False, merged_into__isnull=True)
    contact = gone.select_related("company").filter(pk=contact_id).first()
    company = contact.company if contact else None
    if contact is not None and company is None:
        return _restore_lone(contact, actor, source)
    if contact is None or company is None or not Company.objects.visible_to(actor).filter(pk=company.pk).exists():
        raise NotFound("Не найдено.")
    require(actor, "contact_edit", company)
    services.lock(company)
    has_primary = Contact.objects.filter(company=company, deleted_at__isnull=True, is_primary=True).exists()
    Contact.objects.filter(pk=contact.pk).update(deleted_at=None, is_primary=not has_primary)
    index.refresh_contacts([contact.pk])
    _trail(company, Change("contacts", None, {"id": contact.pk, "name": contact.full_name}), actor, source)
    return contact


def _restore_lone(contact: Contact, actor: User, source: Source) -> Contact:
    """Who may change such a contact may bring it back; others do not know of it."""
    gone = Contact.objects.filter(access.lone_bin_q(actor), pk=contact.pk)
    if not gone.update(deleted_at=None):
        raise NotFound("Не найдено.")
    index.refresh_contacts([contact.pk])
    _log_alone(contact, Verb.UPDATE, "Возвращён контакт", actor, source)
    return contact


@transaction.atomic
def make_primary(*, actor: User, contact_id: int, source: Source = Source.UI) -> Contact:
    """The person whose name stands first. A repeat changes nothing. Raises NotFound, NotAllowed."""
    contact = locked(actor, contact_id)
    company = contact.company
    if company is None or contact.is_primary:
        return contact
    others = Contact.objects.filter(company=company, is_primary=True, deleted_at__isnull=True)
    old = others.values_list("pk", flat=True).first()
    others.update(is_primary=False)
    Contact.objects.filter(pk=contact.pk).update(is_primary=True)
    contact.is_primary = True
    _trail(company, Change("is_primary", old, contact.pk), actor, source)
    return contact


@transaction.atomic
def join_company(*, actor: User, contact_id: int, company_id: int, source: Source = Source.UI) -> Contact:
    """A person without a company comes to one, with the calls and call-backs of before.

    Raises NotFound, NotAllowed, BadRecord for somebody who has a company already.
    """
    known = Contact.objects.visible_to(actor).filter(pk=contact_id).first()
    if known is not None and known.company_id is not None:
        raise BadRecord("У контакта уже есть компания.", field="company")
    company = _open_to(actor, company_id)
    contact = locked(actor, contact_id)
    if contact.company_id is not None:
        raise BadRecord("У контакта уже есть компания.", field="company")
    left = [Change(name, str(who), None) for name in ("responsible", "branch") if (who := getattr(contact, name))]
    has_primary = Contact.objects.filter(company=company, deleted_at__isnull=True, is_primary=True).exists()
    contact.company, contact.responsible, contact.branch = company, None, None
    contact.is_primary, contact.version = not has_primary, contact.version + 1
    contact.save(update_fields=["company", "responsible", "branch", "is_primary", "version", "updated_at"])
    _bring(contact, company)
    index.refresh_contacts([contact.pk])
    _trail(company, Change("contacts", None, {"id": contact.pk, "name": contact.full_name}), actor, source)
    changes = [Change("company", None, company.name), *left]
    keep_changes(
        actor=actor,
        entity_type="contact",
        entity_id=contact.pk,
        version=contact.version,
        changes=changes,
        source=source,
    )
    _log_alone(contact, Verb.UPDATE, f"Добавлен в компанию «{company.name}»", actor, source)
    return contact


def _open_to(actor: User, company_id: int) -> Company:
    """The card that a person may come to, locked; one that was merged away meanwhile is followed."""
    seen = Company.objects.visible_to(actor)
    known = seen.filter(pk=company_id).first()
    company = seen.filter(pk=services.lock(known).pk).first() if known is not None else None
    if company is None:
        raise NotFound("Не найдено.")
    require(actor, "contact_edit", company)
    return company


def _bring(contact: Contact, company: Company) -> None:
    """What upper rooms hang on a person, and the card shows by its company."""
    for told in relations(Contact):
        is_above = told.model._meta.app_label != Contact._meta.app_label
        if is_above and any(field.name == "company" for field in told.model._meta.get_fields()):
            rows = told.model._default_manager.filter(**{told.field: contact}, company__isnull=True)
            rows.update(company=company, **told.touch)


def locked(actor: User, contact_id: int) -> Contact:
    """A person who may be changed, read behind the lock: the company is locked before its people, as everywhere.

    Raises NotFound, NotAllowed.
    """
    seen = Contact.objects.visible_to(actor).select_related("company").filter(pk=contact_id)
    known = seen.first()
    if known is not None and known.company is not None:
        services.lock(known.company)
    # read anew behind the lock: the row alone would come with what others had before
    Contact.objects.select_for_update().filter(pk=contact_id).values_list("pk").first()
    contact = seen.first() if known is not None else None
    if contact is None:
        raise NotFound("Не найдено.")
    if contact.company is not None and (known is None or known.company_id is None):
        services.lock(contact.company)  # joined meanwhile
    require(actor, "contact_edit", contact)
    return contact


def _trail(company: Company, change: Change, actor: User, source: Source) -> None:
    effects.bump(company)
    effects.leave_trail(company, [change], actor=actor, source=source)
