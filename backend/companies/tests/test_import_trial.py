"""The trial of an import: it says what the run will do, and nobody waits for it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Branch, User
from accounts.roles import DataScope
from companies.edits.fields import Edit, change_company
from companies.importer.rows import inspect, stored_rows
from companies.importing import apply
from companies.importing.handler import CompanyImport
from companies.importing.services import stage_import, try_import
from companies.importing.trial import try_rows
from companies.models import Company, CompanySphere, CompanyStatus, Contact, ExternalRef, PhoneNumber
from companies.search.index import differences
from companies.services import add_contact, add_phone, create_company
from companies.tests.test_import import HEAD, INN, OTHER_INN, ROW, Importer, counts, state, undo
from jobs import passes
from jobs.handlers import RowOutcome
from jobs.models import ChangeLog, JobRow
from notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)
CHUNK = 2
# rows of a portion, and of the part of it that is decided while the one before it is stored
PORTIONS = pytest.mark.parametrize(("chunk", "part"), [(1, 9), (100, 9), (100, 1)])


@pytest.fixture
def load(tmp_path: Path, anna: User, monkeypatch: pytest.MonkeyPatch) -> Importer:
    monkeypatch.setattr(CompanyImport, "chunk_size", CHUNK)
    CompanyStatus.objects.create(code="work", name="В работе")
    return Importer(tmp_path, anna)


def meanwhile(*acts: Callable[[], object]) -> list[str]:
    """What comes of these acts of other people, each on a connection of its own that waits for no lock."""
    said: list[str] = []

    def run(act: Callable[[], object]) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '300ms'")
            with transaction.atomic():
                act()
            said.append("done")
        except DatabaseError as error:
            said.append(repr(error))
        finally:
            connection.close()

    for act in acts:
        thread = Thread(target=run, args=(act,))
        thread.start()
        thread.join()
    return said


def test_nobody_waits_for_a_trial(load: Importer, anna: User, clara: User) -> None:
    old = create_company(actor=anna, name="Старая", inn=OTHER_INN, kpp="773601001", responsible=anna)
    path = load.folder / "big.csv"
    add_contact(company=old, last_name="Орлова", first_name="Мария")
    CompanySphere.objects.create(name="Опт")
    rows = [ROW, f"Имя из файла;{OTHER_INN};773601001;8 343 200-00-40;;Орлова Мария;;;В работе;Опт;Заметка;"]
    # its КПП is that of the other one
    twins = [
        create_company(actor=anna, name="Двое", inn="7830002293", kpp=kpp, responsible=anna)
        for kpp in ("", "783001001")
    ]
    add_phone(holder=twins[0], raw="8 343 200-00-50")
    rows.append("Двое;;783001001;8 343 200-00-50;;;;;;;;")
    rows += [f"Компания {n};;;8 343 200-01-{n:02};;;;;;;;" for n in range(10, 16)]
    path.write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    plan = inspect(path).plan
    job = stage_import(actor=anna, path=path, plan=plan)
    said: list[str] = []

    def tell(row: JobRow, outcome: RowOutcome) -> None:
        if row.n != len(rows) - 1:
            return
        said.extend(
            meanwhile(
                lambda: change_company(old.pk, Edit(clara, {"name": "Имя Клары", "website": "clara.example"})),
                lambda: create_company(actor=clara, name="Та же", inn=INN, kpp="770701001", responsible=clara),
                lambda: add_phone(holder=old, raw="8 343 200-00-41", is_primary=True),
                lambda: add_phone(holder=old, raw="8 343 200-00-40"),
                lambda: add_contact(company=old, last_name="Новая"),
                lambda: old.spheres.add(CompanySphere.objects.get()),
                lambda: Company.objects.select_for_update().get(pk=twins[0].pk),
                lambda: User.objects.select_for_update().get(pk=anna.pk),
                lambda: CompanyStatus.objects.select_for_update().get(code="work"),
            )
        )

    tried = try_rows(job=job, rows=stored_rows(path, plan), tell=tell)
    assert said == ["done"] * 9
    assert tried.rows == len(rows)
    assert {code for _, code in tried.outcomes} == {"created", "updated", "taken"}
    assert set(Company.objects.values_list("name", flat=True)) == {"Имя Клары", "Та же", "Двое"}
    assert not ChangeLog.objects.filter(job=job).exists()
    assert not Notification.objects.filter(title__startswith="Загрузка").exists()


def random_rows(dice: random.Random, count: int) -> list[str]:
    """Rows that mean one another, and cards that are there, in many ways."""
    inns = ["", INN, OTHER_INN, "7830002293", "5024002119"]
    names = ["Кабель", "ООО «Кабель»", "Ромашка", "Лес", ""]
    rows = []
    for _ in range(count):
        inn = dice.choice(inns)
        phones = ", ".join(f"8 343 200-00-0{dice.randrange(1, 6)}" for _ in range(dice.randrange(3)))
        cells = [
            dice.choice(names),
            inn,
            "",
            phones,
            dice.choice(["", "", "a@example.com", "b@example.com"]),
            dice.choice(["", "Котов Иван", "Орлова Мария"]),
            "",
            dice.choice(["", "one.example", "two.example"]),
            dice.choice(["", "В работе", "Неведомый"]),
            "",
            dice.choice(["", "Заметка"]),
            dice.choice(["", "", "A-1", "A-2"]),
        ]
        rows.append(";".join(cells))
    return rows


@pytest.mark.parametrize("mode", ["both", "create", "update"])
@pytest.mark.parametrize("seed", range(6))
def test_a_trial_counts_what_the_run_does(load: Importer, anna: User, boris: User, seed: int, mode: str) -> None:
    dice = random.Random(seed)  # noqa: S311
    there = create_company(actor=anna, name="Ромашка", inn=OTHER_INN, responsible=anna)
    add_phone(holder=there, raw="8 343 200-00-04")
    create_company(actor=boris, name="Чужая", inn="7830002293", responsible=boris)
    add_phone(holder=create_company(actor=anna, name="Без ИНН", responsible=anna), raw="8 343 200-00-05")
    rows = random_rows(dice, 14)
    before = state()
    tried = load(*rows, mode=mode, dry_run=True)
    assert state() == before
    done = load(*rows, mode=mode)
    assert counts(tried) == counts(done), rows
    assert told(tried) == told(done), rows
    assert sum(counts(done)) == len(rows)


# Rows about one company that know each other by what the rows before have given it.
P, Q = "8 343 200-00-01", "8 343 200-00-02"
STORIES = {
    "a card gets its ИНН": ([f";;;{P}", f"Кабель;{INN};;{P}", f"Кабель;{INN};;{Q}"], (1, 2, 0, 0)),
    "a card gets its number": ([f"Кабель;{INN}", f"Кабель;{INN};;{P}", f"Кабель;;;{P}"], (1, 1, 1, 0)),
    "a card that was there gets its ИНН": ([f"Старая;{INN};;{Q}", f"Старая;{INN};;{P}"], (0, 2, 0, 0)),
    "a card that was there gets a number": (
        [f";;;{Q}, {P}", f";;;{P};a@example.com", ";;;200-00-01;A@example.com"],
        (0, 2, 1, 0),
    ),
    "the first name stays": ([f"Кабель;;;{P}", f"Провод;;;{P}"], (1, 0, 1, 0)),
    "ИНН and КПП against each other": ([f"Предприниматель;500100732259;;{P}", f";;770701001;{P}"], (1, 0, 0, 1)),
    "no ИНН in words": (
        ["Кабель;7707083893;770701001;;;;;;;;;A-1", f"Кабель;нет сведений;;{P};;;;;;;;A-1"],
        (1, 1, 0, 0),
    ),
    "a number of this file is kept": (
        [f"Раз;{INN};;;;;;;;;;A-1", f"Два;{OTHER_INN};;;;;;;;;;A-2", "Раз;7830002293;;;;;;;;;;A-1", f"Три;{INN};;{P}"],
        (2, 1, 1, 0),
    ),
    "two cards of one ИНН and КПП": (
        [f"Раз;{INN};770701001", f"Два;;770701001;{P}", f";{INN};770702002;{P}"],
        (2, 0, 0, 1),
    ),
    "one number, typed in two ways": (["Кабель;;;200-00-01, 2000001"], (1, 0, 0, 0)),
    "numbers of one card, typed in two ways": ([f"Кабель;{INN};;{P}", f"Кабель;{INN};;200-00-01"], (1, 0, 1, 0)),
}


@pytest.mark.parametrize("mode", ["both", "create"])
@PORTIONS
@pytest.mark.parametrize("story", STORIES)
def test_later_rows_know_what_earlier_ones_gave(
    load: Importer, anna: User, monkeypatch: pytest.MonkeyPatch, story: str, chunk: int, part: int, mode: str
) -> None:
    monkeypatch.setattr(CompanyImport, "chunk_size", chunk)
    monkeypatch.setattr(apply, "PART", part)
    Branch.objects.filter(pk=anna.branch_id or 0).update(area_code="343")
    add_phone(holder=create_company(actor=anna, name="Старая", responsible=anna), raw=Q)
    rows, wanted = STORIES[story]
    tried, done = load(*rows, mode=mode, dry_run=True), load(*rows, mode=mode)
    assert told(tried) == told(done)
    assert counts(tried) == counts(done), (told(tried), told(done))
    assert counts(done) == (wanted if mode == "both" or "was there" not in story else counts(done))


PARTS = ((99, 1, False), (99, 2, False), (99, 5, False), (7, 3, False))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("mode", ["both", "create"])
def test_it_does_not_matter_where_a_portion_ends(
    load: Importer, anna: User, boris: User, monkeypatch: pytest.MonkeyPatch, seed: int, mode: str
) -> None:
    """Nor whether its rows are done one by one."""
    there = create_company(actor=anna, name="Ромашка", inn=OTHER_INN, responsible=anna)
    add_phone(holder=there, raw="8 343 200-00-04")
    add_phone(holder=create_company(actor=anna, name="Без ИНН", responsible=anna), raw="8 343 200-00-05")
    create_company(actor=boris, name="Чужая", inn="7830002293", responsible=boris)
    rows, before = random_rows(random.Random(seed), 16), state()  # noqa: S311
    together = passes.apply_chunk
    found = []
    for chunk, part, one_by_one in ((99, 99, False), (3, 99, False), (1, 99, False), (99, 99, True), *PARTS):
        monkeypatch.setattr(CompanyImport, "chunk_size", chunk)
        monkeypatch.setattr(apply, "PART", part)
        monkeypatch.setattr(passes, "apply_chunk", lambda one_by_one, by=one_by_one, **o: together(one_by_one=by, **o))
        with transaction.atomic():
            done = load(*rows, mode=mode)
            found.append((counts(done), told(done), {name: sorted(said, key=str) for name, said in state().items()}))
            assert not search_mistakes()
            connection.check_constraints()  # and later again: an undo has a transaction of its own
            undo(done["id"], anna)
            assert (state(), search_mistakes()) == (before, []), rows
            transaction.set_rollback(True)
    for other in found[1:]:
        assert other == found[0], rows


@PORTIONS
def test_shifted_numbers_are_put_right(
    load: Importer, anna: User, monkeypatch: pytest.MonkeyPatch, chunk: int, part: int
) -> None:
    """Each card takes the ИНН that the one before it had: the trial sees it free, as the run does."""
    monkeypatch.setattr(CompanyImport, "chunk_size", chunk)
    monkeypatch.setattr(apply, "PART", part)
    load(f"Раз;{INN};;;;;;;;;;A-1", f"Два;;;{P};;;;;;;;A-2", "Три;500100732259;;;;;;;;;;A-3")
    rows = [f"Раз;{OTHER_INN};;;;;;;;;;A-1", f"Два;{INN};;;;;;;;;;A-2", "Три;7830002293;;;;;;;;;;A-3"]
    rows += ["Три;;783001001;;;;;;;;;A-3", "Два;не требуется;;;;;;;;;;A-2"]
    tried, done = load(*rows, dry_run=True), load(*rows)
    assert told(tried) == told(done)
    assert counts(tried) == counts(done) == (0, 4, 1, 0)
    assert sorted(Company.objects.values_list("name", "inn", "kpp"), key=str) == [
        ("Два", INN, ""),
        ("Раз", OTHER_INN, ""),
        ("Три", "7830002293", "783001001"),
    ]


def test_people_of_one_name_lose_no_number(load: Importer, anna: User) -> None:
    """Two «Котов Иван» with the general line of the firm stand there already."""
    forest = create_company(actor=anna, name="Лес", inn=INN, responsible=anna)
    for _ in range(2):
        add_phone(holder=add_contact(company=forest, last_name="Котов", first_name="Иван"), raw=P)
    names = [f"{letter}{other}ов Пётр" for letter in "БВГДЖ" for other in "аеиоу"]
    load(*[f"Лес;{INN};;;;{name};" for name in names], head="Название;ИНН;КПП;Телефон;E-mail;ФИО;Должность")
    head = "Название;ИНН;ФИО;Телефон контакта"
    new = [f"К{name.lower()}" for name in names]
    load(*[f"Лес;{INN};{name};{P}" for name in new], head=head)
    held = PhoneNumber.objects.filter(contact__company=forest)
    assert held.count() == 2 + len(new)
    assert held.filter(is_primary=True).count() == 2 + len(new)


def test_an_outer_number_goes_with_the_undo(load: Importer, anna: User) -> None:
    create_company(actor=anna, name="Лес", inn=INN, responsible=anna)
    report = load(f"Лес;{INN};;;;;;;;;;A-1")
    assert ExternalRef.objects.count() == 1
    undo(report["id"], anna)
    assert not ExternalRef.objects.exists()
    again = load(f"Лес;{INN};;;;;;;;;;A-2", dry_run=True)
    assert counts(again) == (0, 0, 1, 0)
    assert not ExternalRef.objects.exists()


def test_a_hidden_card_with_these_numbers_is_not_named(load: Importer, anna: User, boris: User) -> None:
    anna.data_scope = DataScope.SELF
    anna.save(update_fields=["data_scope"])
    create_company(actor=boris, name="Тайная", inn=INN, kpp="770701001", responsible=boris)
    own = create_company(actor=anna, name="Своя", inn=INN, kpp="770702002", responsible=anna)
    add_phone(holder=own, raw=P)
    tried, done = (load(f"Своя;;770701001;{P}", dry_run=dry) for dry in (True, False))
    assert told(tried) == told(done) == [(2, "not_yours", True)]


def test_whoever_loads_a_file_sees_what_it_has_made(load: Importer, clara: User, boris: User) -> None:
    """A head who sees only own cards names a colleague: the next portion is about the same card all the same."""
    clara.data_scope = DataScope.SELF
    clara.save(update_fields=["data_scope"])
    head = "Название;ИНН;Телефон;Ответственный"
    rows = [f"Кабель;{INN};{P};{boris.username}", "Лес;;8 343 200-00-09;", f"Кабель;{INN};;", f"Кабель;;{P}, {Q};"]
    load.user = clara
    tried, done = load(*rows, head=head, dry_run=True), load(*rows, head=head)
    assert counts(tried) == counts(done) == (2, 1, 1, 0)
    assert told(tried) == told(done)


def search_mistakes() -> list[str]:
    """Where the search does not know what the cards say."""
    cards, people = (list(model.objects.values_list("pk", flat=True)) for model in (Company, Contact))
    return differences(cards, people, is_mended=False)


def told(report: dict[str, Any]) -> list[tuple[int, str, bool]]:
    return [(p["row"], p["code"], p["refused"]) for p in report["problems"]]


def test_a_trial_that_fails_leaves_nothing(load: Importer, anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    path = load.folder / "some.csv"
    path.write_text("\n".join([HEAD, ROW]), encoding="utf-8")
    monkeypatch.setattr(Contact, "__str__", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        try_import(actor=anna, path=path)
    assert (Company.objects.count(), PhoneNumber.objects.count()) == (0, 0)
