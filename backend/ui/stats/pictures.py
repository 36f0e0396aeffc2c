"""Pictures of figures as plain geometry: templates draw SVG of it, tables say the same in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from phonebridge.enums import CallStatus
from phonebridge.stats import CallReport, Filter
from phonebridge.stats.figures import STATUSES
from ui.stats.asked import behind_url
from ui.times import MONTHS, number

HEIGHT, WIDTH = 120, 720
SPARK_HEIGHT, SPARK_WIDTH = 20, 96
WEEKDAYS = ("Пн", "Вт", "Ср", "Чт", "Пт", "Сб", "Вс")
STEPS = 5
MOST_BARS = 62


def px(value: float) -> str:
    """A length as SVG writes it, whatever the language of the page."""
    return f"{value:.2f}"


@dataclass(frozen=True, slots=True)
class Spark:
    """A row of bars; `words` says the same for those who do not see it."""

    bars: list[tuple[str, str, str, str]]
    words: str
    width: int = SPARK_WIDTH
    height: int = SPARK_HEIGHT


def spark_of(values: tuple[int, ...], most: int) -> Spark:
    """Bars (x, y, width, height) on one scale for all people."""
    if not values or not most:
        return Spark([], "")
    step = SPARK_WIDTH / len(values)
    bars = []
    for place, value in enumerate(values):
        height = SPARK_HEIGHT * value / most
        if value:
            height = max(height, 1.5)
            bars.append((px(place * step), px(SPARK_HEIGHT - height), px(max(step - 1, 0.8)), px(height)))
    return Spark(bars, f"Больше всего: {number(max(values))}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a stacked bar."""

    status: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    title: str
    x: str
    width: str
    n: int
    pieces: list[Piece]
    href: str
    has_label: bool = True


@dataclass(frozen=True, slots=True)
class Chart:
    """Stacked bars; `counts` are the rows of the table that says the same."""

    bars: list[Bar]
    note: str
    statuses: list[tuple[str, str]]
    table: list[tuple[str, int, list[int]]]
    width: int = WIDTH
    height: int = HEIGHT


def _labels(counts: list[dict[str, int]]) -> list[tuple[str, str]]:
    return [(s, str(CallStatus(s).label)) for s in STATUSES if any(c[s] for c in counts)]


def _stack(counts: dict[str, int], most: int) -> list[Piece]:
    pieces, top = [], float(HEIGHT)
    for status in STATUSES:
        height = HEIGHT * counts[status] / most if most else 0
        if height:
            top -= height
            pieces.append(Piece(status, px(top), px(height)))
    return pieces


def _chart(found: list[tuple[str, str, dict[str, int], str]], unit: str, every: int = 1) -> Chart:
    """`found` is (label, title, counts, href) from left to right; each `every`-th label is shown."""
    totals = [sum(counts.values()) for _, _, counts, _ in found]
    most, step = max(totals, default=0), WIDTH / max(len(found), 1)
    bars = [
        Bar(
            label,
            f"{title}: {number(total)}",
            px(place * step + step * 0.12),
            px(step * 0.76),
            total,
            _stack(counts, most),
            href if total else "",
            place % every == 0,
        )
        for place, ((label, title, counts, href), total) in enumerate(zip(found, totals, strict=True))
    ]
    table = [(title, total, [c[s] for s in STATUSES]) for (_, title, c, _), total in zip(found, totals, strict=True)]
    return Chart(bars, f"до {number(most)} {unit}" if most else "", _labels([c for _, _, c, _ in found]), table)


def hours_chart(made: CallReport) -> Chart:
    """From the earlier of 8 and the first hour with calls to the later of 20 and the last."""
    used = [hour for hour, counts in enumerate(made.hours) if sum(counts.values())]
    first, last = min([8, *used]), max([20, *used])
    hours = range(first, last + 1)
    return _chart(
        [(str(h), f"{h}:00–{h + 1}:00", made.hours[h], behind_url(made.filter, "total_calls", hour=h)) for h in hours],
        "за час",
    )


