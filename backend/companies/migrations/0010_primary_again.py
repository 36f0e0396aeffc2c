"""0009 took four rules along with the indexes of foreign keys: «one primary number», «one primary address»."""

from django.db import migrations

TABLES = (("companies_phonenumber", "phone"), ("companies_emailaddress", "email"))
HOLDERS = ("company", "contact")


def restore(apps, schema_editor):
    """Of several primary rows the first stays."""
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no index is made while rows wait to be compared
    for table, kind in TABLES:
        schema_editor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        for holder in HOLDERS:
            schema_editor.execute(
                f"UPDATE {table} later SET is_primary = false FROM {table} first "
                f"WHERE later.is_primary AND first.is_primary AND later.{holder}_id = first.{holder}_id "
                'AND (later."order", later.id) > (first."order", first.id)'
            )
            schema_editor.execute(
                f"CREATE UNIQUE INDEX IF NOT EXISTS {kind}_{holder}_primary ON {table} ({holder}_id) WHERE is_primary"
            )
    schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):
    dependencies = [("companies", "0009_lean_indexes")]
    operations = [migrations.RunPython(restore, migrations.RunPython.noop)]
