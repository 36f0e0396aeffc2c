"""Companies, people and notes of the demonstration base, written in bulk."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from accounts.models import Branch, User
from accounts.roles import Role
from companies import records
from companies.models import (
    Company,
    CompanyNote,
    Contact,
    EmailAddress,
    LeadState,
    PhoneNumber,
    PhoneType,
)
from companies.search import index
from desk.demo import numbers, words
from desk.demo.dictionaries import Dictionaries
from desk.demo.staff import PLACES, Place

BATCH = 1000
PHONES_EACH = 6  # at most 2 of the company and 3 of its people
SOURCE = "demo"


@dataclass(slots=True)
class Rows:
    """What one batch writes, in the order of writing."""

    companies: list[Company] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    phones: list[PhoneNumber] = field(default_factory=list)
    emails: list[EmailAddress] = field(default_factory=list)
    notes: list[CompanyNote] = field(default_factory=list)


class BaseMaker:
    """Makes company number n from n alone, so that a second run goes on where the first one stopped."""

    def __init__(
        self, people: list[User], branches: dict[str, Branch], dictionaries: Dictionaries, now: datetime
    ) -> None:
        self.sellers = [user for user in people if user.role == Role.MANAGER]
        self.branches = branches
        self.dictionaries = dictionaries
        self.now = now
        self.phone_number = 0
        self.stems = words.split(words.STEMS)
        self.tails = words.TAILS.split("|")
        self.places = {place.code: place for place in PLACES}

    @transaction.atomic
    def make(self, count: int) -> int:
        """Write `count` companies after the last one that is there; returns how many."""
        made = Company.objects.filter(raw_fields__has_key=SOURCE).order_by("-pk").first()
        first = made.raw_fields[SOURCE] + 1 if made else 0
        for start in range(first, first + count, BATCH):
            rows = Rows()
            for number in range(start, min(start + BATCH, first + count)):
                self._company(rows, number)
            self._write(rows)
        return count

    def _write(self, rows: Rows) -> None:
        Company.objects.bulk_create(rows.companies)
        Contact.objects.bulk_create(rows.contacts)
        PhoneNumber.objects.bulk_create(rows.phones)
        EmailAddress.objects.bulk_create(rows.emails)
        CompanyNote.objects.bulk_create(rows.notes)
        through = Company.spheres.through
        spheres = self.dictionaries.spheres
        through.objects.bulk_create(
            through(company_id=company.pk, companysphere_id=sphere.pk)
            for n, company in enumerate(rows.companies)
            for sphere in random.Random(f"sphere {company.name} {n}").sample(spheres, k=1 + n % 2)  # noqa: S311
        )
        index.refresh_bulk(
            companies=[company.pk for company in rows.companies], contacts=[person.pk for person in rows.contacts]
        )

    def _company(self, rows: Rows, number: int) -> None:
        self.phone_number = number * PHONES_EACH
        dice = random.Random(f"company {number}")  # noqa: S311
        owner = self.sellers[number % len(self.sellers)]
        place = self.places[owner.branch.code if owner.branch else PLACES[0].code]
        company = self._card(dice, number, owner, place)
        rows.companies.append(company)
        self._numbers(rows, dice, number, company, place)
        for order in range(dice.choice((1, 1, 2, 2, 3))):
            self._contact(rows, dice, number, company, place, order)
        for order in range(dice.choice((1, 1, 2, 3))):
            moment = self.now - timedelta(days=dice.uniform(0.2, 150))
            text = dice.choice(words.lines(words.NOTES))
            is_pinned = order == 0 and number % 4 == 0
            note = CompanyNote(company=company, author=owner, text=text, created_at=moment, is_pinned=is_pinned)
            rows.notes.append(note)

    def _card(self, dice: random.Random, number: int, owner: User, place: Place) -> Company:
        stem, lap = self.stems[number % len(self.stems)], number // len(self.stems)
        tail = self.tails[lap % len(self.tails)]
        serial = lap // len(self.tails)
        title = " ".join(part for part in (stem, tail, str(serial + 1) if serial else "") if part)
        form = dice.choice(words.FORMS.split("|"))
        is_person = number % 17 == 5
        name = f"{form} «{title}»"
        if is_person:
            last, first = dice.choice(words.split(words.LAST_NAMES)), dice.choice(words.split(words.MEN)).split()
            name = f"ИП {last} {first[0][0]}. {first[1][0]}. ({title})"
        created = self.now - timedelta(days=dice.uniform(30, 400))
        is_contracted = dice.random() < 0.3
        company = Company(
            name=name,
            inn=(numbers.inn_of_person if is_person else numbers.inn_of_company)(place.region, number + 1),
            kpp="" if is_person else numbers.kpp(place.region),
            ogrn="" if is_person else numbers.ogrn(place.region, dice.randint(2004, 2024), number + 1),
            address=f"г. {place.name}, ул. {dice.choice(words.STREETS.split('|'))}, {dice.randint(1, 180)}",
            city=place.name,
            region=place.region_name,
            zone=place.zone,
            website=f"https://{place.code}-{number + 1}.example" if dice.random() < 0.6 else "",
            activity_kind=dice.choice(words.split(words.KINDS)),
            lead_state=LeadState.WARM if dice.random() < 0.4 else LeadState.COLD,
            status=dice.choices(self.dictionaries.statuses, weights=self._weights(), k=1)[0],
            contract_type=dice.choice(self.dictionaries.contracts) if is_contracted else None,
            contract_until=self._until(dice) if is_contracted else None,
            contract_amount=Decimal(dice.randint(5, 400)) * 10_000 if is_contracted else None,
            responsible=owner,
            branch=owner.branch,
            created_by=owner,
            created_at=created,
            raw_fields={SOURCE: number},
        )
        return records.prepare_company(company)

    def _weights(self) -> list[int]:
        return [4 if not status.is_final else 2 for status in self.dictionaries.statuses]

    def _until(self, dice: random.Random) -> date:
        return self.now.date() + timedelta(days=dice.randint(-20, 300))

    def _numbers(self, rows: Rows, dice: random.Random, number: int, company: Company, place: Place) -> None:
        comments = words.PHONE_COMMENTS.split("|")
        for order in range(dice.choice((1, 1, 1, 2))):
            raw = self._next_number(place)
            if order == 1:
                raw += f" доб. {dice.randint(1, 999)}"
            phone = PhoneNumber(company=company, order=order, is_primary=order == 0, comment=dice.choice(comments))
            rows.phones.append(records.prepare_phone(phone, raw, area_code=place.area_code))
        if dice.random() < 0.7:
            email = EmailAddress(company=company, is_primary=True)
            rows.emails.append(records.prepare_email(email, f"info@{place.code}-{number + 1}.example"))

    def _contact(
        self, rows: Rows, dice: random.Random, number: int, company: Company, place: Place, order: int
    ) -> None:
        is_woman = dice.random() < 0.55
        last = dice.choice(words.split(words.LAST_NAMES))
        first, middle = dice.choice(words.split(words.WOMEN if is_woman else words.MEN)).split()
        contact = Contact(
            company=company,
            last_name=f"{last}а" if is_woman else last,
            first_name=first,
            middle_name=middle,
            position=dice.choice(words.split(words.POSITIONS)),
            is_primary=order == 0,
        )
        rows.contacts.append(records.prepare_contact(contact))
        if dice.random() < 0.8:
            kind = dice.choice((PhoneType.MOBILE, PhoneType.WORK_DIRECT))
            phone = PhoneNumber(contact=contact, is_primary=True, type=kind)
            rows.phones.append(records.prepare_phone(phone, self._next_number(place), area_code=place.area_code))
        if dice.random() < 0.4:
            email = EmailAddress(contact=contact, is_primary=True)
            rows.emails.append(records.prepare_email(email, f"p{order + 1}@{place.code}-{number + 1}.example"))

    def _next_number(self, place: Place) -> str:
        self.phone_number += 1
        return numbers.spelled(numbers.phone(place.area_code, self.phone_number), self.phone_number)
