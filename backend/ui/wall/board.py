"""The wallboard in words, for the page of a head and for a television."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Branch
from common.text import duration, plural
from phonebridge.stats.numbers import WHOLE, percent
from phonebridge.stats.wall import Rank, Wall, make_wall
from ui.times import number

DASH = "—"
TONES = {
    "talking": "success",
    "dialing": "accent",
    "command": "accent",
    "ringing": "accent",
    "after": "warning",
    "silent": "danger",
    "free": "",
    "off": "",
}
ORDER = ("talking", "dialing", "command", "ringing", "after", "silent", "free", "off")
AMBER_S, RED_S = 600, 1200


@dataclass(frozen=True, slots=True)
class PersonLine:
    """`since` is a moment from which the page counts."""

    id: int
    name: str
    initials: str
    text: str
    tone: str
    since: str
    about: str
    is_dim: bool


@dataclass(frozen=True, slots=True)
class RankLine:
    place: int
    user_id: int
    name: str
    connected: str
    calls: str
    plan: str
    rate: str


def board_of(branch: Branch | None, now: datetime, zone: str, *, with_companies: bool) -> dict[str, Any]:
    """Context of ui/wall/board.html."""
    wall = make_wall(branch, now, zone)
    lines = sorted(_people(wall, with_companies=with_companies), key=lambda pair: pair[0])
    return {
        "people": [line for _, line in lines],
        "tiles": _tiles(wall, now),
        "ranks": [_rank(rank) for rank in wall.ranks],
        "made_at": wall.made_at.isoformat(),
        "day": wall.day,
    }


def _people(wall: Wall, *, with_companies: bool) -> list[tuple[tuple[int, str], PersonLine]]:
    return [
        (
            (ORDER.index(person.state), person.user.label),
            PersonLine(
                person.user.pk,
                person.user.label,
                person.user.initials,
                person.text,
                TONES[person.state],
                person.since.isoformat() if person.since else "",
                person.about if with_companies else "",
                person.state == "off",
            ),
        )
        for person in wall.people
    ]


def whole(part: int, of: int) -> str:
    """«69 %»; the same integers as elsewhere, rounded to whole."""
    value = percent(part, of, WHOLE)
    return f"{value}\N{NO-BREAK SPACE}%" if value is not None else DASH


def _tiles(wall: Wall, now: datetime) -> list[dict[str, str]]:
    total, plan = wall.total, wall.plan
    outgoing = total.flow("outgoing")
    pace = _pace(wall)
    late = wall.pace.done is not None and wall.pace.done < wall.pace.day
    rate = whole(total.outgoing_connected, total.outgoing_known)
    mean = f"обычно {wall.mean_rate.quantize(WHOLE)} %" if wall.mean_rate is not None else "обычного ещё нет"
    missed, tone = _missed(wall, now)
    average = duration(total.avg_duration) if total.avg_duration is not None else DASH
    of = f"из {number(plan.calls)}" if plan.is_set else ""
    return [
        _tile("calls", "Исходящие сегодня", number(outgoing), pace, "warning" if late else "", of),
        _tile(
            "connects",
            "Дозвоны исходящих",
            number(total.outgoing_connected),
            f"план {number(plan.connects)}" if plan.is_set else "",
        ),
        _tile("rate", "Дозвон исходящих", rate, mean),
        _tile(
            "now", "На линии", number(wall.talking + wall.dialing), f"говорят {wall.talking}, набирают {wall.dialing}"
        ),
        _tile("missed", "Не перезвонили", number(wall.missed.count), missed, tone),
        _tile("average", "Средний разговор", average, ""),
    ]


def _pace(wall: Wall) -> str:
    if wall.pace.done is not None:
        return f"{wall.pace.done} % плана к {wall.pace.day} % дня"
    if not wall.is_working:
        return "выходной"
    return "план — 0" if wall.plan.is_set else "план не задан"


def _tile(key: str, label: str, value: str, note: str, tone: str = "", of: str = "") -> dict[str, str]:
    return {"key": key, "label": label, "value": value, "note": note, "tone": tone, "of": of}


def _missed(wall: Wall, now: datetime) -> tuple[str, str]:
    if not wall.missed.count or wall.missed.oldest_at is None:
        return "никто не ждёт", "success"
    age_s = int((now - wall.missed.oldest_at).total_seconds())
    minutes = age_s // 60
    words = f"{minutes} {plural(minutes, 'минуту', 'минуты', 'минут')}" if minutes < 120 else f"{minutes // 60} ч"
    return f"ждут до {words}", "danger" if age_s >= RED_S else "warning" if age_s >= AMBER_S else ""


def _rank(rank: Rank) -> RankLine:
    its = rank.figures
    return RankLine(
        rank.place,
        rank.user.pk,
        rank.user.label,
        number(its.connected),
        number(its.flow("outgoing")),
        whole(its.flow("outgoing"), rank.plan.calls) if rank.plan.is_set else DASH,
        whole(its.outgoing_connected, its.outgoing_known),
    )
