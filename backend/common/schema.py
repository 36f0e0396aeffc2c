"""Operations for migrations."""

from __future__ import annotations

from typing import Any

from django.db import migrations


class DropForeignKeyIndex(migrations.AlterField):
    """A foreign key gets `db_index=False`: its own index goes, and nothing else.

    Django's operation drops every index over that one column that is no `Meta.indexes`: partial unique constraints
    too. It also drops the foreign key and compares all rows when it makes it anew.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            name = _index_of(schema_editor, model, self.name)
            schema_editor.execute(f"DROP INDEX IF EXISTS {schema_editor.quote_name(name)}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            for statement in schema_editor._field_indexes_sql(model, model._meta.get_field(self.name)):
                schema_editor.execute(statement)


def _index_of(schema_editor: Any, model: Any, field: str) -> str:
    """The name that Django gives the index of a field."""
    name: str = schema_editor._create_index_name(model._meta.db_table, [model._meta.get_field(field).column])
    return name
