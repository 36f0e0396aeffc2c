"""Handing a company over (C-51): the table of who may, to whom, and the words of each refusal."""

from __future__ import annotations

import pytest

from accounts.models import User
from accounts.roles import DataScope, Role
from audit.models import AuditLog, FieldChange
from companies.edits.fields import NotAllowed, NotFound
from companies.edits.transfer import BadTarget, targets, transfer_company
from companies.models import Company
from companies.services import create_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(anna: User) -> Company:
    return create_company(actor=anna, name="ООО «Кабель»", responsible=anna)


def test_responsible_and_branch_go_together(anna: User, dan: User, card: Company) -> None:
    done = transfer_company(actor=anna, company_id=card.pk, to_id=dan.pk)
    card.refresh_from_db()
    assert (card.responsible, card.branch, card.version, done.is_seen) == (dan, dan.branch, 2, True)
    fields = FieldChange.objects.filter(entity_id=card.pk).values_list("field", "old", "new", "version")
    assert set(fields) == {
        ("responsible", anna.pk, dan.pk, 2),
        ("branch", anna.branch_id, dan.branch_id, 2),
    }
    row = AuditLog.objects.get(verb="transfer")
    assert (row.actor, row.message) == (anna, f"Передана: {anna.label} → {dan.label}")


def test_mover_may_lose_sight(anna: User, dan: User, card: Company) -> None:
    User.objects.filter(pk=anna.pk).update(data_scope=DataScope.SELF)
    done = transfer_company(actor=User.objects.get(pk=anna.pk), company_id=card.pk, to_id=dan.pk)
    assert not done.is_seen


def test_who_may(boris: User, clara: User, dan: User, gleb: User, ada: User, card: Company) -> None:
    with pytest.raises(NotAllowed, match="Ответственный — Анна Зайцева"):
        transfer_company(actor=boris, company_id=card.pk, to_id=boris.pk)
    transfer_company(actor=clara, company_id=card.pk, to_id=boris.pk)
    transfer_company(actor=gleb, company_id=card.pk, to_id=dan.pk)
    with pytest.raises(NotAllowed, match="Краснодар"):
        transfer_company(actor=clara, company_id=card.pk, to_id=boris.pk)
    transfer_company(actor=ada, company_id=card.pk, to_id=clara.pk)


def test_to_whom(anna: User, boris: User, gleb: User, ada: User, card: Company) -> None:
    for to, code in ((gleb, "bad_target"), (ada, "bad_target"), (anna, "same")):
        with pytest.raises(BadTarget) as refusal:
            transfer_company(actor=anna, company_id=card.pk, to_id=to.pk)
        assert refusal.value.code == code
    User.objects.filter(pk=boris.pk).update(is_active=False)
    with pytest.raises(BadTarget, match="отключён"):
        transfer_company(actor=anna, company_id=card.pk, to_id=boris.pk)
    with pytest.raises(BadTarget, match="не найден"):
        transfer_company(actor=anna, company_id=card.pk, to_id=2**62)
    with pytest.raises(NotFound):
        transfer_company(actor=anna, company_id=0, to_id=boris.pk)


def test_targets_are_those_whom_the_rule_names(
    anna: User, boris: User, clara: User, dan: User, gleb: User, ada: User
) -> None:
    User.objects.filter(pk=boris.pk).update(is_active=False)
    User.objects.filter(pk=dan.pk).update(is_superuser=True)
    director = User.objects.create(username="dir", role=Role.BRANCH_DIRECTOR, branch=anna.branch)
    assert set(targets()) == {anna, clara, director}


def test_a_person_without_a_branch_keeps_the_card_where_it_is(anna: User, boris: User, card: Company) -> None:
    User.objects.filter(pk=boris.pk).update(branch=None)
    transfer_company(actor=anna, company_id=card.pk, to_id=boris.pk)
    card.refresh_from_db()
    assert (card.responsible, card.branch) == (boris, anna.branch)
