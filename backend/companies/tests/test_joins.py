"""Two people add one person to a company at the same moment: the second one hears that it is done."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import pytest
from django.db import connection, transaction

from accounts.models import User
from audit.models import FieldChange
from common.errors import DomainError
from companies.edits.people import delete_contact, join_company, new_lone_contact
from companies.edits.transfer import transfer_company
from companies.merging.services import Order, merge_companies
from companies.models import Company, Contact, ExternalRef
from companies.services import create_company
from crm.tests.live import waiters
from devkit.serving import wait_until
from phonebridge.models import CallRequest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]


@pytest.fixture
def person(anna: User) -> Contact:
    return new_lone_contact(actor=anna, values={"last_name": "Котов"})


def company(anna: User, name: str) -> Company:
    return create_company(actor=anna, name=name, responsible=anna)


def second(first: Callable[[], object], act: Callable[[], object]) -> str:
    """What `act` comes to when it waits for `first`, which is committed meanwhile."""
    said: list[str] = []

    def run() -> None:
        try:
            act()
            said.append("done")
        except DomainError as refusal:
            said.append(refusal.detail)
        finally:
            connection.close()

    thread = Thread(target=run)
    with transaction.atomic():
        first()
        thread.start()

        def waits() -> bool:
            with connection.cursor() as cursor:
                return waiters(cursor) > 0

        wait_until(waits, "the second one waits for the first")
    thread.join()
    return said[0]


def test_nobody_is_taken_out_of_a_company(anna: User, person: Contact) -> None:
    one, other = company(anna, "Лес"), company(anna, "Поле")

    def join(to: Company) -> Contact:
        return join_company(actor=anna, contact_id=person.pk, company_id=to.pk)

    assert second(lambda: join(one), lambda: join(other)) == "У контакта уже есть компания."
    assert Contact.objects.get(pk=person.pk).company == one


def test_a_deleted_person_joins_nobody(anna: User, person: Contact) -> None:
    forest = company(anna, "Лес")
    gone = second(
        lambda: delete_contact(actor=anna, contact_id=person.pk),
        lambda: join_company(actor=anna, contact_id=person.pk, company_id=forest.pk),
    )
    assert gone == "Не найдено."
    assert not Contact.objects.filter(company=forest).exists()


def test_a_merged_company_is_followed(anna: User, clara: User, person: Contact) -> None:
    one, other = company(anna, "Лес"), company(anna, "Лесной")
    order = Order(actor=clara, winner_id=other.pk, loser_id=one.pk, versions=(other.version, one.version))
    said = second(
        lambda: merge_companies(order),
        lambda: join_company(actor=anna, contact_id=person.pk, company_id=one.pk),
    )
    assert said == "done"
    assert Contact.objects.get(pk=person.pk).company == other


def test_the_card_that_has_gone_to_another_takes_nobody(anna: User, boris: User, clara: User, person: Contact) -> None:
    forest = company(anna, "Лес")
    said = second(
        lambda: transfer_company(actor=clara, company_id=forest.pk, to_id=boris.pk),
        lambda: join_company(actor=anna, contact_id=person.pk, company_id=forest.pk),
    )
    assert said.startswith("Ответственный — Борис")
    assert Contact.objects.get(pk=person.pk).company is None


def test_what_a_join_leaves_behind(anna: User, person: Contact) -> None:
    call = CallRequest.objects.create(user=anna, contact=person, phone_raw="+73432000001")
    ref = ExternalRef.objects.create(source="old", external_id="7", contact=person)
    joined = join_company(actor=anna, contact_id=person.pk, company_id=company(anna, "Лес").pk)
    call.refresh_from_db()
    assert (call.company, call.rev) == (joined.company, 2)
    ref.refresh_from_db()
    assert (ref.contact, ref.company) == (person, None)
    changes = FieldChange.objects.filter(entity_type="contact", entity_id=person.pk, version=joined.version)
    assert set(changes.values_list("field", flat=True)) == {"company", "responsible", "branch"}
