"""Two cards become one: who may, what is chosen, what stands in the way, the way back, addresses, the clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from audit.models import AuditLog, FieldChange
from common.errors import DomainError
from companies import merging, services, upkeep
from companies.edits.deletion import purge_company
from companies.edits.fields import Edit, NotAllowed, NotFound, Taken, change_company
from companies.edits.requests import request_deletion
from companies.merging.errors import BadMerge, Moved, TooBig, TooLate, UndoFirst
from companies.merging.likeness import alike, alike_people, say_different
from companies.merging.services import Order, merge_companies, merge_contacts
from companies.merging.undo import undo_merge
from companies.models import Company, CompanyDeletionRequest, CompanyNote, Contact, Merge, MergeEntry, PhoneNumber
from companies.services import add_contact, add_email, add_note, add_phone, create_company
from phonebridge.models import CallRequest
from phonebridge.tests.fixtures import click

pytestmark = pytest.mark.django_db
INN, OTHER = "6671000001", "6671000002"
Pair = tuple[Company, Company]


@pytest.fixture
def pair(anna: User) -> Pair:
    winner = create_company(actor=anna, name="ООО «Кабель»", responsible=anna)
    return winner, create_company(actor=anna, name="Кабель Плюс", inn=INN, responsible=anna, city="Уфа")


def merge(who: User, winner: Company, loser: Company, **choices: str) -> Merge:
    for card in (winner, loser):
        card.refresh_from_db()
    return merge_companies(Order(who, winner.pk, loser.pk, (winner.version, loser.version), choices))


def test_empty_fields_are_filled_and_the_person_chooses_the_rest(anna: User, pair: Pair) -> None:
    winner, loser = pair
    merge(anna, winner, loser, name="loser")
    winner.refresh_from_db()
    loser.refresh_from_db()
    assert (winner.name, winner.inn, winner.city, winner.version) == ("Кабель Плюс", INN, "Уфа", 2)
    assert (loser.merged_into_id, loser.name, loser.inn) == (winner.pk, "Кабель Плюс", INN)
    fields = FieldChange.objects.filter(entity_type="company", entity_id=winner.pk, version=2)
    assert {"name", "inn", "city", "merged"} <= set(fields.values_list("field", flat=True))
    assert AuditLog.objects.filter(verb="merge", entity_id=str(winner.pk), actor=anna).count() == 1


def test_who_may_merge(anna: User, boris: User, clara: User, dan: User, pair: Pair) -> None:
    winner, loser = pair
    with pytest.raises(NotAllowed, match="Кабель"):
        merge(boris, winner, loser)
    foreign = create_company(actor=dan, name="Чужая", responsible=dan)
    with pytest.raises(NotAllowed, match="Чужая"):
        merge(clara, winner, foreign)
    with pytest.raises(BadMerge) as same:
        merge(anna, winner, winner)
    assert same.value.code == "same_card"
    with pytest.raises(NotFound):
        merge_companies(Order(anna, winner.pk, 2**62, (1, 1)))
    assert Merge.objects.count() == 0
    merge(clara, winner, loser)


def test_state_of_the_other_card_needs_the_head(anna: User, clara: User, pair: Pair) -> None:
    winner, loser = pair
    Company.objects.filter(pk=loser.pk).update(lead_state="warm")
    with pytest.raises(NotAllowed, match="руководитель"):
        merge(anna, winner, loser, lead_state="loser")
    merge(clara, winner, loser, lead_state="loser")
    assert Company.objects.get(pk=winner.pk).lead_state == "warm"


def test_a_change_after_the_preview_asks_for_another_look(anna: User, pair: Pair) -> None:
    winner, loser = pair
    change_company(loser.pk, Edit(anna, {"city": "Пермь"}))
    with pytest.raises(Moved):
        merge_companies(Order(anna, winner.pk, loser.pk, (1, 1)))
    assert not Company.objects.filter(merged_into__isnull=False).exists()


def test_too_many_rows_are_refused(anna: User, pair: Pair, settings: LazySettings) -> None:
    settings.MERGE_MAX_ROWS = 1
    for number in range(2):
        add_note(actor=anna, company=pair[1], text=f"Заметка {number}")
    with pytest.raises(TooBig):
        merge(anna, *pair)


def test_open_call_moves_and_pending_requests_end(anna: User, boris: User, pair: Pair) -> None:
    winner, loser = pair
    call = click(anna, company=loser)
    asked = request_deletion(actor=boris, company_id=loser.pk, note="Закрылась давно")
    rev = CallRequest.objects.get(pk=call.pk).rev
    made = merge(anna, winner, loser)
    moved = CallRequest.objects.get(pk=call.pk)
    assert (moved.company_id, moved.rev) == (winner.pk, rev + 1)
    asked = CompanyDeletionRequest.objects.get(pk=asked.pk)
    assert (asked.closed_by, asked.company_id) == ("merged", winner.pk)
    undo_merge(actor=anna, merge_id=made.pk)
    asked.refresh_from_db()
    assert (asked.status, asked.company_id, asked.closed_by) == ("pending", loser.pk, "")


def test_equal_numbers_become_one_and_come_back(anna: User, pair: Pair) -> None:
    winner, loser = pair
    kept = add_phone(holder=winner, raw="8 343 200-00-01", comment="Приёмная")
    double = add_phone(holder=loser, raw="+7 343 200 00 01", comment="Склад")
    PhoneNumber.objects.filter(pk=double.pk).update(cold_marked_at=timezone.now(), cold_marked_by=anna)
    add_email(holder=loser, raw="info@example.com")
    made = merge(anna, winner, loser)
    kept.refresh_from_db()
    assert (kept.comment, kept.is_cold_call, winner.phones.count()) == ("Приёмная; Склад", True, 1)
    assert winner.emails.get().is_primary
    PhoneNumber.objects.filter(pk=kept.pk).update(comment="Новый")
    report = undo_merge(actor=anna, merge_id=made.pk)
    kept.refresh_from_db()
    assert (kept.comment, kept.is_cold_call, report.kept) == ("Новый", False, ["Телефоны: изменены с тех пор — 1"])
    back = loser.phones.get()
    assert (back.pk, back.comment, back.is_primary, winner.emails.count()) == (double.pk, "Склад", True, 0)


def test_do_not_call_never_falls(anna: User, pair: Pair) -> None:
    Company.objects.filter(pk=pair[1].pk).update(do_not_call=True)
    made = merge(anna, *pair)
    report = undo_merge(actor=anna, merge_id=made.pk)
    assert Company.objects.get(pk=pair[0].pk).do_not_call
    assert report.kept == ["«не звонить»: осталось как есть"]


def test_heads_never_close_a_circle(anna: User, pair: Pair) -> None:
    winner, loser = pair
    top = create_company(actor=anna, name="Холдинг", responsible=anna)
    middle = create_company(actor=anna, name="Управление", responsible=anna)
    for card, head in ((loser, top), (middle, loser), (winner, middle)):
        Company.objects.filter(pk=card.pk).update(head_company=head)
    made = merge(anna, winner, loser)
    heads = dict(Company.objects.values_list("pk", "head_company"))
    assert (heads[winner.pk], heads[middle.pk]) == (top.pk, winner.pk)
    Company.objects.filter(pk=winner.pk).update(head_company=None)
    Company.objects.filter(pk=top.pk).update(head_company=middle)
    report = undo_merge(actor=anna, merge_id=made.pk)
    assert any("круг" in words for words in report.kept)
    assert Company.objects.get(pk=loser.pk).head_company_id is None


def test_undo_goes_youngest_first_within_its_days(anna: User, pair: Pair) -> None:
    winner, loser = pair
    third = create_company(actor=anna, name="Третья", responsible=anna)
    one, two = merge(anna, winner, loser), merge(anna, third, winner)
    with pytest.raises(UndoFirst) as wait:
        undo_merge(actor=anna, merge_id=one.pk)
    assert wait.value.extra["merge"] == two.pk
    undo_merge(actor=anna, merge_id=two.pk)
    Merge.objects.filter(pk=one.pk).update(at=F("at") - timedelta(days=31))
    with pytest.raises(TooLate):
        undo_merge(actor=anna, merge_id=one.pk)
    with pytest.raises(DomainError, match="уже отменено"):
        undo_merge(actor=anna, merge_id=two.pk)


def test_undo_asks_for_the_right_on_both_and_for_free_requisites(
    anna: User, boris: User, clara: User, pair: Pair
) -> None:
    winner, loser = pair
    Company.objects.filter(pk=loser.pk).update(responsible=boris)
    made = merge(clara, winner, loser)
    with pytest.raises(NotAllowed, match="другой сотрудник"):
        undo_merge(actor=anna, merge_id=made.pk)
    change_company(winner.pk, Edit(anna, {"inn": OTHER}))
    change_company(winner.pk, Edit(anna, {"inn": INN}))
    with pytest.raises(Taken):
        undo_merge(actor=clara, merge_id=made.pk)
    assert Company.objects.get(pk=loser.pk).merged_into_id == winner.pk


def test_addresses_lead_on_to_the_end_and_after_the_purge(anna: User, pair: Pair) -> None:
    winner, loser = pair
    third = create_company(actor=anna, name="Третья", responsible=anna)
    merge(anna, winner, loser)
    merge(anna, third, winner)
    assert (merging.resolve(loser.pk), merging.resolve(winner.pk), merging.resolve(third.pk)) == (
        third.pk,
        third.pk,
        None,
    )
    purge_company(winner.pk)
    assert not Company.objects.filter(pk__in=[winner.pk, loser.pk]).exists()
    assert merging.resolve(loser.pk) == third.pk


def test_what_comes_late_follows_its_card(anna: User, pair: Pair) -> None:
    winner, loser = pair
    stale = Company.objects.get(pk=loser.pk)
    made = merge(anna, winner, loser)
    note = add_note(actor=anna, company=stale, text="Пока объединяли")
    number = add_phone(holder=stale, raw="8 343 200-00-05")
    assert (note.company_id, number.company_id) == (winner.pk, winner.pk)
    late = CompanyNote.objects.create(company=loser, text="Мимо службы")
    assert (upkeep.sweep(), upkeep.sweep()) == (1, 0)
    late.refresh_from_db()
    assert late.company_id == winner.pk
    undo_merge(actor=anna, merge_id=made.pk)
    late.refresh_from_db()
    note.refresh_from_db()
    assert (late.company_id, note.company_id) == (loser.pk, winner.pk)


def test_after_thirty_days_the_log_and_the_old_card_are_erased(anna: User, pair: Pair) -> None:
    winner, loser = pair
    merge(anna, winner, loser)
    assert upkeep.tidy() == 0
    past = timezone.now() - timedelta(days=31)
    Merge.objects.update(at=past)
    Company.objects.filter(pk=loser.pk).update(deleted_at=past)
    upkeep.tidy()
    assert not MergeEntry.objects.exists()
    assert not Company.objects.filter(pk=loser.pk).exists()
    assert merging.resolve(loser.pk) == winner.pk


def test_people_of_one_company(anna: User, pair: Pair) -> None:
    company, other = pair
    first = add_contact(company=company, last_name="Котов")
    second = add_contact(company=company, last_name="Котов", first_name="Иван", position="Директор")
    add_phone(holder=second, raw="8 343 200-00-01")
    add_phone(holder=first, raw="8 343 200-00-01")
    stranger = add_contact(company=other, last_name="Котов")
    assert [(p.first, p.second, p.words) for p in alike_people(company)] == [(first, second, "один телефон")]

    def join(winner: Contact, loser: Contact) -> Merge:
        versions: Any = tuple(Contact.objects.get(pk=c.pk).version for c in (winner, loser))
        return merge_contacts(Order(anna, winner.pk, loser.pk, versions, {}))

    with pytest.raises(BadMerge) as wrong:
        join(first, stranger)
    assert wrong.value.code == "other_company"
    made = join(second, first)
    second.refresh_from_db()
    assert (second.is_primary, second.full_name, second.phones.count()) == (True, "Котов Иван", 1)
    undo_merge(actor=anna, merge_id=made.pk)
    people = Contact.objects.filter(company=company, deleted_at__isnull=True).order_by("pk")
    assert [(c.is_primary, c.phones.count()) for c in people] == [(True, 1), (False, 1)]


def test_said_to_be_different_is_silent_until_a_strong_reason(anna: User, pair: Pair) -> None:
    winner, loser = pair
    Company.objects.update(site_host="kabel.ru")
    Company.objects.filter(pk=winner.pk).update(website="kabel.ru")
    winner.refresh_from_db()
    assert [row.code for row in alike(anna, winner)] == ["site"]
    say_different(actor=anna, company_id=winner.pk, other_id=loser.pk)
    assert alike(anna, winner) == []
    for card in pair:
        add_phone(holder=card, raw="8 343 200-00-01")
    assert [row.code for row in alike(anna, winner)] == ["phone"]


def test_hold_follows_a_merge(anna: User, pair: Pair) -> None:
    merge(anna, *pair)
    assert services.hold(pair[1]).pk == pair[0].pk
