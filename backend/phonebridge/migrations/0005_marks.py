"""A trigger that marks past days whose counted calls change, and vacuum often enough for index-only scans."""

from django.db import migrations

# Yesterday and today by UTC are never sealed, so they need no mark.
MARKS = """
CREATE FUNCTION call_mark_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.is_counted AND OLD.counted_on < (now() AT TIME ZONE 'UTC')::date - 1 THEN
        INSERT INTO phonebridge_calldirty (counted_on) VALUES (OLD.counted_on);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.is_counted AND NEW.counted_on < (now() AT TIME ZONE 'UTC')::date - 1
       AND (TG_OP = 'INSERT' OR NOT OLD.is_counted OR NEW.counted_on IS DISTINCT FROM OLD.counted_on) THEN
        INSERT INTO phonebridge_calldirty (counted_on) VALUES (NEW.counted_on);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER call_marks_new AFTER INSERT ON phonebridge_callrequest FOR EACH ROW
WHEN (NEW.is_counted AND NEW.counted_on < (now() AT TIME ZONE 'UTC')::date - 1)
EXECUTE FUNCTION call_mark_days();

CREATE TRIGGER call_marks_gone AFTER DELETE ON phonebridge_callrequest FOR EACH ROW
WHEN (OLD.is_counted AND OLD.counted_on < (now() AT TIME ZONE 'UTC')::date - 1)
EXECUTE FUNCTION call_mark_days();

CREATE TRIGGER call_marks_changed AFTER UPDATE ON phonebridge_callrequest FOR EACH ROW
WHEN ((OLD.is_counted OR NEW.is_counted)
      AND (OLD.counted_on < (now() AT TIME ZONE 'UTC')::date - 1
           OR NEW.counted_on < (now() AT TIME ZONE 'UTC')::date - 1)
      AND (OLD.is_counted, OLD.counted_on, OLD.counted_hour, OLD.counted_at, OLD.number_key, OLD.user_id, OLD.branch_id,
           OLD.call_status, OLD.flow, OLD.resolve_method, OLD.action_source, OLD.talk_s)
          IS DISTINCT FROM
          (NEW.is_counted, NEW.counted_on, NEW.counted_hour, NEW.counted_at, NEW.number_key, NEW.user_id, NEW.branch_id,
           NEW.call_status, NEW.flow, NEW.resolve_method, NEW.action_source, NEW.talk_s))
EXECUTE FUNCTION call_mark_days();

ALTER TABLE phonebridge_callrequest SET (autovacuum_vacuum_insert_scale_factor = 0.02);
"""
NO_MARKS = """
DROP TRIGGER call_marks_new ON phonebridge_callrequest;
DROP TRIGGER call_marks_gone ON phonebridge_callrequest;
DROP TRIGGER call_marks_changed ON phonebridge_callrequest;
DROP FUNCTION call_mark_days();
ALTER TABLE phonebridge_callrequest RESET (autovacuum_vacuum_insert_scale_factor);
"""


def run(sql):
    def change(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql, params=None)

    return change


class Migration(migrations.Migration):
    dependencies = [("phonebridge", "0004_statistics")]

    operations = [migrations.RunPython(run(MARKS), run(NO_MARKS))]
