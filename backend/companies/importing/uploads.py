"""From a file that somebody sends to an import that has started: look, map, check, begin."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import User
from common.errors import DomainError
from companies.importer import synonyms
from companies.importer.errors import BadFile
from companies.importer.files import sha256_of
from companies.importer.headers import fold_title
from companies.importer.limits import MIB
from companies.importer.rows import Inspection, Overrides, Plan, inspect
from companies.importing.apply import TEXTS
from companies.importing.drafts import Draft, Look, State, look_of
from companies.importing.handler import KIND
from companies.importing.lookup import Lookup, key
from companies.importing.services import MODES, BadImport
from companies.models import ImportMapping
from jobs import files, rehearsal, services
from jobs.models import ENDED, Job, Status
from jobs.selectors import visible_jobs

LOOK = "companies.import_look"
CHECK = "companies.import_check"
KEEP = timedelta(days=30)
# a larger file is looked at in the background
AT_ONCE_BYTES = 2 * MIB
MOST_UNSTARTED = 20
# a row is recognised by one of these
NEEDED = frozenset(["name", "legal_name", "inn", "phones", "contact_phones"])
# fields whose old value may be kept
SINGLE = frozenset([*TEXTS, "inn", "status", "contract_type", "contract_until", "branch"])


class NotAuthor(DomainError):
    code = "not_yours"
    status = 403


class Changed(DomainError):
    """The page that was sent is older than the draft."""

    code = "changed"
    status = 409


def upload(*, actor: User, name: str, size: int, chunks: Iterable[bytes]) -> Job:
    """Keep a file and look at it, a large one in the background. Raises BadFile, BadImport; then nothing is kept."""
    if not size:
        raise BadFile("empty_file")
    if size > settings.IMPORT["file_mb"] * MIB:
        raise BadFile("too_big", limit=settings.IMPORT["file_mb"])
    if unstarted(actor).count() >= MOST_UNSTARTED:
        raise BadImport(f"У вас {MOST_UNSTARTED} неначатых загрузок. Удалите лишние.", code="too_many")
    shown = clean_name(name)
    job = services.create_job(actor=actor, kind=KIND, title=f"Загрузка {shown}", params={"file": shown})
    try:
        files.write(job=job, chunks=chunks, name=shown, keep=KEEP)
        job.refresh_from_db()
        look_at(job=job, actor=actor)
    except (DomainError, OSError):
        services.discard(job=job)
        raise
    return job


def clean_name(name: str) -> str:
    """The last part of the name, without signs that nobody sees."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(c for c in unicodedata.normalize("NFC", last) if c.isprintable()).strip()
    return seen[-150:] or "файл"


def unstarted(actor: User) -> QuerySet[Job]:
    return Job.objects.filter(kind=KIND, created_by=actor, status=Status.STAGING)


def look_at(*, job: Job, actor: User, overrides: Overrides | None = None) -> None:
    """Find out what the file is, or read it as the person says. Raises BadFile, NotAuthor, Changed, NoFile."""
    _check_author(job, actor)
    path = files.existing_path(job)
    chosen = overrides or Overrides()
    if job.file_size <= AT_ONCE_BYTES:
        keep_look(job=job, found=inspect(path, overrides=chosen), header_row=chosen.header_row)
        return
    params = {
        "import": str(job.pk),
        "sheet": chosen.sheet,
        "encoding": chosen.encoding,
        "delimiter": chosen.delimiter,
        "header_row": chosen.header_row,
    }
    helper = _helper(job, LOOK, "Чтение файла", params)
    _write(job, look_job=str(helper.pk), check=None)
    services.start(job=helper)


def _helper(job: Job, kind: str, title: str, params: dict[str, Any]) -> Job:
    """Work of one row that serves this import."""
    helper = services.create_job(actor=job.created_by, kind=kind, title=title, params=params)
    services.stage_rows(job=helper, rows=[services.Staged()])
    return helper


def keep_look(*, job: Job, found: Inspection, header_row: int | None) -> None:
    """The file was looked at; `header_row` is the person's own word, None: it was found."""
    _write(job, header_row=header_row, look=look_of(found), plan=found.plan.dump(), look_job=None, check=None)


@transaction.atomic
def _write(job: Job, **values: Any) -> None:
    """Change what the draft knows; None forgets. Raises Changed for an import that has begun."""
    stored = Job.objects.select_for_update().filter(pk=job.pk, status=Status.STAGING).first()
    if stored is None:
        raise Changed("Загрузка уже начата или удалена.")
    params = {name: value for name, value in {**stored.params, **values}.items() if value is not None}
    stored.params = job.params = params
    stored.save(update_fields=["params"])


def titles_key(look: Look) -> str:
    return hashlib.sha256("\n".join(look.titles_key).encode()).hexdigest()


def remembered(*, actor: User, look: Look) -> ImportMapping | None:
    """What this person has chosen for the same titles the last time."""
    if not look.header_row:
        return None
    return ImportMapping.objects.filter(user=actor, titles_key=titles_key(look)).first()


