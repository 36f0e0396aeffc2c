"""Merges of cards with what is needed to take them back."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('companies', '0004_saved_views'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='contact',
            name='merged_into',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='merged_from', to='companies.contact'),
        ),
        migrations.CreateModel(
            name='Merge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('company', 'компании'), ('contact', 'контакты')], max_length=8)),
                ('winner_id', models.BigIntegerField()),
                ('loser_id', models.BigIntegerField()),
                ('winner_name', models.CharField(max_length=400)),
                ('loser_name', models.CharField(max_length=400)),
                ('winner_version', models.PositiveIntegerField(default=0)),
                ('batch', models.UUIDField(default=uuid.uuid4)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'объединение',
                'verbose_name_plural': 'объединения',
            },
        ),
        migrations.CreateModel(
            name='MergeEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('op', models.CharField(choices=[('moved', 'перенесено'), ('changed', 'изменено'), ('dropped', 'убрано как повтор'), ('added', 'добавлено')], max_length=8)),
                ('model', models.CharField(max_length=80)),
                ('field', models.CharField(blank=True, max_length=60)),
                ('pks', models.JSONField(default=list)),
                ('old', models.JSONField(null=True)),
                ('new', models.JSONField(null=True)),
                ('merge', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='companies.merge')),
            ],
            options={
                'verbose_name': 'шаг объединения',
                'verbose_name_plural': 'шаги объединений',
                'ordering': ['pk'],
            },
        ),
        migrations.AddIndex(
            model_name='merge',
            index=models.Index(fields=['kind', 'winner_id'], name='merge_winner'),
        ),
        migrations.AddConstraint(
            model_name='merge',
            constraint=models.UniqueConstraint(condition=models.Q(('undone_at__isnull', True)), fields=('kind', 'loser_id'), name='merge_loser_once'),
        ),
        migrations.AddConstraint(
            model_name='merge',
            constraint=models.CheckConstraint(condition=models.Q(('winner_id', models.F('loser_id')), _negated=True), name='merge_of_two_cards'),
        ),
    ]
