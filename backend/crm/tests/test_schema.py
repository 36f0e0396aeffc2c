"""What the models say stands in the database: rules, indexes, foreign keys; migrations can lose them silently."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.state import ProjectState
from django.db.models import Model

from accounts.models import User
from common.schema import DropForeignKeyIndex
from companies.models import PhoneNumber
from companies.services import add_phone, create_company
from phonebridge.models import PhoneDevice

pytestmark = pytest.mark.django_db


def rules(model: type[Model]) -> dict[str, Any]:
    with connection.cursor() as cursor:
        return dict(connection.introspection.get_constraints(cursor, model._meta.db_table))


def missing(model: type[Model]) -> Iterator[str]:
    have = rules(model)
    found = list(have.values())
    yield from (rule.name for rule in (*model._meta.constraints, *model._meta.indexes) if rule.name not in have)
    fields: list[Any] = list(model._meta.local_concrete_fields)
    for field in fields:
        of_column = [one for one in found if one["columns"] == [field.column]]
        if field.remote_field and field.db_constraint and not any(one["foreign_key"] for one in of_column):
            yield f"foreign key of {field.name}"
        if field.unique and not any(one["unique"] for one in of_column):
            yield f"unique {field.name}"
        leads = any((one["index"] or one["unique"]) and one["columns"][:1] == [field.column] for one in found)
        if field.db_index and not leads:
            yield f"index of {field.name}"


@pytest.mark.parametrize("model", apps.get_models(include_auto_created=True), ids=lambda model: model._meta.label)
def test_everything_that_a_model_says_is_there(model: type[Model]) -> None:
    assert list(missing(model)) == []


def test_the_rule_of_one_primary_number_comes_back(anna: User) -> None:
    """Where companies.0009 has run, people may have made a second primary number meanwhile."""
    card = create_company(actor=anna, name="Лес", responsible=anna)
    first, second, third = (add_phone(holder=card, raw=f"8 343 200-00-0{n}") for n in (1, 2, 3))
    with connection.schema_editor() as editor:
        editor.execute("DROP INDEX phone_company_primary")
        PhoneNumber.objects.update(is_primary=True)
        import_module("companies.migrations.0010_primary_again").restore(apps, editor)
    assert list(PhoneNumber.objects.filter(is_primary=True)) == [first]
    assert {second.pk, third.pk} <= set(PhoneNumber.objects.values_list("pk", flat=True))
    assert list(missing(PhoneNumber)) == []


def test_an_index_of_a_foreign_key_goes_alone() -> None:
    """Partial unique rules over the same column stay, and the way back brings the index."""
    field: Any = PhoneDevice._meta.get_field("user").clone()
    field.db_index = False
    old, new = ProjectState.from_apps(apps), ProjectState.from_apps(apps)
    operation = DropForeignKeyIndex("phonedevice", "user", field)
    operation.state_forwards("phonebridge", new)
    names = set(rules(PhoneDevice))
    with connection.schema_editor() as editor:
        operation.database_forwards("phonebridge", editor, old, new)
        left = set(rules(PhoneDevice))
        operation.database_backwards("phonebridge", editor, new, old)
    assert len(names - left) == 1
    assert "device_one_primary" in left
    assert set(rules(PhoneDevice)) == names