def check(*, job: Job, actor: User, mapping: Mapping[int, str], mode: str, only_empty: Iterable[int] = ()) -> None:
    """Keep the mapping and try the import in the background. Raises BadImport, NotAuthor, Changed."""
    _check_author(job, actor)
    draft = Draft.of(job)
    look, plan = draft.look, draft.plan
    if look is None or plan is None:
        raise Changed("Файл ещё не прочитан. Обновите страницу.")
    _check_mapping(mapping, mode, look)
    kept = {column for column in only_empty if mapping.get(column) in SINGLE}
    chosen = Plan(plan.sha256, plan.sheet, plan.encoding, plan.delimiter, plan.header_row, dict(mapping))
    fields = sorted({TEXTS.get(mapping[column], mapping[column]) for column in kept})
    _check_anew(draft, actor, plan=chosen.dump(), mode=mode, only_empty=fields)
    _remember(actor, look, mapping, mode, kept)


def name_person(*, job: Job, actor: User, text: str, person_id: int) -> None:
    """Say whom a name of the column «Ответственный» means, and check anew. Raises BadImport, NotAuthor, Changed."""
    _check_author(job, actor)
    draft = Draft.of(job)
    if draft.state is not State.CHECKED:
        raise Changed("Проверка уже идёт заново.")
    if person_id not in {person.pk for person in Lookup(actor).namesakes(text)}:
        raise BadImport("Такого сотрудника выбрать нельзя.")
    _check_anew(draft, actor, people={**job.params.get("people", {}), key(text): person_id})


def _check_anew(draft: Draft, actor: User, **values: Any) -> None:
    _stop_check(draft, actor)
    helper = _helper(draft.job, CHECK, "Проверка файла", {"import": str(draft.job.pk)})
    _write(draft.job, check={"job": str(helper.pk)}, **values)
    services.start(job=helper)


def _check_mapping(mapping: Mapping[int, str], mode: str, look: Look) -> None:
    if mode not in MODES:
        raise BadImport("Выберите, что делать со строками.")
    if not set(mapping.values()) <= set(synonyms.FIELDS) or not all(0 <= c < len(look.titles) for c in mapping):
        raise BadFile("bad_plan")
    for name in mapping.values():
        if name not in synonyms.REPEATABLE and list(mapping.values()).count(name) > 1:
            raise BadImport(f"Поле «{synonyms.FIELDS[name]}» выбрано у двух столбцов. Оставьте одно.")
    if not NEEDED & set(mapping.values()):
        raise BadImport("Выберите хотя бы один столбец с названием, ИНН или телефоном.")


def _remember(actor: User, look: Look, mapping: Mapping[int, str], mode: str, only_empty: Iterable[int]) -> None:
    if look.header_row:
        ImportMapping.objects.update_or_create(
            user=actor,
            titles_key=titles_key(look),
            defaults={
                "fields": {fold_title(look.titles[column]): name for column, name in mapping.items()},
                "only_empty": [fold_title(look.titles[column]) for column in only_empty],
                "mode": mode,
                "used_at": Now(),
            },
        )


def _stop_check(draft: Draft, actor: User) -> None:
    if draft.check_job is not None and not draft.check_job.is_ended:
        services.cancel(job=draft.check_job, actor=actor)


def stop_check(*, job: Job, actor: User) -> None:
    """Back to the columns. Raises NotAuthor, Changed."""
    _check_author(job, actor)
    _stop_check(Draft.of(job), actor)
    _write(job, check=None)


@transaction.atomic
def begin(*, job: Job, actor: User, check_id: str) -> Job:
    """Start what the check `check_id` has shown. Raises NotAuthor, Changed, BadFile, NoFile; a repeat is harmless."""
    _check_author(job, actor)
    stored = Job.objects.select_for_update(of=("self",)).filter(pk=job.pk).first()
    if stored is None:
        raise Changed("Загрузка удалена.")
    if stored.status != Status.STAGING:
        return stored
    draft = Draft.of(stored)
    if draft.state is not State.CHECKED or draft.check_id != check_id or draft.plan is None:
        raise Changed("Столбцы изменены после этой проверки. Проверьте файл ещё раз.")
    if sha256_of(files.existing_path(stored)) != draft.plan.sha256:
        raise BadFile("changed")
    rehearsal.forget_outcomes(job=stored)
    _forget_helpers(stored)
    return services.start(job=stored)


def _forget_helpers(job: Job) -> None:
    """Works that have served this import say nothing any more."""
    Job.objects.filter(kind__in=[LOOK, CHECK], params__import=str(job.pk), status__in=ENDED).delete()


def discard(*, job: Job, actor: User) -> bool:
    """Forget an import that was never started, with its file. Raises NotAuthor."""
    _check_author(job, actor)
    _stop_check(Draft.of(job), actor)
    _forget_helpers(job)
    return services.discard(job=job)


def loaded_before(job: Job, viewer: User) -> tuple[Job | None, bool]:
    """The last import of the same content that this person may know of; True: columns and mode are the same too."""
    plan = job.params.get("plan")
    if not plan:
        return None, False
    same = visible_jobs(viewer).filter(kind=KIND, queued_at__isnull=False, params__plan__sha256=plan["sha256"])
    last = same.exclude(pk=job.pk).exclude(status=Status.UNDONE).filter(status__in=ENDED).first()
    if last is None:
        return None, False
    names = ("plan", "mode", "only_empty")
    return last, all(last.params.get(name) == job.params.get(name) for name in names)


def _check_author(job: Job, actor: User) -> None:
    if job.created_by_id != actor.pk:
        raise NotAuthor("Начать эту загрузку может только тот, кто загрузил файл.")
