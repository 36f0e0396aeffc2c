"""What the models say stands in the database: rules, indexes, foreign keys; migrations can lose them silently."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model

pytestmark = pytest.mark.django_db


def missing(model: type[Model]) -> Iterator[str]:
    with connection.cursor() as cursor:
        have: dict[str, Any] = dict(connection.introspection.get_constraints(cursor, model._meta.db_table))
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
