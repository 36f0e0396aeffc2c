"""One card: the company with its numbers, addresses and people."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User
from companies.models import Company, CompanySphere, Contact, EmailAddress, PhoneNumber
from companies.selectors.numbers import PhoneLine, phone_line, stopped_numbers


@dataclass(frozen=True, slots=True)
class ContactLine:
    contact: Contact
    phones: list[PhoneLine]
    emails: list[EmailAddress]


@dataclass(frozen=True, slots=True)
class CompanyCard:
    """`phones` holds the company's own numbers first, then those of its people."""

    company: Company
    phones: list[PhoneLine]
    contacts: list[ContactLine]
    emails: list[EmailAddress]
    spheres: list[CompanySphere]

    @property
    def first_phone(self) -> PhoneLine | None:
        """The number that one big button would dial."""
        return next((line for line in self.phones if not line.refusal), None)


def visible_company(user: User, pk: int) -> Company | None:
    """None for a missing, deleted or invisible card alike."""
    companies = Company.objects.visible_to(user).select_related(
        "status", "responsible", "branch", "contract_type", "head_company"
    )
    return companies.filter(pk=pk).first()


def company_card(user: User, pk: int) -> CompanyCard | None:
    """What the card shows, in a fixed number of queries; None when `user` has no such card."""
    company = visible_company(user, pk)
    return card_of(company) if company else None


def card_of(company: Company) -> CompanyCard:
    contacts = list(
        Contact.objects.filter(company=company, deleted_at__isnull=True).order_by("-is_primary", "last_name", "pk")
    )
    people = {contact.pk: contact for contact in contacts}
    of_card = Q(company=company) | Q(contact_id__in=list(people))  # no join: each side has its index
    numbers = list(PhoneNumber.objects.filter(of_card))
    emails = list(EmailAddress.objects.filter(of_card))
    stopped = stopped_numbers(numbers)
    place = {contact.pk: position for position, contact in enumerate(contacts, start=1)}
    numbers.sort(key=lambda n: (place.get(n.contact_id or 0, 0), not n.is_primary, n.order, n.pk))
    lines = [
        phone_line(number, company=company, contact=people.get(number.contact_id or 0), stopped=stopped)
        for number in numbers
    ]
    return CompanyCard(
        company=company,
        phones=lines,
        contacts=[
            ContactLine(
                contact,
                [line for line in lines if line.contact_id == contact.pk],
                [email for email in emails if email.contact_id == contact.pk],
            )
            for contact in contacts
        ],
        emails=[email for email in emails if email.company_id == company.pk],
        spheres=list(company.spheres.all()),
    )
