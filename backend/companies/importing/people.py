"""People, numbers and addresses that rows add to a card; what is there already is not added again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from common import phones
from companies import records
from companies.importer.people import Person
from companies.importer.reachable import ParsedEmail, ParsedPhone
from companies.importing.places import InPlace
from companies.models import Company, Contact, EmailAddress, PhoneNumber
from companies.models.numbers import MAX_PER_HOLDER
from jobs import bulk

Holder = Company | Contact
Given = Contact | PhoneNumber | EmailAddress
Value = tuple[str, str]


@dataclass(slots=True)
class Held:
    """What a card or a person has, the rows of this chunk included."""

    phones: dict[Value, PhoneNumber] = field(default_factory=dict)
    emails: dict[str, EmailAddress] = field(default_factory=dict)


class Belongings:
    """Numbers, addresses and people of the chunk's cards; new rows are collected for one bulk insert each."""

    def __init__(self, where: InPlace) -> None:
        self.where = where
        self.held: dict[int, Held] = defaultdict(Held)
        self.people: dict[int, dict[str, Contact]] = defaultdict(dict)
        # `held` knows people by their place in memory, which nobody else may get: two may have one name
        self.there: list[Contact] = []
        self.new_contacts: list[tuple[int, Contact]] = []
        self.new_phones: list[tuple[int, PhoneNumber]] = []
        self.new_emails: list[tuple[int, EmailAddress]] = []

    def read(self, companies: Sequence[Company]) -> None:
        """What these cards have already."""
        by_pk = {company.pk: company for company in companies}
        by_pk |= {self.where.place(pk): company for pk, company in by_pk.items()}
        found = Contact.objects.filter(company__any_of=by_pk, deleted_at__isnull=True).order_by("pk")
        contacts = {contact.pk: contact for contact in found}
        contacts |= {pk: contacts.get(self.where.person(pk), person) for pk, person in contacts.items()}
        self.there += contacts.values()
        for contact in contacts.values():
            assert contact.company_id is not None  # noqa: S101 (typing)
            self.people[id(by_pk[contact.company_id])].setdefault(contact.folded, contact)
        for phone in [
            *PhoneNumber.objects.filter(company__any_of=by_pk),
            *PhoneNumber.objects.filter(contact__any_of=contacts),
        ]:
            holder: Holder = by_pk[phone.company_id] if phone.company_id else contacts[phone.contact_id or 0]
            self.held[id(holder)].phones[_value(phone)] = phone
        for email in [
            *EmailAddress.objects.filter(company__any_of=by_pk),
            *EmailAddress.objects.filter(contact__any_of=contacts),
        ]:
            holder = by_pk[email.company_id] if email.company_id else contacts[email.contact_id or 0]
            self.held[id(holder)].emails[email.norm] = email

    def add(
        self,
        n: int,
        company: Company,
        phones: Iterable[ParsedPhone],
        emails: Iterable[ParsedEmail],
        persons: Iterable[Person],
    ) -> tuple[bool, bool]:
        """Give a card what the row holds. (True when something is new, True when something had no room.)"""
        is_new, is_full = self._reach(n, company, phones, emails)
        for person in persons:
            contact, is_made = self._person(n, company, person)
            added, full = self._reach(n, contact, person.phones, person.emails)
            is_new, is_full = is_new or is_made or added, is_full or full
        return is_new, is_full

    def _person(self, n: int, company: Company, person: Person) -> tuple[Contact, bool]:
        draft = records.prepare_contact(
            bulk.maker(Contact)(
                company=company,
                last_name=person.last_name,
                first_name=person.first_name,
                middle_name=person.middle_name,
                position=person.position,
            )
        )
        known = self.people[id(company)]
        found = known.get(draft.folded)
        if found is not None:
            return found, False
        draft.is_primary = not known
        known[draft.folded] = draft
        self.new_contacts.append((n, draft))
        return draft, True

    def _reach(
        self, n: int, holder: Holder, phones: Iterable[ParsedPhone], emails: Iterable[ParsedEmail]
    ) -> tuple[bool, bool]:
        held = self.held[id(holder)]
        is_new = is_full = False
        for said in phones:
            if (said.e164 or said.raw, said.ext) in held.phones:
                continue
            phone = _phone(holder, said)
            # the branch's city code has made a whole number of it
            if _value(phone) in held.phones:
                continue
            if len(held.phones) >= MAX_PER_HOLDER:
                is_full = True
                continue
            phone.is_primary, phone.order = not held.phones, len(held.phones)
            held.phones[_value(phone)] = phone
            self.new_phones.append((n, phone))
            is_new = True
        for email in emails:
            if email.norm in held.emails:
                continue
            if len(held.emails) >= MAX_PER_HOLDER:
                is_full = True
                continue
            held.emails[email.norm] = self._email(n, holder, email, is_first=not held.emails, order=len(held.emails))
            is_new = True
        return is_new, is_full

    def _email(self, n: int, holder: Holder, email: ParsedEmail, *, is_first: bool, order: int) -> EmailAddress:
        domain = email.norm.rpartition("@")[2]
        row: EmailAddress = bulk.maker(EmailAddress)(
            **_of(holder),
            raw=email.raw,
            norm=email.norm,
            domain=domain,
            comment=email.comment[:255],
            is_primary=is_first,
            order=order,
        )
        self.new_emails.append((n, row))
        return row

    def save(self, numbers: bulk.Numbers) -> list[tuple[int, Given]]:
        """What rows have given since the last time is stored, in three inserts: their cards are by now.

        Gives the things, each with the number of its row.
        """
        given: list[tuple[int, Given]] = [*self.new_contacts, *self.new_phones, *self.new_emails]
        contacts = [contact for _, contact in self.new_contacts]
        phones, emails = [phone for _, phone in self.new_phones], [email for _, email in self.new_emails]
        self.there += contacts
        self.new_contacts, self.new_phones, self.new_emails = [], [], []
        numbers.give(Contact, contacts)
        numbers.give(PhoneNumber, phones)
        numbers.give(EmailAddress, emails)
        bulk.follow(contacts, "company")
        bulk.follow([*phones, *emails], "company", "contact")
        self.where.hold(contacts)
        people = (row._state.fields_cache.get("contact") for row in (*phones, *emails))
        self.where.cover_people(person for person in people if person is not None)
        self.where.hold([*phones, *emails])
        bulk.create(Contact, contacts)
        bulk.create(PhoneNumber, phones)
        bulk.create(EmailAddress, emails)
        return given


def _phone(holder: Holder, said: ParsedPhone) -> PhoneNumber:
    row: PhoneNumber = bulk.maker(PhoneNumber)(**_of(holder), type=said.type, comment=said.comment[:255])
    e164 = phones.plain(said.raw)
    if e164:
        row.raw, row.e164, row.digits = said.raw, e164, e164[1:]
    else:
        records.prepare_phone(row, said.raw, area_code=records.area_code_of(holder))
    row.ext = said.ext or row.ext
    return row


def _value(phone: PhoneNumber) -> Value:
    return phone.e164 or phone.raw, phone.ext


def _of(holder: Holder) -> dict[str, Holder]:
    return {"company" if isinstance(holder, Company) else "contact": holder}
