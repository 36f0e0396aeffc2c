"""Companies to choose one of, found among those that a person sees."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import User
from companies import access, records
from companies.models import Company
from companies.search.query import search

FOUND = 20
SHOWN = 5
INN_DIGITS = (10, 12)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A card to choose; `refusal` says why it cannot be, `is_branch` that it is another office of the firm."""

    company: Company
    words: str
    refusal: str
    is_branch: bool = False


def number_said(text: str) -> int:
    """The number that a form sends; 0, which nothing has, for what is no number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


class Unclear(ValueError):
    """What was typed names no card, or several; the sentence is for people."""


def meant(user: User, typed: str) -> str:
    """The number of the card that `typed` names among those in sight: by number, ИНН, whole name, or alone.

    Raises Unclear. A number that is no card's is given back, for whoever checks it.
    """
    seen = Company.objects.visible_to(user)
    if typed.isascii() and typed.isdecimal() and len(typed) not in INN_DIGITS:
        return typed
    if typed.isascii() and typed.isdecimal():
        cards = list(seen.filter(inn=typed, head_company=None)[:SHOWN] or seen.filter(inn=typed)[:SHOWN])
    else:
        folded = records.fold_company(typed, "")
        cards = list(seen.filter(folded=folded)[:SHOWN]) if folded else []
        cards = cards or [one.company for one in found(user, typed, "view")][:SHOWN]
    if not cards:
        raise Unclear("Такой компании не видно. Впишите её название, ИНН или номер карточки.")
    if len(cards) > 1:
        several = "; ".join(f"{card.name} — № {card.pk}" for card in cards)
        raise Unclear(f"Подходят несколько, впишите номер карточки: {several}.")
    return str(cards[0].pk)


def candidate(user: User, company: Company, words: str, verb: str, *, is_branch: bool = False) -> Candidate:
    verdict = access.can(user, verb, company)
    return Candidate(company, words, "" if verdict.ok else verdict.reason, is_branch)


def found(user: User, typed: str, verb: str, *, but: int | None = None) -> list[Candidate]:
    """By name, ИНН or number, without the card `but`; `verb` is what is going to be done with the chosen one."""
    hits = search(user, typed, FOUND).results
    words = {hit.company_id: hit.matched for hit in reversed(hits) if hit.company_id not in {None, but}}
    seen = Company.objects.visible_to(user).filter(pk__in=[pk for pk in words if pk])
    by_pk = {row.pk: row for row in seen.select_related("responsible", "branch")}
    order = dict.fromkeys(hit.company_id for hit in hits)
    return [candidate(user, by_pk[pk], words[pk], verb) for pk in order if pk in by_pk]
