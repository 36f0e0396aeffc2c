"""People as files name them."""

from __future__ import annotations

import pytest

from accounts.models import User
from companies.importing.lookup import Lookup


@pytest.mark.django_db
@pytest.mark.parametrize(
    "said", ["anna", "Зайцева Анна", "Анна Зайцева", "Зайцева Анна Сергеевна", "анна сергеевна  ЗАЙЦЕВА"]
)
def test_a_person_is_named_with_and_without_the_patronymic(said: str, anna: User) -> None:
    anna.middle_name = "Сергеевна"
    anna.save()
    assert Lookup(anna).owner_of_new(said) == (anna, "")


@pytest.mark.django_db
def test_another_patronymic_names_nobody(anna: User) -> None:
    anna.middle_name = "Сергеевна"
    anna.save()
    assert Lookup(anna).owner_of_new("Зайцева Анна Петровна") == (anna, "unknown_person")


@pytest.mark.django_db
def test_whoever_loads_may_mean_oneself_by_a_surname(anna: User, boris: User) -> None:
    anna.middle_name = "Сергеевна"
    anna.save()
    assert Lookup(anna).namesakes("Зайцева") == [anna]
    assert Lookup(anna).namesakes("Мельник") == []
