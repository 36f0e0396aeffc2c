"""The tiles of the day; every number is a link to the calls behind it."""

from __future__ import annotations

from django.urls import reverse

from common.text import duration, plural
from phonebridge.selectors import Today
from ui.tiles import Tile
from ui.times import long_duration, number, percent


def make_tiles(day: Today) -> list[Tile]:
    def calls(status: str) -> str:
        return f"{reverse('call_list')}?day={day.day.isoformat()}&status={status}"

    missed = day.no_answer + day.busy + day.rejected + day.missed
    return [
        Tile(
            "Звонки",
            number(day.total),
            f"{day.open} {plural(day.open, 'идёт', 'идут', 'идут')} сейчас" if day.open else "с результатом",
            "accent" if day.open else "",
            calls("with"),
        ),
        Tile(
            "Дозвоны",
            number(day.connected),
            f"{missed} {plural(missed, 'недозвон', 'недозвона', 'недозвонов')}",
            "",
            calls("connected"),
        ),
        Tile(
            "Дозвоняемость",
            percent(day.connect_rate_percent, is_known=day.total > 0),
            f"не определено {day.unknown}" if day.unknown else "дозвоны к звонкам",
            "violet" if day.unknown else "",
            calls("unknown" if day.unknown else "with"),
        ),
        Tile(
            "В разговоре",
            long_duration(day.talk_s) if day.talk_s else "—",
            f"среднее {duration(day.avg_duration)}" if day.avg_duration else "",
            "",
            calls("connected"),
        ),
        Tile(
            "Без результата",
            number(day.without_result),
            "телефон не ответил или отменили" if day.without_result else "всё на месте",
            "warning" if day.without_result else "success",
            calls("without"),
        ),
    ]


def place_tiles(place: int, people: int) -> list[Tile]:
    """The person's own place in the branch; nothing where there is nobody to compare with."""
    if people < 2:
        return []
    return [Tile("Место сегодня", f"{place} из {people}", "по дозвонам в филиале", "", reverse("analytics_user"))]
