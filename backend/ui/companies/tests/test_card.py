"""The card at its door."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import DataScope
from companies.edits.deletion import delete_company
from companies.models import Company, DoNotCall, LeadState
from companies.services import add_note, add_phone
from phonebridge.enums import CallStatus, Status
from phonebridge.models import CallRequest
from ui.tests.doors import NUMBER, client_of, limit, make_card

pytestmark = pytest.mark.django_db
PARTS = ("", "live/", "history/", "pills/", "acts/")


def test_card_shows_phones_people_facts_and_history(anna: User) -> None:
    company = make_card(anna)
    add_note(actor=anna, company=company, text="Просят новый прайс")
    CallRequest.objects.create(
        user=anna,
        branch=anna.branch,
        company=company,
        phone_e164="+73430001234",
        status=Status.CONSUMED,
        call_status=CallStatus.CONNECTED,
        call_duration_seconds=252,
        closed_at=timezone.now(),
    )
    page = client_of(anna).get(f"/companies/{company.pk}/").text
    for words in (NUMBER, "Дёмин Кирилл", "6671000003", "Просят новый прайс", "Разговор 4:12", "телефон не подключён"):
        assert words in page
    assert page.count("data-call-button") == 3  # two numbers and the bar of narrow screens


@pytest.mark.parametrize("part", PARTS)
def test_invisible_deleted_and_missing_give_one_answer(
    anna: User, boris: User, dan: User, clara: User, gleb: User, ada: User, part: str
) -> None:
    company = make_card(anna)
    limit(DataScope.BRANCH, dan, clara, gleb)
    limit(DataScope.SELF, boris)
    for user, status in ((anna, 200), (clara, 200), (ada, 200), (boris, 404), (dan, 404), (gleb, 404)):
        answer = client_of(user).get(f"/companies/{company.pk}/{part}")
        assert answer.status_code == status, user.username
        assert status == 200 or "Сибирь" not in answer.text
    hidden = client_of(dan).get(f"/companies/{company.pk}/{part}")
    missing = client_of(dan).get(f"/companies/{company.pk + 1}/{part}")
    assert (hidden.status_code, len(hidden.content)) == (missing.status_code, len(missing.content))


@pytest.mark.parametrize("pk", ["0", "-1", str(2**63), "9" * 5000, "x"])
def test_an_id_that_cannot_be_is_404(anna: User, pk: str) -> None:
    assert client_of(anna).get(f"/companies/{pk}/").status_code == 404


def test_numbers_that_must_not_be_dialled_say_why(anna: User) -> None:
    company = make_card(anna)
    add_phone(holder=company, raw="спросить на вахте")
    DoNotCall.objects.create(e164="+73430001234", by=anna)
    page = client_of(anna).get(f"/companies/{company.pk}/live/").text
    assert "Номер не распознан" in page
    assert "Просили не звонить" in page
    assert page.count("data-call-button") == 1


def test_note_of_a_call_is_hidden_from_another_branch(anna: User, dan: User) -> None:
    company = make_card(anna)
    CallRequest.objects.create(
        user=anna, branch=anna.branch, company=company, note="тайное слово", closed_at=timezone.now()
    )
    assert "тайное слово" in client_of(anna).get(f"/companies/{company.pk}/").text
    page = client_of(dan).get(f"/companies/{company.pk}/").text
    assert "Анна Зайцева" in page
    assert "тайное слово" not in page


@pytest.mark.parametrize(
    "query", ["before=x", "before=2026-11-01T00:00:00%2B00:00~call~1", "show=x", "before=%00~a~b"]
)
def test_strange_history_answers(anna: User, query: str) -> None:
    company = make_card(anna)
    assert client_of(anna).get(f"/companies/{company.pk}/?{query}").status_code == 200
    assert client_of(anna).get(f"/companies/{company.pk}/history/?{query}").status_code == 200


def test_long_history_goes_on(anna: User) -> None:
    company = make_card(anna)
    for number in range(35):
        add_note(actor=anna, company=company, text=f"заметка {number}.")
    client = client_of(anna)
    first = client.get(f"/companies/{company.pk}/?show=note")
    assert "заметка 34." in first.text
    assert "заметка 2." not in first.text
    rest = client.get(f"/companies/{company.pk}/", {"show": "note", "before": first.context["next"]})
    assert "заметка 2." in rest.text
    assert "К началу" in rest.text


def test_number_of_queries_is_fixed(anna: User, django_assert_max_num_queries: object) -> None:
    company = make_card(anna)
    for number in range(10):
        add_phone(holder=company, raw=f"+7 343 000-77-{number:02}")
    client = client_of(anna)
    client.get(f"/companies/{company.pk}/")
    with django_assert_max_num_queries(29):  # type: ignore[operator]
        client.get(f"/companies/{company.pk}/")


def test_organisation_around_a_card_is_shown_as_far_as_one_sees_it(anna: User, boris: User, ada: User) -> None:
    head, one, other, foreign = (
        Company.objects.create(name=name, responsible=owner, branch=anna.branch)
        for name, owner in (("Голова", anna), ("Ветвь Б", anna), ("Ветвь А", anna), ("Чужая ветвь", boris))
    )
    Company.objects.filter(pk__in=[one.pk, other.pk, foreign.pk]).update(head_company=head)
    limit(DataScope.SELF, anna)
    page = client_of(anna).get(f"/companies/{head.pk}/facts/").text
    assert page.index("Ветвь А") < page.index("Ветвь Б")
    assert "Чужая ветвь" not in page
    assert (
        f'<a class="link" href="/companies/{head.pk}/">Голова</a>'
        in client_of(anna).get(f"/companies/{one.pk}/facts/").text
    )
    limit(DataScope.SELF, boris)
    assert "Голова" not in client_of(boris).get(f"/companies/{foreign.pk}/facts/").text
    delete_company(actor=ada, company_id=head.pk, reason="Закрылась совсем")
    gone = client_of(anna).get(f"/companies/{one.pk}/facts/").text
    assert ("компания удалена" in gone, "Голова" in gone) == (True, False)


def test_pills_and_menu_are_redrawn_by_themselves(anna: User) -> None:
    company = make_card(anna)
    client = client_of(anna)
    assert "Не звонить" in client.get(f"/companies/{company.pk}/acts/").text
    assert "холодный" in client.get(f"/companies/{company.pk}/pills/").text
    Company.objects.filter(pk=company.pk).update(do_not_call=True, lead_state=LeadState.WARM, inn=None, inn_raw="123")
    assert "Не звонить" not in client.get(f"/companies/{company.pk}/acts/").text
    assert "тёплый" in client.get(f"/companies/{company.pk}/pills/").text
    assert "123" in client.get(f"/companies/{company.pk}/facts/").text
