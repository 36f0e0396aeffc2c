"""Requests: another state, a deletion. Who asks, who decides, what ends by itself; the bin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import DataScope
from audit.models import AuditLog
from companies import upkeep
from companies.edits import deletion, requests
from companies.edits.deletion import InUse, delete_company, purge_old, restore_company
from companies.edits.fields import NotAllowed, NotFound, Taken
from companies.edits.requests import Already, Decided, inbox, inbox_count
from companies.edits.transfer import transfer_company
from companies.models import Company, CompanyLeadStateRequest, RequestStatus
from companies.records import BadRecord
from companies.services import add_contact, add_note, add_phone, create_company
from notifications.models import Notification
from phonebridge.models import CallRequest

pytestmark = pytest.mark.django_db
WHY = "Компания закрылась"


@pytest.fixture
def card(anna: User) -> Company:
    return create_company(actor=anna, name="ООО «Кабель»", responsible=anna)


def ask(who: User, card: Company, state: str = "warm") -> CompanyLeadStateRequest:
    return requests.request_lead(actor=who, company_id=card.pk, state=state, note="Готовы купить")


def _columns(card: Company) -> dict[str, Any]:
    return dict(Company.objects.filter(pk=card.pk).values().get())


def titles(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("title", flat=True))


def test_manager_asks_and_the_head_decides(anna: User, clara: User, boris: User, card: Company) -> None:
    request = ask(anna, card)
    assert (titles(clara), titles(boris)) == (["Запрос: сменить состояние"], [])
    assert (list(inbox(CompanyLeadStateRequest, clara)), inbox_count(clara), inbox_count(anna)) == ([request], 1, 0)
    requests.approve(actor=clara, request=request)
    card.refresh_from_db()
    assert (card.lead_state, card.version, inbox_count(clara)) == ("warm", 2, 0)
    assert titles(anna) == ["Запрос одобрен"]
    request.refresh_from_db()
    assert (request.status, request.decided_by) == (RequestStatus.APPROVED, clara)
    assert AuditLog.objects.filter(verb="approve", entity_type="lead_request").count() == 1


def test_second_request_names_the_first(anna: User, boris: User, card: Company) -> None:
    ask(anna, card)
    with pytest.raises(Already, match="Анна Зайцева"):
        ask(boris, card)
    with pytest.raises(Already, match="уже «холодный»"):
        ask(boris, card, "cold")


def test_nobody_decides_his_own(clara: User, gleb: User, card: Company) -> None:
    request = ask(clara, card)
    assert inbox_count(clara) == 0
    with pytest.raises(NotAllowed, match="Свой запрос"):
        requests.approve(actor=clara, request=request)
    requests.approve(actor=gleb, request=request)


def test_who_may_not_decide(anna: User, boris: User, dan: User, card: Company) -> None:
    request = ask(anna, card)
    for who in (boris, dan):
        with pytest.raises(NotAllowed):
            requests.approve(actor=who, request=request)
    User.objects.filter(pk=dan.pk).update(data_scope=DataScope.SELF)
    with pytest.raises(NotFound):
        requests.approve(actor=User.objects.get(pk=dan.pk), request=request)


def test_present_branch_of_the_card_decides(anna: User, clara: User, dan: User, gleb: User, card: Company) -> None:
    request = ask(anna, card)
    transfer_company(actor=gleb, company_id=card.pk, to_id=dan.pk)
    assert (inbox_count(clara), inbox_count(gleb)) == (0, 1)
    with pytest.raises(NotAllowed, match="Краснодар"):
        requests.approve(actor=clara, request=request)


def test_rejection_needs_a_reason_and_tells_it(anna: User, clara: User, card: Company) -> None:
    request = ask(anna, card)
    with pytest.raises(BadRecord):
        requests.reject(actor=clara, request=request, reason="нет")
    Company.objects.filter(pk=card.pk).update(name="Новое имя")
    requests.reject(actor=clara, request=request, reason="Рано, нет договора")
    request.refresh_from_db()
    assert (request.is_rejected, request.is_withdrawn) == (True, False)
    told = Notification.objects.get(user=anna).body
    assert "Рано, нет договора" in told
    assert told.startswith(request.company_name_snapshot), "the author may have lost sight of the present name"
    with pytest.raises(Decided, match="Клара Орлова"):
        requests.approve(actor=clara, request=request)
    card.refresh_from_db()
    assert card.lead_state == "cold"


def test_author_withdraws(anna: User, boris: User, card: Company) -> None:
    request = ask(anna, card)
    with pytest.raises(NotAllowed):
        requests.withdraw(actor=boris, request=request)
    requests.withdraw(actor=anna, request=request)
    request.refresh_from_db()
    assert (request.is_withdrawn, request.closed_by) == (True, "author")
    ask(anna, card)


def test_head_sets_the_state_and_the_request_ends(anna: User, clara: User, card: Company) -> None:
    request = ask(anna, card)
    requests.set_lead_state(actor=clara, company_id=card.pk, state="warm")
    request.refresh_from_db()
    assert (request.status, request.decided_by, request.closed_by) == ("cancelled", None, "reached")
    with pytest.raises(NotAllowed):
        requests.set_lead_state(actor=anna, company_id=card.pk, state="cold")
    with pytest.raises(BadRecord):
        requests.set_lead_state(actor=clara, company_id=card.pk, state="hot")


def test_what_nobody_decides_ends(anna: User, boris: User, card: Company) -> None:
    old, left = ask(anna, card), requests.request_deletion(actor=boris, company_id=card.pk, note=WHY)
    CompanyLeadStateRequest.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    User.objects.filter(pk=boris.pk).update(is_active=False)
    assert upkeep.tidy() == 2
    assert upkeep.tidy() == 0
    old.refresh_from_db()
    left.refresh_from_db()
    assert (old.closed_by, left.closed_by) == ("age", "left")


def test_deletion_is_asked_for_and_decided_by_an_administrator(
    anna: User, clara: User, gleb: User, ada: User, card: Company
) -> None:
    with pytest.raises(BadRecord):
        requests.request_deletion(actor=anna, company_id=card.pk, note="")
    request = requests.request_deletion(actor=anna, company_id=card.pk, note=WHY)
    assert (titles(ada), titles(clara), inbox_count(clara)) == (["Запрос: удалить компанию"], [], 0)
    for who in (clara, gleb):
        with pytest.raises(NotAllowed):
            requests.approve(actor=who, request=request)
    requests.approve(actor=ada, request=request)
    assert not Company.objects.visible_to(ada).filter(pk=card.pk).exists()
    assert Notification.objects.get(user=anna).url == ""
    request.refresh_from_db()
    assert (request.company_name_snapshot, request.company_id_snapshot) == (card.name, card.pk)


def test_bin_gives_back_what_was_there(anna: User, gleb: User, ada: User, card: Company) -> None:
    asked = ask(anna, card)
    with pytest.raises(NotAllowed):
        delete_company(actor=gleb, company_id=card.pk, reason=WHY)
    before = _columns(card)
    delete_company(actor=ada, company_id=card.pk, reason=WHY)
    asked.refresh_from_db()
    assert asked.closed_by == "deleted"
    with pytest.raises(NotFound):
        restore_company(actor=gleb, company_id=card.pk)
    with pytest.raises(NotFound):
        delete_company(actor=ada, company_id=card.pk, reason=WHY)
    restore_company(actor=ada, company_id=card.pk)
    after = _columns(card)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"version", "updated_at"}
    with pytest.raises(NotFound):
        restore_company(actor=ada, company_id=card.pk)


def test_restore_is_refused_when_the_numbers_are_taken(anna: User, ada: User) -> None:
    first = create_company(actor=anna, name="Первая", inn="7707083893", responsible=anna)
    delete_company(actor=ada, company_id=first.pk, reason=WHY)
    create_company(actor=anna, name="Вторая", inn="7707083893", responsible=anna)
    with pytest.raises(Taken, match="Вторая"):
        restore_company(actor=ada, company_id=first.pk)
    Company.objects.filter(pk=first.pk).update(merged_into=Company.objects.get(name="Вторая"))
    with pytest.raises(InUse):
        restore_company(actor=ada, company_id=first.pk)


def test_restored_card_of_someone_who_has_left_has_no_responsible(anna: User, ada: User, card: Company) -> None:
    delete_company(actor=ada, company_id=card.pk, reason=WHY)
    User.objects.filter(pk=anna.pk).update(is_active=False)
    restore_company(actor=ada, company_id=card.pk)
    card.refresh_from_db()
    assert (card.responsible, card.branch) == (None, anna.branch)


def test_old_cards_leave_the_bin_and_calls_keep_their_name(anna: User, ada: User, card: Company) -> None:
    person = add_contact(company=card, last_name="Котов")
    add_phone(holder=person, raw="8 343 200-00-01")
    add_note(actor=anna, company=card, text="Заметка")
    call = CallRequest.objects.create(user=anna, created_by=anna, company=card, company_name=card.name)
    child = create_company(actor=anna, name="Дочка", responsible=anna)
    Company.objects.filter(pk=child.pk).update(head_company=card)
    delete_company(actor=ada, company_id=card.pk, reason=WHY)
    assert purge_old() == 0
    Company.objects.filter(pk=card.pk).update(deleted_at=timezone.now() - timedelta(days=31))
    seen: list[int] = []
    deletion.on_purge(seen.append)
    try:
        assert purge_old() == 1
    finally:
        deletion._purge_hooks.remove(seen.append)
    assert seen == [card.pk]
    assert not Company.objects.filter(pk=card.pk).exists()
    call.refresh_from_db()
    child.refresh_from_db()
    assert (call.company_id, call.company_name, child.head_company_id) == (None, card.name, None)


def test_two_decisions_at_once_leave_one(anna: User, clara: User, gleb: User, card: Company) -> None:
    request = ask(anna, card)
    stale = CompanyLeadStateRequest.objects.get(pk=request.pk)
    requests.approve(actor=clara, request=request)
    with pytest.raises(Decided):
        requests.reject(actor=gleb, request=stale, reason="Рано, нет договора")
    assert CompanyLeadStateRequest.objects.get().status == "approved"
