"""Rows of the search. Cards that are there already get theirs from `./crm manage rebuild_search`."""

import django.db.models.deletion
from django.db import migrations, models


class PostgresSQL(migrations.RunSQL):
    """SQL that only PostgreSQL understands; elsewhere the step does nothing."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == 'postgresql':
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == 'postgresql':
            super().database_backwards(app_label, schema_editor, from_state, to_state)


# Text compares by code points: prefixes are ranges of a btree, whatever the language of the database.
ROWS = """
ALTER TABLE search_row ALTER COLUMN folded TYPE text COLLATE "C";
ALTER TABLE search_row ADD COLUMN tsv tsvector NOT NULL
    GENERATED ALWAYS AS (array_to_tsvector(string_to_array(btrim(terms), ' '))) STORED;
CREATE INDEX search_row_folded ON search_row (folded, id);
CREATE INDEX search_row_tsv ON search_row USING gin (tsv) WITH (gin_pending_list_limit = 1024);
"""
ROWS_BACK = """
DROP INDEX search_row_tsv;
DROP INDEX search_row_folded;
ALTER TABLE search_row DROP COLUMN tsv;
"""
WORDS = """
ALTER TABLE search_word ALTER COLUMN word TYPE varchar(100) COLLATE "C";
ALTER TABLE search_word ADD COLUMN trigrams text[] NOT NULL DEFAULT '{}';
CREATE INDEX search_word_word ON search_word (word);
CREATE INDEX search_word_trigrams ON search_word USING gin (trigrams) WITH (gin_pending_list_limit = 1024);
"""
WORDS_BACK = """
DROP INDEX search_word_trigrams;
DROP INDEX search_word_word;
ALTER TABLE search_word DROP COLUMN trigrams;
"""
NUMBERS = """
CREATE INDEX company_inn_tail ON companies_company (reverse(inn) text_pattern_ops) WHERE inn IS NOT NULL;
CREATE INDEX company_ogrn ON companies_company (ogrn varchar_pattern_ops) WHERE ogrn <> '';
CREATE INDEX company_ogrn_tail ON companies_company (reverse(ogrn) text_pattern_ops) WHERE ogrn <> '';
CREATE INDEX email_domain_begins ON companies_emailaddress (domain varchar_pattern_ops);
"""
NUMBERS_BACK = """
DROP INDEX email_domain_begins;
DROP INDEX company_ogrn_tail;
DROP INDEX company_ogrn;
DROP INDEX company_inn_tail;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('companies', '0002_requests'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folded', models.TextField()),
                ('terms', models.TextField()),
                ('company', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='search_row', to='companies.company')),
                ('contact', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='search_row', to='companies.contact')),
            ],
            options={
                'db_table': 'search_row',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('company__isnull', False), ('contact__isnull', True)), models.Q(('company__isnull', True), ('contact__isnull', False)), _connector='OR'), name='search_row_one_holder')],
            },
        ),
        migrations.CreateModel(
            name='SearchWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('word', models.CharField(max_length=100)),
                ('df', models.PositiveIntegerField(db_default=0)),
            ],
            options={
                'db_table': 'search_word',
            },
        ),
        PostgresSQL(ROWS, ROWS_BACK),
        PostgresSQL(WORDS, WORDS_BACK),
        PostgresSQL(NUMBERS, NUMBERS_BACK),
    ]
