"""Writers of one card at the same moment leave rows that are what the cards say."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.models import User
from companies.models import Company, Contact, SearchWord
from companies.search import index
from companies.search.rebuild import rebuild
from companies.services import add_contact, create_company

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 12


def alone(work: Callable[[], None]) -> None:
    """In a thread of its own, whose connection goes with it."""
    try:
        work()
    finally:
        connection.close()


def test_transfers_and_renames_at_once(anna: User, dan: User) -> None:
    company = create_company(actor=anna, name="Лес", responsible=anna)
    person = add_contact(company=company, last_name="Иванов")

    def transfer() -> None:
        for n in range(TIMES):
            with transaction.atomic():
                Company.objects.filter(pk=company.pk).update(responsible=(anna, dan)[n % 2])
                index.refresh_companies([company.pk])

    def rename() -> None:
        for n in range(TIMES):
            with transaction.atomic():
                Contact.objects.filter(pk=person.pk).update(last_name=f"Иванов{n}")
                index.refresh_contacts([person.pk])

    def hire() -> None:
        for n in range(TIMES):
            add_contact(company=company, last_name=f"Новый{n}")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(alone, (transfer, rename, hire)))
    assert list(rebuild(check=True)) == []


def test_a_new_word_does_not_wait_for_another_writer(anna: User) -> None:
    """Two open transactions bring the same words in different order: neither waits, the night leaves one of each."""

    def other() -> None:
        create_company(actor=None, name="Чугун Сталь")

    with transaction.atomic():
        create_company(actor=None, name="Сталь Чугун")
        with ThreadPoolExecutor(1) as pool:
            pool.submit(alone, other).result(timeout=8)
    assert SearchWord.objects.count() == 4
    list(rebuild(check=False))
    assert sorted(SearchWord.objects.values_list("word", "df")) == [("сталь", 2), ("чугун", 2)]
