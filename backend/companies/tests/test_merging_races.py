"""At once: two merges over one card, a merge and somebody who writes to the card that goes."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from accounts.models import User
from accounts.tests.queues import held
from common.errors import DomainError
from companies.merging.services import Order, merge_companies
from companies.models import Company, Merge
from companies.services import add_note, add_phone, create_company

pytestmark = pytest.mark.django_db(transaction=True)


def merge(who: User, winner: Company, loser: Company) -> Any:
    try:
        return merge_companies(Order(who, winner.pk, loser.pk, (1, 1)))
    except DomainError as error:
        return error.code


def test_of_two_merges_one_wins_and_what_is_written_meanwhile_follows(anna: User) -> None:
    first, second, third = (create_company(actor=anna, name=name, responsible=anna) for name in ("А", "Б", "В"))
    with held(second) as queue:
        queue.join("one", partial(merge, anna, first, second))
        queue.join("two", partial(merge, anna, third, first))
        queue.join("phone", partial(add_phone, holder=second, raw="8 343 200-00-01"))
        queue.join("note", partial(add_note, actor=anna, company=second, text="Звонить утром"))
    assert isinstance(queue.answers["one"], Merge)
    assert queue.answers["two"] == "changed"
    assert queue.answers["phone"].company_id == queue.answers["note"].company_id == first.pk
