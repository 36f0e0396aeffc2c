"""The table of people as a file: raw integers and seconds beside what people read."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from openpyxl import Workbook

from audit.models import Verb
from audit.services import log_event
from common.downloads import private
from common.text import duration
from companies.exporting.columns import safe
from companies.exporting.formats import MIME
from phonebridge.stats import CallReport, Figures, Part, report
from phonebridge.stats.figures import STATUSES
from ui.stats.asked import Asked, period_title, query_of

KINDS = ("xlsx", "csv")
HEAD = (
    "Сотрудник", "Филиал", "Звонки", "Дозвон", "Нет ответа", "Занято", "Отклонён", "Пропущен", "Не определено",
    "Исходящие с итогом", "Дозвоны исходящих", "Разных номеров", "Разговор, с", "Разговоров с длительностью",
    "Средний, с", "Доля дозвона, %", "Дозвон исходящих, %", "Не определено, %", "Разговор", "Средний",
)  # fmt: skip
TOTAL = "Всего"


def table_of(made: CallReport) -> list[list[str | int | float]]:
    """Head, people, total; numbers stay numbers."""
    people = [_row(row.user.label, row.user.branch.name if row.user.branch else "", row.figures) for row in made.rows]
    return [list(HEAD), *people, _row(TOTAL, "", made.total)]


def _row(name: str, branch: str, figures: Figures) -> list[str | int | float]:
    rates = (figures.connect_rate_percent, figures.outgoing_connect_rate_percent, figures.unknown_share_percent)
    return [
        safe(name),
        safe(branch),
        figures.total_calls,
        *(figures.status(status) for status in STATUSES),
        figures.outgoing_known,
        figures.outgoing_connected,
        figures.unique_numbers or 0,
        figures.talk_s,
        figures.timed,
        figures.avg_duration or 0,
        *(float(value) if value is not None else "—" for value in rates),
        duration(figures.talk_s) if figures.talk_s else "—",
        duration(figures.avg_duration) if figures.avg_duration is not None else "—",
    ]


def download(asked: Asked, kind: str) -> HttpResponseBase:
    """The file; what left the house stands in the audit."""
    made = report(asked.filter, asked.viewer, asked.now, frozenset({Part.UNIQUE}))
    rows = table_of(made)
    log_event(
        actor=asked.viewer,
        verb=Verb.EXPORT,
        entity_type="call_stats",
        entity_id="",
        message=f"Статистика звонков, {period_title(asked.filter.period)}: {len(made.rows)} строк",
        meta={"query": query_of(asked.filter), "format": kind, "rows": len(made.rows)},
    )
    body = _csv(rows) if kind == "csv" else _xlsx(rows)
    days = asked.filter.period
    what = "Холодные звонки" if asked.filter.is_cold else "Статистика звонков"
    name = f"{what} {days.from_on} — {days.to_on}.{kind}"
    return private(HttpResponse(body, content_type=MIME[kind]), name)


def _csv(rows: list[list[str | int | float]]) -> bytes:
    out = StringIO(newline="")
    lines = [[str(v).replace(".", ",") if isinstance(v, float) else v for v in row] for row in rows]
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(lines)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(rows: list[list[str | int | float]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Статистика")
    for row in rows:
        sheet.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()
