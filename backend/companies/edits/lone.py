"""People of no company: whoever writes them down is their owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from companies import records
from companies.edits import people
from companies.edits.transfer import TARGETS
from companies.edits.values import CONTACT
from companies.models import Contact
from companies.records import BadRecord
from companies.search import index


@transaction.atomic
def new_lone_contact(*, actor: User, values: Mapping[str, Any], source: Source = Source.UI) -> Contact:
    """A person without a company, owned by `actor` where the role owns cards at all. Raises BadRecord."""
    owner = actor if actor.effective_role in TARGETS else None
    contact = Contact(responsible=owner, branch=actor.branch)
    for name, value in values.items():
        if name not in CONTACT:
            raise BadRecord(f"Неизвестное поле: {name}.", field=name)
        CONTACT[name].write(contact, value)
    if not contact.full_name:
        raise BadRecord("Укажите имя контакта.", field="last_name")
    records.prepare_contact(contact).save(force_insert=True)
    index.refresh_contacts([contact.pk])
    _log(contact, Verb.CREATE, f"Контакт: {contact.full_name}", actor, source)
    return contact


@transaction.atomic
def delete_lone_contact(*, actor: User, contact: Contact, source: Source = Source.UI) -> None:
    """To the bin. Raises NotFound, NotAllowed."""
    people.delete_contact(actor=actor, contact_id=contact.pk, source=source)
    _log(contact, Verb.DELETE, f"Удалён контакт: {contact.full_name}", actor, source)


def _log(contact: Contact, verb: Verb, message: str, actor: User, source: Source) -> None:
    log_event(
        actor=actor, verb=verb, entity_type="contact", entity_id=contact.pk, message=message[:300], source=source
    )
