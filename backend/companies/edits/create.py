"""A new card by a person: who may become responsible, and what must not be doubled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from audit.models import Source, Verb
from audit.services import log_event
from common import phones as phone_rules
from common.errors import DomainError
from companies import duplicates, records, services
from companies.duplicates import Draft
from companies.edits import effects, numbers, tree
from companies.edits.fields import NotAllowed, check_digits, numbers_in, taken
from companies.edits.numbers import Line
from companies.edits.transfer import TARGETS
from companies.edits.values import COMPANY
from companies.models import Company, CompanyStatus, EmailAddress, LeadState, PhoneNumber
from companies.records import BadRecord
from companies.search import index


class PossibleDuplicates(DomainError):
    """Cards with a strong likeness; the same call with `allow_duplicates` goes through."""

    code = "possible_duplicates"
    status = 409


def may_own(actor: User, person: User) -> bool:
    """Whom `actor` may make responsible for a new card."""
    level = scope.reach(actor, "change")
    if person.pk == actor.pk:
        return True
    if not person.is_active or person.effective_role not in TARGETS:
        return False
    if level == Reach.ALL:
        return True
    return level == Reach.BRANCH and actor.branch_id is not None and person.branch_id == actor.branch_id


def new_company(
    *,
    actor: User,
    values: Mapping[str, Any],
    responsible: User | None = None,
    lead_state: str = LeadState.COLD,
    phones: tuple[Line, ...] = (),
    emails: tuple[Line, ...] = (),
    allow_duplicates: bool = False,
    source: Source = Source.UI,
) -> Company:
    """A card of `values` (plain JSON by field) with its numbers, in one transaction.

    Raises BadRecord, NotAllowed, Taken, PossibleDuplicates.
    """
    owner = responsible or (actor if actor.effective_role in TARGETS else None)
    if owner is not None and not may_own(actor, owner):
        raise NotAllowed("Ответственным можно сделать себя или сотрудника своего филиала.", field="responsible")
    company = _filled(values, owner, actor)
    company.lead_state = _lead(lead_state)
    found = duplicates.find_duplicates(viewer=actor, draft=_draft(company, phones, emails, owner), with_typos=False)
    if found.is_blocked:
        raise taken(actor, company)
    if found.needs_word and not allow_duplicates:
        rows = [{"id": d.company.pk, "name": d.company.name, "reason": d.code, "words": d.words} for d in found.rows]
        raise PossibleDuplicates("Похоже, такая компания уже есть.", duplicates=rows)
    try:
        with transaction.atomic():
            _save(company, values, actor, source, phones, emails, is_double=found.needs_word)
    except IntegrityError as error:
        if "company_inn_kpp" in str(error):
            raise taken(actor, company) from error
        raise
    return company


def _filled(values: Mapping[str, Any], owner: User | None, actor: User) -> Company:
    unknown = sorted(set(values) - set(COMPANY))
    if unknown:
        raise BadRecord(f"Неизвестное поле: {unknown[0]}.", field=unknown[0])
    company = Company(created_by=actor, responsible=owner, branch=owner.branch if owner else None)
    for name, value in {"name": "", **values}.items():
        if name not in {"responsible", "branch", "spheres"}:
            COMPANY[name].write(company, value)
        if name == "head_company" and company.head_company_id is not None:
            tree.check_seen(actor=actor, head_id=company.head_company_id)  # before another mistake can speak
    if company.status_id is None:
        company.status = CompanyStatus.objects.filter(is_default=True).first()
    records.check_requisites(company)
    check_digits(company)
    return records.prepare_company(company)


def _save(  # one transaction of the function above
    company: Company,
    values: Mapping[str, Any],
    actor: User,
    source: Source,
    phones: tuple[Line, ...],
    emails: tuple[Line, ...],
    *,
    is_double: bool,
) -> None:
    if company.head_company_id is not None:
        tree.check_head(actor=actor, company=company)
    company.save(force_insert=True)
    if values.get("spheres"):
        company.spheres.set(numbers_in(COMPANY["spheres"], values["spheres"]))
    for line in phones:
        services.add_phone(
            holder=company,
            raw=line.raw,
            type=numbers.phone_type(line.type),
            comment=line.comment,
            is_primary=line.is_primary,
            actor=actor,
        )
    for line in emails:
        services.add_email(
            holder=company,
            raw=line.raw,
            type=numbers.email_type(line.type),
            comment=line.comment,
            is_primary=line.is_primary,
        )
    log_event(
        actor=actor,
        verb=Verb.CREATE,
        entity_type="company",
        entity_id=company.pk,
        message=f"Компания: {company.name}" + (", всё равно создана при похожих" if is_double else ""),
        source=source,
    )
    index.refresh_companies([company.pk])
    effects.poke(company)


def _draft(company: Company, phones: tuple[Line, ...], emails: tuple[Line, ...], owner: User | None) -> Draft:
    read = [phone_rules.normalise(line.raw, area_code=owner.area_code if owner else "") for line in phones]
    addresses = [records.prepare_email(EmailAddress(), line.raw).norm for line in emails]
    return _known_of(company, [(p.e164, p.ext) for p in read], addresses)


def _lead(text: str) -> LeadState:
    if text not in LeadState.values:
        raise BadRecord("Состояние — cold или warm.", field="lead_state")
    return LeadState(text)


def draft_of(company: Company) -> Draft:
    """What is known of a card that exists, for «похожие компании» on its page."""
    phones = PhoneNumber.objects.filter(company=company).values_list("e164", "ext")
    return _known_of(company, phones, EmailAddress.objects.filter(company=company).values_list("norm", flat=True))


def _known_of(company: Company, phones: Iterable[tuple[str | None, str]], emails: Iterable[str]) -> Draft:
    return Draft(
        name=company.name,
        legal_name=company.legal_name,
        inn=company.inn or "",
        kpp=company.kpp,
        ogrn=company.ogrn,
        website=company.website,
        region=company.region,
        phones=tuple((e164, ext) for e164, ext in phones if e164),
        emails=tuple(emails),
        exclude=company.pk or 0,
    )