def days_chart(made: CallReport) -> Chart | None:
    """The trend; a single day has none. Long periods are drawn week by week."""
    if made.filter.period.is_day:
        return None
    groups: dict[tuple[date, date], dict[str, int]] = {}
    by_week = made.filter.period.days > MOST_BARS
    for day, counts in made.days.items():
        first = max(date.fromordinal(day.toordinal() - day.weekday()), made.filter.period.from_on) if by_week else day
        last = (
            min(date.fromordinal(first.toordinal() + 6 - first.weekday()), made.filter.period.to_on)
            if by_week
            else day
        )
        known = groups.setdefault((first, last), dict.fromkeys(STATUSES, 0))
        for status, n in counts.items():
            known[status] += n
    found = [(_short(a), _title(a, b), counts, _link(made.filter, a, b)) for (a, b), counts in groups.items()]
    return _chart(found, "за неделю" if by_week else "за день", every=max(1, len(found) // 12))


def _short(day: date) -> str:
    return f"{day:%d.%m}"


def _title(first: date, last: date) -> str:
    if first == last:
        return f"{first.day} {MONTHS[first.month - 1]}, {WEEKDAYS[first.weekday()].lower()}"
    return f"{first:%d.%m}–{last:%d.%m}"


def _link(asked: Filter, first: date, last: date) -> str:
    return behind_url(asked, "total_calls", from_on=first, to_on=last)


@dataclass(frozen=True, slots=True)
class HeatSquare:
    """`level` 0–5 darkens; None where too few calls say anything."""

    level: int | None
    text: str
    title: str
    href: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    hours: list[int]
    rows: list[tuple[str, list[HeatSquare]]]
    note: str
    best: str


def heat_map(made: CallReport) -> HeatMap | None:
    """«Когда берут трубку»: connected of known outgoing calls by weekday and hour."""
    if made.heat_period is None:
        return None
    used = [hour for hour in range(24) if any(row[hour].known for row in made.heat)]
    hours = list(range(min([8, *used]), max([20, *used]) + 1))
    period = made.heat_period
    rows = [(WEEKDAYS[day], [_square(made, day, hour) for hour in hours]) for day in range(7)]
    note = (
        "" if period == made.filter.period else f"За 28 дней до {period.to_on:%d.%m.%Y}: короткий период говорит мало."
    )
    return HeatMap(hours, rows, note, _best(made))


def _square(made: CallReport, day: int, hour: int) -> HeatSquare:
    cell, period = made.heat[day][hour], made.heat_period
    assert period is not None  # noqa: S101 (typing)
    where = f"{WEEKDAYS[day]} {hour}:00–{hour + 1}:00"
    if not cell.known:
        return HeatSquare(None, "", f"{where}: звонков нет", "")
    href = behind_url(
        made.filter, "outgoing_known", from_on=period.from_on, to_on=period.to_on, weekday=day + 1, hour=hour
    )
    percent = int((200 * cell.connected + cell.known) / (2 * cell.known))
    said = f"{where}: взяли {cell.connected} из {cell.known}"
    if cell.is_few:
        return HeatSquare(None, "·", f"{said}, мало данных", href)
    return HeatSquare(min(percent * (STEPS + 1) // 101, STEPS), str(percent), f"{said}, {percent} %", href)


def _best(made: CallReport) -> str:
    """The hour in which people answer most often, in words."""
    found = [
        (cell.connected / cell.known, cell.known, day, hour)
        for day, row in enumerate(made.heat)
        for hour, cell in enumerate(row)
        if not cell.is_few and cell.connected
    ]
    if not found:
        return ""
    share, _, day, hour = max(found)
    return f"Чаще всего берут: {WEEKDAYS[day]}, {hour}:00–{hour + 1}:00 ({round(100 * share)} %)"
