"""The tiles and the table: every number is a link to the calls behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from django.urls import reverse

from common.text import duration, plural
from phonebridge.stats import CallReport, Figures, Filter, PersonRow
from phonebridge.stats.figures import STATUSES, UNKNOWN
from phonebridge.stats.numbers import Change
from ui.stats.asked import Asked, behind_url, days_words, query_of
from ui.stats.pictures import Spark, spark_of
from ui.times import clock, long_duration, number

DASH = "—"
# what falls when things go well
BAD = frozenset({"no_answer", "busy", "rejected", "missed", "unknown", "unknown_share_percent"})


@dataclass(frozen=True, slots=True)
class StatTile:
    """`key` names the figure for frames; `change` is in words with its tone."""

    key: str
    label: str
    value: str
    change: str = ""
    tone: str = ""
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of the table; `href` is empty where there is nothing behind it."""

    key: str
    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One person; `spark` is a picture of the period."""

    user_id: int
    name: str
    initials: str
    href: str
    cells: list[Cell]
    spark: Spark


def rate(value: Decimal | None) -> str:
    """«54,2 %» with a space that does not break; «—» when there is nothing to divide by."""
    return f"{value}".replace(".", ",") + "\N{NO-BREAK SPACE}%" if value is not None else DASH


def change_words(change: Change | None) -> str:
    """«+12 %», «−3,4 п. п.», «ровно», «новое»; empty when nothing can be compared."""
    if change is None or (change.value is None and not change.word):
        return ""
    if change.word:
        return {"new": "новое", "even": "ровно"}[change.word]
    assert change.value is not None  # noqa: S101 (typing)
    sign = "+" if change.value > 0 else "\N{MINUS SIGN}" if change.value < 0 else ""
    unit = "п.\N{NO-BREAK SPACE}п." if change.is_points else "%"
    return f"{sign}{abs(change.value)}".replace(".", ",") + f"\N{NO-BREAK SPACE}{unit}"


def _tone(key: str, change: Change | None) -> str:
    if change is None or change.value is None or change.word:
        return ""
    return "success" if (change.value > 0) != (key in BAD) else "danger"


def make_tiles(made: CallReport, asked: Asked) -> list[StatTile]:
    """A filter by outcome makes rates say nothing: they are left out then."""
    total, only = made.total, made.filter

    def tile(key: str, label: str, value: str, metric: str, note: str = "") -> StatTile:
        change = made.changes.get(key)
        words = change_words(change)
        return StatTile(key, label, value, words, _tone(key, change), note, behind_url(only, metric))

    callers = f"у {made.callers} {plural(made.callers, 'сотрудника', 'сотрудников', 'сотрудников')}"
    callers = callers if only.user_id is None else ""
    tiles = [tile("total_calls", "Звонки", number(total.total_calls), "total_calls", callers)]
    tiles.append(tile("connected", "Дозвоны", number(total.connected), "connected", _per_manager(made)))
    if not only.statuses:
        tiles += [
            tile("connect_rate_percent", "Дозвоняемость", rate(total.connect_rate_percent), "connected", "ко всем"),
            tile(
                "outgoing_connect_rate_percent",
                "Дозвон исходящих",
                rate(total.outgoing_connect_rate_percent),
                "outgoing_connected",
                "к исходящим с итогом",
            ),
            tile("unknown_share_percent", "Не определено", rate(total.unknown_share_percent), "unknown"),
        ]
    average = duration(total.avg_duration) if total.avg_duration is not None else DASH
    talk = long_duration(total.talk_s) if total.talk_s else DASH
    tiles += [
        tile("talk_s", "В разговоре", talk, "connected"),
        tile("avg_duration", "Средний разговор", average, "timed"),
    ]
    if only.period.is_day:
        tiles.append(
            StatTile("first_last", "Первый и последний", _edges(total, asked), href=behind_url(only, "total_calls"))
        )
    return tiles


def _per_manager(made: CallReport) -> str:
    each = made.connected_per_manager if made.filter.user_id is None and len(made.rows) > 1 else None
    return f"{each} на сотрудника".replace(".", ",") if each is not None else ""


def _edges(figures: Figures, asked: Asked) -> str:
    if figures.first_call_at is None or figures.last_call_at is None:
        return DASH
    zone = asked.viewer.day_zone
    return f"{clock(figures.first_call_at, zone)}–{clock(figures.last_call_at, zone)}"


WITHOUT = (
    ("never_reached", "не дозвонились до телефона"),
    ("cancelled", "отменён"),
    ("unconfirmed", "не подтверждён"),
    ("not_told", "результат не сообщён"),
)


def make_without(made: CallReport) -> dict[str, object]:
    """The tile «Без результата» and how those commands ended."""
    found = made.without_result
    parts = [
        {"label": label, "n": number(found[name]), "href": behind_url(made.filter, name)}
        for name, label in WITHOUT
        if found.get(name)
    ]
    n = found.get("without_result", 0)
    return {"n": number(n), "href": behind_url(made.filter, "without_result"), "parts": parts}


COLUMNS: tuple[tuple[str, str], ...] = (
    ("total_calls", "Звонки"),
    ("connected", "Дозвон"),
    ("no_answer", "Нет ответа"),
    ("busy", "Занято"),
    ("rejected", "Отклонён"),
    ("missed", "Пропущен"),
    ("unknown", "Не опр."),
    ("connect_rate_percent", "Доля дозвона"),
    ("outgoing_connect_rate_percent", "Исходящие"),
    ("talk_s", "Разговор"),
    ("avg_duration", "Средний"),
)
RATES = {"connect_rate_percent": "connected", "outgoing_connect_rate_percent": "outgoing_connected"}
TIMES = {"talk_s": "connected", "avg_duration": "timed"}
SORTS = frozenset({"name", *(key for key, _ in COLUMNS)})


def columns_for(only: Filter) -> list[tuple[str, str]]:
    """A filter by outcome leaves the columns of other outcomes and the rates out."""
    if not only.statuses:
        return list(COLUMNS)
    hidden = {*RATES, *(status for status in STATUSES if status not in only.statuses)}
    return [(key, label) for key, label in COLUMNS if key not in hidden]


def make_cells(figures: Figures, only: Filter, user_id: int | None) -> list[Cell]:
    return [_cell(figures, key, only, user_id) for key, _ in columns_for(only)]


def _cell(figures: Figures, key: str, only: Filter, user_id: int | None) -> Cell:
    metric = RATES.get(key) or TIMES.get(key) or key
    more = {"user_id": user_id} if user_id is not None else {}
    href = behind_url(only, metric, **more) if figures.total_calls else ""
    return Cell(key, _text(figures, key), href)


def _text(figures: Figures, key: str) -> str:
    if key in RATES:
        return rate(getattr(figures, key))
    if key == "talk_s":
        return long_duration(figures.talk_s) if figures.talk_s else DASH
    if key == "avg_duration":
        return duration(figures.avg_duration) if figures.avg_duration is not None else DASH
    return number(figures.total_calls if key == "total_calls" else figures.status(key))


def make_lines(made: CallReport, sort: str) -> list[Line]:
    rows = sorted(made.rows, key=lambda row: _order(row, sort.removeprefix("-")), reverse=sort.startswith("-"))
    most = max((max(row.spark, default=0) for row in rows), default=0)
    return [
        Line(
            row.user.pk,
            row.user.label,
            row.user.initials,
            f"{reverse('analytics_person', args=[row.user.pk])}?{query_of(replace(made.filter, user_id=None))}",
            make_cells(row.figures, made.filter, row.user.pk),
            spark_of(row.spark, most),
        )
        for row in (rows if sort else made.rows)
    ]


def _order(row: PersonRow, key: str) -> tuple[float, str]:
    if key == "name":
        return 0, row.user.label
    if key in STATUSES:
        return row.figures.status(key), row.user.label
    value = getattr(row.figures, key, None)
    return float(value) if value is not None else -1.0, row.user.label


def compared_words(made: CallReport) -> str:
    """With what the changes compare, said under the tiles; months of unequal length are named."""
    if made.compared is None:
        return ""
    now, then = made.filter.period, made.compared.period
    if made.compared.until is not None:
        return (
            "Сравнение с той же частью прошлого периода."
            if not now.is_day
            else "Сравнение со вчерашним днём до этого часа."
        )
    if now.days != then.days:
        return f"Сравнение с прошлым месяцем: {now.days} против {days_words_genitive(then.days)}."
    return f"Сравнение с прошлым периодом: {days_words(then.days)}."


def days_words_genitive(count: int) -> str:
    """«31 дня», «30 дней»."""
    return f"{count} {'дня' if count % 10 == 1 and count % 100 != 11 else 'дней'}"


def mix_lines(
    counts: dict[str, int], labels: dict[str, str], prefix: str, made: CallReport
) -> list[dict[str, object]]:
    """One distribution: label, number, share in whole percents for its bar, link."""
    total = sum(counts.values())
    return [
        {
            "key": name,
            "label": labels[name],
            "n": number(n),
            "share": round(100 * n / total) if total else 0,
            "href": behind_url(made.filter, f"{prefix}_{name}"),
            "is_odd": name == UNKNOWN,
        }
        for name, n in counts.items()
    ]
