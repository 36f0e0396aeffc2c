"""What the pages of the import call things."""

from __future__ import annotations

from companies.importing.drafts import Draft, Look, State
from jobs.models import Job, Phase, Status
from jobs.selectors import queue_position
from ui.times import number

MODES = (
    ("both", "Создавать новые и обновлять имеющиеся"),
    ("create", "Только создавать новые"),
    ("update", "Только обновлять имеющиеся"),
)
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-8+cp1251": "UTF-8, местами Windows-1251",
    "cp1251": "Windows-1251",
    "cp866": "DOS (866)",
    "koi8-r": "КОИ-8",
}
DELIMITERS = {";": "точка с запятой", ",": "запятая", "\t": "табуляция", "|": "вертикальная черта"}
KINDS = {"xlsx": "XLSX", "xls": "XLS", "ods": "ODS", "text": "CSV"}
DRAFT_STATES = {
    State.LOOKING: ("Читается", "info"),
    State.UNREADABLE: ("Не прочитан", "danger"),
    State.UPLOADED: ("Загружен", "neutral"),
    State.MAPPED: ("Столбцы выбраны", "neutral"),
    State.CHECKING: ("Проверяется", "info"),
    State.CHECKED: ("Проверен", "accent"),
}
JOB_STATES = {
    Status.RUNNING: ("Загружается", "info"),
    Status.DONE: ("Загружена", "success"),
    Status.CANCELLED: ("Остановлена", "warning"),
    Status.FAILED: ("Прервана", "danger"),
    Status.UNDOING: ("Отменяется", "info"),
    Status.UNDONE: ("Отменена", "neutral"),
}


def state_of(draft: Draft) -> tuple[str, str]:
    """The state in words, and its colour."""
    job = draft.job
    if job.status == Status.STAGING:
        return DRAFT_STATES[draft.state]
    if job.status == Status.QUEUED:
        return f"В очереди: {queue_position(job)}", "info"
    return JOB_STATES[Status(job.status)]


def file_words(look: Look) -> str:
    """«5 214 строк · Windows-1251»."""
    said = [f"строк: {number(max(look.rows_count, 0))}", KINDS.get(look.kind, look.kind)]
    if look.encoding:
        said.append(ENCODINGS.get(look.encoding, look.encoding))
    if look.sheet and len(look.sheets) > 1:
        said.append(f"лист «{look.sheet}»")
    return " · ".join(said)


def step_of(job: Job, state: State) -> int:
    """Which of the five steps the page shows: file, columns, check, loading, result."""
    if state is State.STARTED:
        return 5 if job.is_ended or job.phase == Phase.UNDO else 4
    if state in {State.LOOKING, State.UNREADABLE}:
        return 1
    return 2 if state in {State.UPLOADED, State.MAPPED} else 3
