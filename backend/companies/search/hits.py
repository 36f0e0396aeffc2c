"""Answers as people read them: the card, why it is here, and the number that one key would dial."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from companies.models import PhoneNumber
from companies.search.candidates import Key
from companies.search.cards import Card
from companies.search.index import site
from companies.search.numbers import phone_name, requisite_name, tail_match
from companies.search.parse import Asked
from companies.search.words import holds, look_words
from companies.selectors.numbers import phone_line, stopped_numbers


@dataclass(frozen=True, slots=True)
class Phone:
    """`is_dialable` is false for a number that is not recognised or whose owner asked not to be called."""

    id: int
    shown: str
    is_dialable: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """`kind` is company or contact; `matched` names the field; `url` is '' for a person of no company."""

    kind: str
    id: int
    company_id: int | None
    title: str
    subtitle: str
    matched: str
    phone: Phone | None
    url: str


def hits(cards: list[Card], asked: Asked) -> list[Hit]:
    """At most three queries, for the numbers."""
    beside = _beside(cards, asked) if asked.is_mixed and cards else {}
    rows = list(beside.values()) + _numbers(cards)
    stopped = stopped_numbers(rows)
    shown: list[Hit] = []
    for card in cards:
        number = beside.get(card.candidate.key) or next((row for row in rows if _is_of(row, card)), None)
        line = phone_line(number, company=card.company, contact=card.contact, stopped=stopped) if number else None
        phone = Phone(line.id, line.shown, not line.refusal) if line else None
        shown.append(_hit(card, asked, phone, beside.get(card.candidate.key)))
    return shown


def _hit(card: Card, asked: Asked, phone: Phone | None, beside: PhoneNumber | None) -> Hit:
    company_id = card.company.pk if card.company else None
    matched = card.candidate.name or _matched(card, card.candidate.meant or asked.all_words)
    if asked.is_mixed:
        matched = ", ".join(filter(None, (matched, _digits_name(card, asked, beside))))
    return Hit(
        kind=card.candidate.kind,
        id=card.candidate.pk,
        company_id=company_id,
        title=card.title,
        subtitle=_subtitle(card),
        matched=matched,
        phone=phone,
        url=f"/companies/{company_id}/" if company_id else "",
    )


def _subtitle(card: Card) -> str:
    if card.contact is not None:
        parts = [card.contact.position, card.company.name if card.company else ""]
    else:
        company = card.company
        parts = [company.city, f"ИНН {company.inn}" if company.inn else ""] if company else []
    return " · ".join(part for part in parts if part)


def _matched(card: Card, words: tuple[str, ...]) -> str:
    """The fields that hold the words, each word in the first that has it."""
    if card.contact is not None:
        return f"контакт {card.contact.last_name or card.contact.full_name}"
    company = card.company
    if company is None:
        return ""
    host = site(company.website)
    fields = {
        "название": look_words(company.name),
        "юридическое название": look_words(company.legal_name),
        f"сайт {host}": look_words(host),
        f"город {company.city}": look_words(company.city),
    }
    found = {next((name for name, held in fields.items() if holds(held, word)), "") for word in words}
    return ", ".join(name for name in fields if name in found) or "название"


def _digits_name(card: Card, asked: Asked, beside: PhoneNumber | None) -> str:
    """What held the digits beside the words; '' when they are words of the name themselves."""
    if beside is not None:
        return phone_name(beside.digits)
    company = card.company
    return requisite_name(asked.digits, company.inn or "", company.ogrn)[0] if company else ""


def _beside(cards: list[Card], asked: Asked) -> dict[Key, PhoneNumber]:
    """For each card the number that the digits beside its words belong to: its own, else one of the company."""
    companies = [card.company.pk for card in cards if card.company]
    lone = [card.candidate.pk for card in cards if card.company is None]
    live = Q(contact__company_id__in=companies, contact__deleted_at__isnull=True)
    held = Q(company_id__in=companies) | live | Q(contact_id__in=lone)
    rows = list(PhoneNumber.objects.filter(tail_match(asked)).filter(held).select_related("contact").order_by("pk"))
    found: dict[Key, PhoneNumber] = {}
    for card in cards:
        near = [row for row in rows if _is_of(row, card)] or [row for row in rows if _company_of(row) == _pk(card)]
        if near:
            found[card.candidate.key] = near[0]
    return found


def _pk(card: Card) -> int | None:
    return card.company.pk if card.company else 0


def _company_of(row: PhoneNumber) -> int | None:
    return row.contact.company_id if row.contact else row.company_id


def _is_of(row: PhoneNumber, card: Card) -> bool:
    held = row.contact_id if card.contact is not None else row.company_id
    return held == card.candidate.pk and card.candidate.phone_id in {None, row.pk}


def _numbers(cards: list[Card]) -> list[PhoneNumber]:
    """The numbers that matched, and the primary ones."""
    chosen = {card.candidate.phone_id for card in cards} - {None}
    companies = [card.candidate.pk for card in cards if card.candidate.kind == "company"]
    people = [card.candidate.pk for card in cards if card.candidate.kind == "contact"]
    primary = Q(is_primary=True) & (Q(company_id__in=companies) | Q(contact_id__in=people))
    return list(PhoneNumber.objects.filter(primary | Q(pk__in=chosen)).order_by("pk")) if cards else []
