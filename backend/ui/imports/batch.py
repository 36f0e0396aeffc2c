"""The page of one import: which body it shows, and what stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from common.text import plural
from companies.importing.drafts import Check, Draft, State
from companies.importing.reading import rows_checked
from companies.importing.uploads import loaded_before
from jobs.models import Job, Phase, Status, UndoStatus
from jobs.selectors import can_resume, can_undo, job_counts, may_manage, queue_position
from ui.facts import Fact
from ui.imports import columns, figures
from ui.imports.people import unknown_names
from ui.imports.words import MODES, file_words, state_of, step_of
from ui.times import number, when

STEPS = ("Файл", "Столбцы", "Проверка", "Загрузка", "Итог")
# what the engine does with new companies, each with a person and two numbers (docs/benchmarks.md)
ROWS_A_SECOND = 1_200


def batch_context(
    job: Job,
    user: User,
    query: Mapping[str, str],
    *,
    refusal: str = "",
    chosen: columns.Chosen | None = None,
    is_mapping: bool = False,
) -> dict[str, Any]:
    """Everything that detail.html and region.html show; `chosen` is what a refused form held."""
    draft = Draft.of(job)
    state = draft.state
    step = 2 if is_mapping else step_of(job, state)
    label, tone = state_of(draft)
    look = draft.look
    context: dict[str, Any] = {
        "job": job,
        "file": job.params.get("file", job.title),
        "file_words": file_words(look) if look else "",
        "steps": [{"label": name, "n": n, "is_done": n < step, "is_on": n == step} for n, name in enumerate(STEPS, 1)],
        "state": label,
        "tone": tone,
        "refusal": refusal or draft.error or job.error,
        "is_author": job.created_by_id == user.pk,
        "author": job.created_by.label if job.created_by else "",
        "topics": "",
        "body": "",
        **_warning(job, user),
    }
    if state is State.STARTED:
        return {**context, **_started(job, user, query)}
    if look is not None and (is_mapping or state in {State.UPLOADED, State.MAPPED}):
        said = chosen or columns.chosen_of(draft, look, user)
        return {**context, "body": "ui/imports/columns.html", **columns.columns_context(draft, look, said)}
    if state is State.CHECKED and draft.check is not None:
        return {**context, "body": "ui/imports/checked.html", **_checked(draft, draft.check, query, user)}
    return {**context, **_waiting(draft, state)}


def _warning(job: Job, user: User) -> dict[str, Any]:
    if job.status != Status.STAGING:
        return {}
    before, is_same = loaded_before(job, user)
    if before is None:
        return {}
    tail = " Столбцы и режим те же: повтор ничего не изменит." if is_same else ""
    shown = when(before.queued_at, user.day_zone, timezone.now())
    return {"loaded_before": f"Этот файл уже загружен {shown}.{tail}", "before_id": before.pk}


def _waiting(draft: Draft, state: State) -> dict[str, Any]:
    """A file that is looked at, or checked, or could not be read."""
    if state is State.UNREADABLE:
        return {"body": "ui/imports/unreadable.html"}
    helper = draft.look_job if state is State.LOOKING else draft.check_job
    assert helper is not None  # noqa: S101 (the state says so)
    look = draft.look
    total = look.rows_count if look is not None and state is State.CHECKING else 0
    done = min(rows_checked(str(helper.pk)), total)
    return {
        "body": "ui/imports/waiting.html",
        "topics": f"job.{helper.pk}",
        "watched": helper.pk,
        "is_waiting": True,
        "title": "Читаем файл" if state is State.LOOKING else "Проверяем строки",
        "queue": queue_position(helper),
        **progress_of(done, total),
        "is_checking": state is State.CHECKING,
    }


def progress_of(done: int, total: int) -> dict[str, Any]:
    return {
        "done": done,
        "total": total,
        "progress_words": f"{number(done)} из {number(total)}" if total else "",
    }


def _checked(draft: Draft, check: Check, query: Mapping[str, str], user: User) -> dict[str, Any]:
    report = figures.report_figures(check.outcomes)
    rows = report.created + report.updated
    seconds = max(1, round(check.rows / ROWS_A_SECOND))
    words = plural(rows, "строку", "строки", "строк")
    return {
        "tiles": figures.check_tiles(check),
        **figures.problems_context(draft.job, check.outcomes, query),
        "preview": figures.preview_rows(draft.job),
        "check_id": draft.check_id,
        "unknown": unknown_names(check, user),
        "rules": _rules(draft, user),
        "start_label": f"Загрузить {number(rows)} {words}" if rows else "Загружать нечего",
        "can_start": bool(rows),
        "takes": f"{seconds} с" if seconds < 60 else f"{round(seconds / 60)} мин",
    }


def _rules(draft: Draft, user: User) -> list[Fact]:
    """By what rules the rows become cards."""
    plan = draft.plan
    mapped = set(plan.mapping.values()) if plan else set()
    reach = scope.reach(user, "import_row")
    kept = draft.job.params.get("only_empty") or []
    owner = "из файла" if "responsible" in mapped and reach != Reach.OWN else "вы"
    if owner == "вы" and reach == Reach.ALL and user.branch_id is None:
        owner = "не назначен"
    return [
        Fact("Строки", dict(MODES)[draft.job.params.get("mode", "both")]),
        Fact("Пустые ячейки", "ничего не стирают"),
        Fact("Значения", "полей: " + str(len(kept)) + " — только в пустые" if kept else "из файла"),
        Fact("Ответственный", owner),
        Fact("Филиал", "из файла" if "branch" in mapped and reach == Reach.ALL else "по ответственному"),
        Fact("Состояние", "из файла" if mapped & {"lead", "is_cold", "is_warm"} else "холодный"),
    ]


def _started(job: Job, user: User, query: Mapping[str, str]) -> dict[str, Any]:
    """In the queue, under way, or over."""
    counts = job_counts(job)
    is_going = not job.is_ended
    manages = may_manage(user, job)
    is_undo = job.phase == Phase.UNDO
    has_kept = bool(counts.by_undo().get(UndoStatus.KEPT))
    context: dict[str, Any] = {
        "body": "ui/imports/result.html",
        "topics": f"job.{job.pk}",
        "watched": job.pk,
        "is_going": is_going,
        "is_waiting": is_going,
        "is_purged": job.purged_at is not None,
        "is_undo": is_undo,
        "queue": queue_position(job),
        **progress_of(job.passed, job.ahead),
        "title": "Отмена загрузки" if is_undo else "Загрузка",
        "tiles": figures.result_tiles(job, counts),
        "undo_tiles": figures.undo_tiles(counts) if is_undo or counts.undo else [],
        **figures.kept_context(job, query),
        "can_stop": is_going and manages,
        "can_resume": can_resume(job) and manages,
        "can_undo": can_undo(job) and manages and (job.status != Status.UNDONE or has_kept),
        "undo_label": "Отменить оставленное" if job.status == Status.UNDONE else "Отменить загрузку",
        "undo_until": when(job.undo_until, user.day_zone, timezone.now()) if job.undo_until else "",
    }
    if is_going:
        return context
    return {**context, **figures.problems_context(job, counts.rows, query)}
