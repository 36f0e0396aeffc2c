"""Colleagues named in a note: stored as `@[user:7]`, typed and shown as `@Анна Зайцева`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from accounts import scope
from accounts.models import User
from common.text import words
from companies.models import Company
from companies.records import BadRecord

TOKEN = re.compile(r"@\[user:(\d{1,18})\]")
MOST = 20
OFFERED = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a note: plain words, or the name of a person."""

    text: str
    is_person: bool = False


def ids_in(text: str) -> list[int]:
    """Whom a stored text names, in order, each once."""
    return list(dict.fromkeys(int(found) for found in TOKEN.findall(text)))


def spell(text: str, people: Sequence[User]) -> str:
    """What was typed, with the first `@Имя Фамилия` of each chosen person turned into a token."""
    for person in people:
        text = text.replace(f"@{person.label}", f"@[user:{person.pk}]", 1)
    return text


def read_back(text: str, names: Mapping[int, str]) -> str:
    """A stored text as it is typed in a form."""
    return TOKEN.sub(lambda found: f"@{names.get(int(found[1]), 'сотрудник')}", text)


def pieces(text: str, names: Mapping[int, str]) -> list[Piece]:
    """A stored text for a page."""
    found: list[Piece] = []
    at = 0
    for token in TOKEN.finditer(text):
        found.append(Piece(text[at : token.start()]))
        found.append(Piece(f"@{names.get(int(token[1]), 'сотрудник')}", is_person=True))
        at = token.end()
    return [piece for piece in (*found, Piece(text[at:])) if piece.text]


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """Names of people by id; one query."""
    wanted = set(ids)
    return {person.pk: person.label for person in User.objects.filter(pk__in=wanted)} if wanted else {}


def plain(text: str) -> str:
    """A stored text for a telephone's screen; people are looked up only when it names any."""
    return read_back(text, names_of(ids_in(text))) if "@[" in text else text


def sees(person: User, company: Company) -> bool:
    """True for an active person who sees the card."""
    seen = scope.may(person, "view", owner_id=company.responsible_id, branch_id=company.branch_id)
    return seen and company.deleted_at is None


def offer(viewer: User, company: Company, typed: str, most: int = OFFERED) -> list[User]:
    """Colleagues whose name begins with what was typed, of those who see the card."""
    wanted = words(typed)[:3]
    people = User.objects.filter(is_active=True).exclude(pk=viewer.pk).select_related("branch")
    fitting = (person for person in people.order_by("last_name", "first_name", "pk") if _fits(person, wanted))
    found: list[User] = []
    for person in fitting:
        if sees(person, company):
            found.append(person)
        if len(found) == most:
            break
    return found


def _fits(person: User, wanted: list[str]) -> bool:
    names = words(f"{person.first_name} {person.last_name} {person.username}")
    return all(any(name.startswith(word) for name in names) for word in wanted)


def check(company: Company, ids: Sequence[int]) -> list[User]:
    """The people of these ids. Raises BadRecord when somebody does not exist or does not see the card."""
    if len(ids) > MOST:
        raise BadRecord(f"Не больше {MOST} упоминаний в заметке.", field="text")
    people = {person.pk: person for person in User.objects.filter(pk__in=ids)}
    for pk in ids:
        if pk not in people or not sees(people[pk], company):
            raise BadRecord("Упомянутый сотрудник не видит эту карточку.", field="text")
    return [people[pk] for pk in ids]
