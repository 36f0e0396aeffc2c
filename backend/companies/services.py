"""Writes of the companies domain. A repeat is harmless; every row leaves with its derived columns set."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import cast

from django.db import connection, transaction
from django.db.models import Max

from accounts.models import Branch, User
from audit.models import Source, Verb
from audit.services import log_event
from common.text import has_nul
from companies import records
from companies.models import (
    Company,
    CompanyNote,
    CompanySphere,
    CompanyStatus,
    Contact,
    ContractType,
    EmailAddress,
    EmailType,
    LeadState,
    PhoneNumber,
    PhoneType,
)
from companies.models.notes import MAX_NOTE, NoteType
from companies.models.numbers import MAX_PER_HOLDER
from companies.records import BadRecord
from companies.search import index

Holder = Company | Contact


class TooMany(BadRecord):
    code = "too_many"


@transaction.atomic
def create_company(
    *,
    actor: User | None,
    name: str,
    legal_name: str = "",
    inn: str = "",
    kpp: str = "",
    address: str = "",
    city: str = "",
    website: str = "",
    activity_kind: str = "",
    lead_state: LeadState = LeadState.COLD,
    status: CompanyStatus | None = None,
    spheres: Iterable[CompanySphere] = (),
    contract_type: ContractType | None = None,
    contract_until: date | None = None,
    contract_amount: Decimal | None = None,
    responsible: User | None = None,
    branch: Branch | None = None,
    source: Source = Source.UI,
) -> Company:
    """A new card; without `branch` it belongs to the branch of its responsible. Raises BadRecord."""
    company = Company(
        name=records.clean(name, field="name", longest=255),
        legal_name=records.clean(legal_name, field="legal_name", longest=500),
        address=records.clean(address, field="address", longest=500),
        city=records.clean(city, field="city", longest=120),
        website=records.clean(website, field="website", longest=255),
        activity_kind=records.clean(activity_kind, field="activity_kind", longest=255),
        lead_state=lead_state,
        status=status or CompanyStatus.objects.filter(is_default=True).first(),
        contract_type=contract_type,
        contract_until=contract_until,
        contract_amount=contract_amount,
        responsible=responsible,
        branch=branch or (responsible.branch if responsible else None),
        created_by=actor,
    )
    if not company.name:
        raise BadRecord("Укажите название компании.", field="name")
    records.prepare_requisites(company, inn=inn, kpp=kpp)
    records.prepare_company(company).save()
    company.spheres.set(spheres)
    index.refresh_companies([company.pk])
    log_event(
        actor=actor,
        verb=Verb.CREATE,
        entity_type="company",
        entity_id=company.pk,
        message=f"Компания: {company.name}",
        source=source,
    )
    return company


@transaction.atomic
def add_contact(
    *,
    company: Company,
    last_name: str = "",
    first_name: str = "",
    middle_name: str = "",
    position: str = "",
    note: str = "",
    is_primary: bool = False,
) -> Contact:
    """A new person of the company; the first one is the primary contact. Raises BadRecord."""
    company = lock(company)
    contact = Contact(
        company=company,
        last_name=records.clean(last_name, field="last_name", longest=120),
        first_name=records.clean(first_name, field="first_name", longest=120),
        middle_name=records.clean(middle_name, field="middle_name", longest=120),
        position=records.clean(position, field="position", longest=200),
        note=_text(note, longest=MAX_NOTE),
    )
    if not contact.full_name:
        raise BadRecord("Укажите имя контакта.", field="last_name")
    others = Contact.objects.filter(company=company, deleted_at__isnull=True)
    contact.is_primary = is_primary or not others.filter(is_primary=True).exists()
    if contact.is_primary:
        others.filter(is_primary=True).update(is_primary=False)
    records.prepare_contact(contact).save()
    index.refresh_contacts([contact.pk])
    return contact


@transaction.atomic
def add_phone(
    *,
    holder: Holder,
    raw: str,
    type: PhoneType = PhoneType.WORK,
    comment: str = "",
    is_primary: bool = False,
    actor: User | None = None,
) -> PhoneNumber:
    """A number of the holder; one that is there already is returned. The first one is primary.

    Raises BadPhoneText, TooMany.
    """
    holder = lock(holder)
    number = records.prepare_phone(PhoneNumber(**_holder(holder)), raw, area_code=records.area_code_of(holder, actor))
    known = list(PhoneNumber.objects.filter(**_holder(holder)))
    same = next((p for p in known if _identity(p) == _identity(number)), None)
    if same is None:
        _check_room(len(known), "номеров")
        number.type = type
        number.comment = records.clean(comment, field="comment", longest=255)
        number.order = 1 + max((p.order for p in known), default=-1)
        same = number
    if is_primary or not known:
        PhoneNumber.objects.filter(**_holder(holder), is_primary=True).exclude(pk=same.pk).update(is_primary=False)
        same.is_primary = True
    same.save()
    return same


@transaction.atomic
def add_email(
    *,
    holder: Holder,
    raw: str,
    type: EmailType = EmailType.WORK,
    comment: str = "",
    is_primary: bool = False,
) -> EmailAddress:
    """An address of the holder; one that is there already is returned. Raises BadEmail, TooMany."""
    holder = lock(holder)
    address = records.prepare_email(EmailAddress(**_holder(holder)), raw)
    rows = EmailAddress.objects.filter(**_holder(holder))
    same = rows.filter(norm=address.norm).first()
    count = rows.count()
    if same is None:
        _check_room(count, "адресов")
        address.type = type
        address.comment = records.clean(comment, field="comment", longest=255)
        last: int | None = rows.aggregate(last=Max("order"))["last"]
        address.order = 0 if last is None else last + 1
        same = address
    if is_primary or count == 0:
        rows.filter(is_primary=True).exclude(pk=same.pk).update(is_primary=False)
        same.is_primary = True
    same.save()
    return same


@transaction.atomic
def add_note(
    *,
    actor: User | None,
    company: Company,
    text: str,
    contact: Contact | None = None,
    is_pinned: bool = False,
) -> CompanyNote:
    """A note on the card. Raises BadRecord."""
    body = _text(text, longest=MAX_NOTE)
    if not body:
        raise BadRecord("Напишите текст заметки.", field="text")
    return CompanyNote.objects.create(
        company=hold(company), contact=contact, author=actor, type=NoteType.NOTE, text=body, is_pinned=is_pinned
    )


def lock[H: Holder](holder: H) -> H:
    """Writers of one card stand in a row: «exactly one primary» is a rule over several rows.

    A card that was merged away meanwhile is followed: what comes back is the card that lives on.
    """
    rows = type(holder)._default_manager
    while onward := rows.select_for_update().filter(pk=holder.pk).values_list("merged_into_id", flat=True).first():
        holder = cast("H", rows.get(pk=onward))
    return holder


def hold(company: Company) -> Company:
    """The card that a new row may hang on, kept from being merged away until the transaction ends."""
    share = "SELECT id, merged_into_id FROM companies_company WHERE id = %s FOR SHARE"
    if connection.vendor != "postgresql":
        return company
    found = next(iter(Company.objects.raw(share, [company.pk])), company)
    return company if found.merged_into_id is None else hold(Company.objects.get(pk=found.merged_into_id))


def _holder(holder: Holder) -> dict[str, Holder]:
    return {"company" if isinstance(holder, Company) else "contact": holder}


def _identity(phone: PhoneNumber) -> tuple[str, str]:
    return phone.e164 or phone.raw, phone.ext


def _check_room(count: int, what: str) -> None:
    if count >= MAX_PER_HOLDER:
        raise TooMany(f"Не больше {MAX_PER_HOLDER} {what} у одной записи.")


def _text(text: str, *, longest: int) -> str:
    if has_nul(text):
        raise BadRecord("В тексте недопустимый знак.", field="text")
    if len(text) > longest:
        raise BadRecord(f"Текст длиннее {longest} знаков.", field="text")
    return text.strip()
