"""Cards that may be the same company: reasons, no score; only cards that the person sees are named (rules of §2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import Count, Q, QuerySet
from rapidfuzz import fuzz

from accounts.models import User
from common import phones as phone_rules
from companies import records
from companies.models import Company, EmailAddress, PhoneNumber
from companies.models.numbers import HELD, HOLDER

MOST = 5
SHARED = 5  # a value on more companies than this is a common number and says nothing
LIKENESS = 92
SHORTEST_TYPO = 6
CANDIDATES = 300
PUBLIC_HOSTS = frozenset(
    {"vk.com", "t.me", "ok.ru", "instagram.com", "facebook.com", "youtube.com", "wa.me", "dzen.ru"}
)


class Strength(StrEnum):
    BLOCKS = "blocks"
    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"
    BRANCH = "branch"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of a company before it is saved; `phones` are (E.164, extension), `emails` normal forms."""

    name: str = ""
    legal_name: str = ""
    inn: str = ""
    kpp: str = ""
    ogrn: str = ""
    website: str = ""
    region: str = ""
    phones: tuple[tuple[str, str], ...] = ()
    emails: tuple[str, ...] = ()
    exclude: int = 0


@dataclass(frozen=True, slots=True)
class Duplicate:
    company: Company
    code: str
    strength: Strength
    words: str


@dataclass(frozen=True, slots=True)
class Found:
    """`is_hidden`: the same INN and KPP stand on a card that the person does not see."""

    rows: list[Duplicate] = field(default_factory=list)
    is_hidden: bool = False

    @property
    def needs_word(self) -> bool:
        """Saved only when the person says «всё равно создать»."""
        return any(row.strength == Strength.STRONG for row in self.rows)

    @property
    def is_blocked(self) -> bool:
        return self.is_hidden or any(row.strength == Strength.BLOCKS for row in self.rows)


HIDDEN = "Компания с такими ИНН и КПП уже ведётся другим сотрудником. Обратитесь к руководителю."
Test = Callable[[QuerySet[Company], Draft], Iterator[tuple[Company, str, Strength, str]]]


def find_duplicates(*, viewer: User, draft: Draft, with_typos: bool = True) -> Found:
    """At most five cards in the order of their reasons, each once; a fixed number of queries."""
    seen = Company.objects.visible_to(viewer).exclude(pk=draft.exclude).select_related("responsible", "branch")
    tests: Sequence[Test] = (_requisites, _phones, _emails, _place, _name, *((_typos,) if with_typos else ()))
    rows: dict[int, Duplicate] = {}
    for test in tests:
        for company, code, strength, words in test(seen, draft):
            rows.setdefault(company.pk, Duplicate(company, code, strength, words))
    ordered = sorted(rows.values(), key=lambda row: (list(Strength).index(row.strength), row.company.name))
    return Found(ordered[:MOST], _is_hidden(draft, rows))


def _is_hidden(draft: Draft, rows: dict[int, Duplicate]) -> bool:
    if len(draft.inn) not in {10, 12} or any(row.strength == Strength.BLOCKS for row in rows.values()):
        return False
    same = Company.objects.live().filter(inn=draft.inn, kpp=draft.kpp, head_company__isnull=True)
    return same.exclude(pk=draft.exclude).exists()


def _requisites(seen: QuerySet[Company], draft: Draft) -> Iterator[tuple[Company, str, Strength, str]]:
    wanted = Q()
    if len(draft.inn) in {10, 12}:
        wanted |= Q(inn=draft.inn)
    if len(draft.ogrn) in {13, 15}:
        wanted |= Q(ogrn=draft.ogrn)
    if not wanted:
        return
    for company in seen.filter(wanted)[: MOST * 2]:
        if draft.inn and company.inn == draft.inn:
            if company.kpp == draft.kpp:
                is_root = company.head_company_id is None
                strength = Strength.BLOCKS if is_root else Strength.STRONG
                yield company, "inn_kpp", strength, "те же ИНН и КПП" if draft.kpp else "тот же ИНН"
            elif not (company.kpp and draft.kpp):
                yield company, "inn_no_kpp", Strength.STRONG, "тот же ИНН, КПП указан не везде"
            else:
                yield company, "inn_other_kpp", Strength.BRANCH, "филиал той же организации: ИНН тот же, КПП другой"
        else:
            yield company, "ogrn", Strength.STRONG, "тот же ОГРН"


def _phones(seen: QuerySet[Company], draft: Draft) -> Iterator[tuple[Company, str, Strength, str]]:
    wanted = Q()
    for e164, ext in draft.phones:
        wanted |= Q(e164=e164, ext=ext)
    if not wanted:
        return
    by_value = PhoneNumber.objects.filter(HELD, wanted).annotate(holder=HOLDER)
    common = by_value.values("e164", "ext").annotate(n=Count("holder", distinct=True)).filter(n__gt=SHARED)
    shared = {(row["e164"], row["ext"]) for row in common}
    found = by_value.values_list("holder", "e164", "ext")[: MOST * 20]
    holders = {pk: phone_rules.national(e164 or "", ext) for pk, e164, ext in found if (e164, ext) not in shared}
    for company in seen.filter(pk__in=holders)[:MOST]:
        yield company, "phone", Strength.STRONG, f"тот же телефон {holders[company.pk]}"


def _emails(seen: QuerySet[Company], draft: Draft) -> Iterator[tuple[Company, str, Strength, str]]:
    if not draft.emails:
        return
    by_value = EmailAddress.objects.filter(HELD, norm__in=draft.emails).annotate(holder=HOLDER)
    common = by_value.values("norm").annotate(n=Count("holder", distinct=True)).filter(n__gt=SHARED)
    shared = {row["norm"] for row in common}
    holders = {row.holder: row.norm for row in by_value[: MOST * 20] if row.norm not in shared}
    for company in seen.filter(pk__in=holders)[:MOST]:
        yield company, "email", Strength.STRONG, f"тот же e-mail {holders[company.pk]}"


def _place(seen: QuerySet[Company], draft: Draft) -> Iterator[tuple[Company, str, Strength, str]]:
    host = records.site_host(draft.website)
    if host and host not in PUBLIC_HOSTS:
        for company in seen.filter(site_host=host)[:MOST]:
            yield company, "site", Strength.MEDIUM, f"тот же сайт {host}"
    folded, region = records.fold_company(draft.name, draft.legal_name), draft.region.strip()
    if folded and region:
        for company in seen.filter(folded=folded, region__iexact=region)[:MOST]:
            yield company, "name_place", Strength.MEDIUM, "то же название и регион"


def _name(seen: QuerySet[Company], draft: Draft) -> Iterator[tuple[Company, str, Strength, str]]:
    folded = records.fold_company(draft.name, draft.legal_name)
    if folded:
        for company in seen.filter(folded=folded)[:MOST]:
            yield company, "name", Strength.WEAK, "то же название"


def _typos(seen: QuerySet[Company], draft: Draft) -> Iterator[tuple[Company, str, Strength, str]]:
    folded = records.fold_company(draft.name, "")
    if len(folded.replace(" ", "")) < SHORTEST_TYPO:
        return
    near = Q(folded__startswith=folded[:4])
    for word in folded.split()[1:3]:
        if len(word) >= SHORTEST_TYPO:
            near |= Q(folded__startswith=word[:4])
    for company in seen.filter(near).exclude(folded=folded).order_by("pk")[:CANDIDATES]:
        if fuzz.token_sort_ratio(folded, company.folded) >= LIKENESS:
            yield company, "name_typo", Strength.WEAK, "похожее название"
