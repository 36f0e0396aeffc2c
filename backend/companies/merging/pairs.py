"""The two cards of a merge: found by right, locked in one order, checked against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.models import User
from companies import services
from companies.edits import tree
from companies.edits.effects import Card
from companies.edits.fields import NotAllowed, NotFound
from companies.edits.rights import verdict_on
from companies.merging.choices import HEAD
from companies.merging.errors import BadMerge
from companies.models import CardKind, Company, Contact

MODELS: dict[str, type[Card]] = {CardKind.COMPANY: Company, CardKind.CONTACT: Contact}


@dataclass(frozen=True, slots=True)
class Pair:
    winner: Any
    loser: Any


def find_pair(kind: str, actor: User, winner_id: int, loser_id: int, *, lock: bool = False) -> Pair:
    """Both cards when `actor` may merge them; `lock` within a transaction.

    Raises NotFound, NotAllowed, BadMerge.
    """
    if winner_id == loser_id:
        raise BadMerge("Это одна и та же карточка.", code="same_card")
    model = MODELS[kind]
    if lock:
        lock_above(model, (winner_id, loser_id))
    rows: Any = model._default_manager.visible_to(actor).filter(pk__in=(winner_id, loser_id)).order_by("pk")
    if lock:
        rows = rows.select_for_update(of=("self",))
    related = ("responsible", "branch") if model is Company else ("company__responsible", "company__branch")
    cards = {card.pk: card for card in rows.select_related(*related)}
    if len(cards) != 2:
        raise NotFound("Не найдено.")
    pair = Pair(cards[winner_id], cards[loser_id])
    for card in (pair.winner, pair.loser):
        verdict = verdict_on(actor, "merge", card)
        if not verdict.ok:
            raise NotAllowed(f"{card}: {verdict.reason}", code=verdict.code)
    if isinstance(pair.winner, Contact):
        check_people(pair.winner, pair.loser)
    return pair


def check_people(winner: Contact, loser: Contact) -> None:
    """People of one company, or one of no company that goes into another. Raises BadMerge."""
    if loser.company_id is None or loser.company_id == winner.company_id:
        return
    if winner.company_id is None:
        raise BadMerge("Останется контакт с компанией: поменяйте их местами.", code="swap")
    raise BadMerge("Контакты разных компаний не объединяют: сначала объедините компании.", code="other_company")


def head_after(winner: Company, loser: Company) -> tuple[bool, int | None]:
    """(whether there is no choice, the head of the winner afterwards)."""
    if loser.pk in tree.ancestors(winner.pk):
        return True, loser.head_company_id
    above = loser.head_company_id
    if above is not None and winner.pk in tree.ancestors(above):
        return True, winner.head_company_id
    return False, winner.head_company_id or above


def fixed_fields(pair: Pair) -> tuple[str, ...]:
    """Fields that the tree decides, not the person."""
    is_company = isinstance(pair.winner, Company)
    return (HEAD,) if is_company and head_after(pair.winner, pair.loser)[0] else ()


def lock_above(model: type[Card], pks: tuple[int, int]) -> None:
    """The tree before its cards, as every other writer of heads does; companies before their people."""
    if model is Company:
        tree.lock_tree()
        return
    companies = Contact.objects.filter(pk__in=pks, company__isnull=False).values_list("company_id", flat=True)
    for company in Company.objects.filter(pk__in=set(companies)).order_by("pk"):
        services.lock(company)
