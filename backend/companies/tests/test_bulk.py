"""One action over many companies: frozen, refused by the reasons of the single action, told once, taken back."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import Branch, User
from accounts.roles import DataScope, Role
from audit.models import AuditLog, FieldChange
from companies.bulk.services import BadSelection, Chosen, CountChanged, count_chosen, start_bulk
from companies.edits import marks, requests
from companies.edits.fields import Edit, NotAllowed, change_company
from companies.edits.transfer import BadTarget, transfer_company
from companies.listing import UnknownFilter
from companies.models import Company, CompanyDeletionRequest, CompanySphere, CompanyStatus
from companies.records import BadRecord
from companies.services import create_company
from jobs import services
from jobs.models import ChangeLog, Job, JobRow
from jobs.selectors import job_counts
from jobs.tests.stand import finished
from notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)
WHOLE = Chosen(is_whole=True)


@pytest.fixture
def cards(anna: User, boris: User, dan: User) -> list[Company]:
    owners = (anna, anna, boris, dan)
    return [create_company(actor=who, name=f"Карточка {n}", responsible=who) for n, who in enumerate(owners, 1)]


@pytest.fixture
def status(db: None) -> CompanyStatus:
    return CompanyStatus.objects.create(code="work", name="В работе")


def bulk(actor: User, action: str, chosen: Chosen = WHOLE, **params: Any) -> Job:
    return start_bulk(actor=actor, action=action, params=params, chosen=chosen)


def undone(job: Job, actor: User) -> Job:
    services.undo(job=job, actor=actor)
    return finished(job)


def codes(job: Job) -> list[tuple[int | None, str, str]]:
    return list(JobRow.objects.filter(job=job).order_by("n").values_list("target_id", "status", "code"))


def test_heads_work_reaches_the_branch_and_the_rest_is_refused_by_name(
    clara: User, anna: User, boris: User, cards: list[Company], status: CompanyStatus
) -> None:
    job = finished(bulk(clara, "status", value=status.pk))
    assert [(s, c) for _, s, c in codes(job)] == [("done", "")] * 3 + [("refused", "foreign_branch")]
    assert JobRow.objects.get(job=job, status="refused").reason == "Компания филиала «Краснодар»."
    assert Company.objects.filter(status=status).count() == 3
    trail = AuditLog.objects.filter(entity_type="company", verb="update", meta__job=str(job.pk))
    assert set(trail.values_list("entity_id", flat=True)) == {str(card.pk) for card in cards[:3]}
    assert finished(bulk(clara, "status", value=status.pk)).status == "done"
    assert job_counts(Job.objects.latest("created_at")).by_status() == {"unchanged": 3, "refused": 1}
    job = undone(job, clara)
    assert (job.status, Company.objects.filter(status=None).count()) == ("undone", 4)


def test_evenly_over_several_in_the_order_of_numbers(
    gleb: User, anna: User, boris: User, dan: User, cards: list[Company]
) -> None:
    job = finished(bulk(gleb, "responsible", to=[boris.pk, dan.pk]))
    owners = list(Company.objects.order_by("pk").values_list("responsible", "branch"))
    to_boris, to_dan = (boris.pk, boris.branch_id), (dan.pk, dan.branch_id)
    assert owners == [to_boris, to_dan, to_boris, to_dan]
    assert [s for _, s, _ in codes(job)] == ["done", "done", "unchanged", "unchanged"]
    titles = dict(Notification.objects.values_list("user__username", "title"))
    assert titles == {"boris": "Вам передана 1 компания", "dan": "Вам передана 1 компания"}
    undone(job, gleb)
    assert list(Company.objects.order_by("pk").values_list("responsible", flat=True)) == [
        anna.pk,
        anna.pk,
        boris.pk,
        dan.pk,
    ]


def test_what_another_wrote_meanwhile_stays(
    gleb: User, anna: User, dan: User, boris: User, cards: list[Company]
) -> None:
    job = bulk(gleb, "responsible", to=[dan.pk])
    transfer_company(actor=anna, company_id=cards[0].pk, to_id=boris.pk)
    change_company(cards[1].pk, Edit(anna, {"city": "Пермь"}))  # another field is no obstacle
    job = finished(job)
    assert [(s, c) for _, s, c in codes(job)] == [
        ("refused", "changed_since"),
        ("done", ""),
        ("done", ""),
        ("unchanged", ""),
    ]
    assert JobRow.objects.get(job=job, n=1).reason.startswith("Изменена: Анна Зайцева, ")
    transfer_company(actor=gleb, company_id=cards[1].pk, to_id=anna.pk)
    transfer_company(actor=gleb, company_id=cards[1].pk, to_id=dan.pk)  # A→B→A counts as edited
    job = undone(job, gleb)
    assert Company.objects.get(pk=cards[2].pk).responsible == boris
    kept = JobRow.objects.get(job=job, undo_status="kept")
    assert (kept.target_id, kept.undo_reason) == (cards[1].pk, "Изменено: Глеб Гусев.")


def test_people_who_leave_in_the_middle(
    gleb: User, anna: User, dan: User, cards: list[Company], status: CompanyStatus
) -> None:
    given = bulk(gleb, "responsible", to=[dan.pk])
    User.objects.filter(pk=dan.pk).update(is_active=False)
    assert Counter(c for _, _, c in codes(finished(given))) == {"inactive": 3, "": 1}
    mine = bulk(anna, "status", value=status.pk)
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert {c for _, _, c in codes(finished(mine))} == {"author_inactive"}
    assert not Company.objects.filter(status=status).exists()


def test_lost_sight_is_gone_without_a_name(
    anna: User, boris: User, cards: list[Company], status: CompanyStatus
) -> None:
    job = bulk(anna, "status", value=status.pk)
    User.objects.filter(pk=anna.pk).update(data_scope=DataScope.SELF)
    finished(job)
    assert [c for _, _, c in codes(job)] == ["", "", "gone", "gone"]
    assert set(JobRow.objects.filter(job=job, code="gone").values_list("reason", flat=True)) == {"Недоступна."}


def test_spheres_marks_state_and_deletion(clara: User, ada: User, anna: User, cards: list[Company]) -> None:
    other, sphere = CompanySphere.objects.create(name="Опт"), CompanySphere.objects.create(name="Розница")
    cards[0].spheres.set([other])
    mine = Chosen(ids=(cards[0].pk, cards[1].pk))
    orders: dict[str, dict[str, Any]] = {
        "sphere_add": {"value": sphere.pk},
        "cold": {},
        "lead_state": {"value": "warm"},
        "delete_request": {"reason": "Дубли из старой базы"},
    }
    done = {key: finished(bulk(clara, key, mine, **params)) for key, params in orders.items()}
    card = Company.objects.get(pk=cards[0].pk)
    assert (set(card.spheres.all()), card.is_cold_call, card.lead_state) == ({other, sphere}, True, "warm")
    assert list(Notification.objects.filter(user=ada).values_list("title", flat=True)) == ["Запросы на удаление: 2"]
    reset = finished(bulk(clara, "cold_reset", mine, reason="Отметили по ошибке"))
    assert not Company.objects.filter(cold_marked_at__isnull=False).exists()
    undone(reset, clara)
    assert Company.objects.get(pk=card.pk).cold_marked_at == card.cold_marked_at
    request = CompanyDeletionRequest.objects.get(company=cards[1])
    requests.reject(actor=ada, request=request, reason="Это не дубль")
    for job in done.values():
        undone(job, clara)
    card.refresh_from_db()
    assert (set(card.spheres.all()), card.lead_state) == ({other}, "cold")
    assert CompanyDeletionRequest.objects.filter(status="pending").count() == 0
    assert job_counts(done["delete_request"]).by_undo() == {"undone": 1, "kept": 1}
    # the mark was set anew by the undo of its reset: somebody else's write, so the first job leaves it
    assert job_counts(done["cold"]).by_undo() == {"kept": 2}


def test_selection_is_checked_before_anything_is_written(
    anna: User, clara: User, gleb: User, cards: list[Company], settings: LazySettings
) -> None:
    for chosen in (Chosen(), Chosen(ids=(2**62, 0, -1)), Chosen(is_whole=True, query="city=Нигде")):
        with pytest.raises(BadSelection, match="Не выбрано"):
            bulk(clara, "cold", chosen)
    for query in ("sttus=1", "status.like=1", "lead_state=hot"):
        with pytest.raises(UnknownFilter):
            bulk(clara, "cold", Chosen(is_whole=True, query=query))
    settings.BULK_ROWS = 3
    with pytest.raises(BadSelection, match="не больше 3"):
        bulk(clara, "cold")
    with pytest.raises(BadSelection, match="не больше 3"):
        count_chosen(user=clara, chosen=WHOLE)
    for actor, action, params, refusal in (
        (anna, "lead_state", {"value": "warm"}, NotAllowed),
        (clara, "branch", {"value": None}, NotAllowed),
        (clara, "erase", {}, BadRecord),
        (clara, "status", {"value": 2**62}, BadRecord),
        (clara, "responsible", {"to": [gleb.pk]}, BadTarget),
        (clara, "responsible", {"to": []}, BadRecord),
        (clara, "delete_request", {"reason": "   "}, BadRecord),
    ):
        with pytest.raises(refusal):
            bulk(actor, action, Chosen(ids=(cards[0].pk,)), **params)
    assert not Job.objects.exists()


def test_another_number_than_was_seen_is_confirmed_again(anna: User, clara: User) -> None:
    for n in range(12):
        create_company(actor=anna, name=f"К{n}", responsible=anna)
    with pytest.raises(CountChanged) as refusal:
        bulk(clara, "cold", Chosen(is_whole=True, seen=1))
    assert refusal.value.extra["count"] == 12
    assert not Job.objects.exists()
    assert bulk(clara, "cold", Chosen(is_whole=True, seen=2)).total == 12


def test_one_of_a_person_runs_at_a_time(anna: User, cards: list[Company]) -> None:
    first, second = bulk(anna, "cold"), bulk(anna, "cold")
    assert (first.status, second.status) == ("running", "queued")
    services.cancel(job=first, actor=anna)
    assert finished(first).status == "cancelled"
    second.refresh_from_db()
    assert second.status == "running"


def test_freeze_is_one_statement_whatever_the_size(clara: User, cards: list[Company]) -> None:
    statements = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        job = bulk(clara, "cold")
    assert sum("INSERT INTO" in sql and "jobs_jobrow" in sql for sql in statements) == 1
    versions = dict(JobRow.objects.filter(job=job).values_list("target_id", "target_version"))
    assert versions == dict(Company.objects.values_list("pk", "version"))


ACTS = st.sampled_from(["status", "responsible", "lead_state", "cold"])


class TestAnyWorld(TestCase):
    """touched ⊆ frozen; every frozen card has one outcome; undo touches only what the job wrote."""

    @settings(max_examples=6, deadline=None)
    @given(
        owners=st.lists(st.integers(0, 3), min_size=1, max_size=5),
        action=ACTS,
        role=st.sampled_from([Role.MANAGER, Role.SALES_HEAD, Role.GROUP_MANAGER]),
        scope=st.sampled_from(list(DataScope)),
        before=st.sets(st.integers(0, 4), max_size=2),
        after=st.sets(st.integers(0, 4), max_size=2),
    )
    def test_invariants(
        self, owners: list[int], action: str, role: Role, scope: DataScope, before: set[int], after: set[int]
    ) -> None:
        near, far = (Branch.objects.create(code=c, name=c) for c in ("near", "far"))
        actor = User.objects.create(username="actor", role=role, data_scope=scope, branch=near)
        mate, stranger = (User.objects.create(username=n, branch=b) for n, b in (("mate", near), ("far", far)))
        boss = User.objects.create(username="boss", role=Role.ADMIN)
        status, other = (CompanyStatus.objects.create(code=c, name=c) for c in ("a", "b"))
        people: list[User | None] = [actor, mate, stranger, None]
        cards = [create_company(actor=boss, name=f"К{n}", responsible=people[o]) for n, o in enumerate(owners)]
        params: dict[str, dict[str, Any]] = {
            "status": {"value": status.pk},
            "responsible": {"to": [mate.pk]},
            "lead_state": {"value": "warm"},
        }

        def meddle(numbers: set[int]) -> None:
            for n in numbers & set(range(len(cards))):
                change_company(cards[n].pk, Edit(boss, {"status": other.pk, "city": "Пермь"}))

        try:
            job = bulk(actor, action, **params.get(action, {}))
        except (BadSelection, NotAllowed):
            return
        frozen = set(JobRow.objects.filter(job=job).values_list("target_id", flat=True))
        create_company(actor=boss, name="Позже", responsible=actor)
        meddle(before)
        state = snapshot()
        job = finished(job)
        outcomes = Counter(s for _, s, _ in codes(job))
        assert sum(outcomes.values()) == len(frozen) == job.total
        assert set(outcomes) <= {"done", "unchanged", "refused"}
        written = {int(pk) for pk in ChangeLog.objects.filter(job=job).values_list("object_id", flat=True)}
        differs = {pk for pk, row in snapshot().items() if row != state[pk]}
        assert differs == written <= frozen
        assert len(written) == outcomes["done"]
        assert FieldChange.objects.filter(batch=job.pk).values("entity_id").distinct().count() == len(written)
        meddle(after)
        state = snapshot()
        job = undone(job, actor)
        kept = job_counts(job).by_undo()
        differs = {pk for pk, row in snapshot().items() if row != state[pk]}
        assert differs <= written
        assert len(differs) == kept.get("undone", 0)
        marks_left = Company.objects.filter(pk__in=differs, cold_marked_at__isnull=False)
        assert not marks_left.exists()


def snapshot() -> dict[int, tuple[Any, ...]]:
    names = ("pk", "status", "responsible", "branch", "lead_state", "cold_marked_at", "city")
    return {row[0]: row for row in Company.objects.values_list(*names)}


def test_marks_of_people_below_stay(anna: User, cards: list[Company]) -> None:
    """Nothing rolls down: the action is about the company's own mark."""
    finished(bulk(anna, "cold", Chosen(ids=(cards[0].pk,))))
    assert marks.cold_of(cards[0]).own
