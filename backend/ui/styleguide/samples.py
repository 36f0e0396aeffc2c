"""Invented people and numbers for the style guide; the numbers of +7 000 ring nobody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypedDict

from django.utils import timezone

from ui.styleguide.sample_types import Box, BoxStep, Chip, Company, Crumb, Event, Fact, MenuItem, Person, Presence, Tab

TONES = ("neutral", "accent", "success", "warning", "danger", "info", "violet")
CALL_ID = "0199f0a2-7c1e-7d3a-9a51-00000000000"
NAMES = ("Послано", "Телефон", "Набор", "Разговор", "Итог")


class BoxState(TypedDict, total=False):
    """What differs from one state of the call box to the next."""

    title: str
    tone: str
    details: tuple[str, ...]
    active: int
    failed: bool
    skipped: int
    hint: str
    timer_from: str
    timer_text: str
    device: str
    can_cancel: bool


PHONE = "Honor 90 Анны · SIM 1"


def states(now: datetime) -> tuple[BoxState, ...]:
    sent, heard, dialled = "14:02:07", "+38 мс", "+0,9 с"
    way = (sent, heard, dialled)
    talk = (now - timedelta(seconds=42)).isoformat()
    return (
        {"title": "Отправлено", "details": (sent,), "active": 1, "can_cancel": True, "hint": ""},
        {"title": "На телефоне", "details": (sent, heard), "active": 2, "can_cancel": True, "device": PHONE},
        {"title": "Идёт набор", "details": way, "active": 2, "can_cancel": True, "device": PHONE},
        {"title": "Идёт разговор", "details": (*way, "+12 с"), "active": 3, "timer_from": talk, "device": PHONE},
        {
            "title": "Дозвон",
            "tone": "success",
            "details": (*way, "+12 с", "4:12"),
            "active": 5,
            "timer_text": "4:12",
            "device": PHONE,
        },
        {
            "title": "Нет ответа",
            "tone": "warning",
            "details": (*way, "", "гудки 0:31"),
            "active": 4,
            "failed": True,
            "skipped": 3,
            "device": PHONE,
        },
        {
            "title": "Не подтверждён",
            "tone": "danger",
            "details": (sent, heard),
            "active": 2,
            "failed": True,
            "hint": "Телефон не подтвердил набор. Проверьте его и позвоните снова.",
            "device": PHONE,
        },
        {
            "title": "Истёк",
            "tone": "danger",
            "details": (sent,),
            "active": 1,
            "failed": True,
            "hint": "Телефон не забрал команду за 60 с.",
        },
        {"title": "Отменён", "tone": "neutral", "details": (sent, heard), "active": 9, "hint": "Отменён до набора."},
        {
            "title": "Передано старому дозвонщику",
            "details": (sent, "+1,8 с"),
            "active": 2,
            "hint": "Старый дозвонщик не сообщает о наборе. Ждём итог звонка.",
            "device": "Samsung A12 · опрос",
        },
    )


def step_state(number: int, state: BoxState) -> str:
    active = state["active"]
    if number == active:
        return "failed" if state.get("failed") else "active"
    if number == state.get("skipped"):
        return "todo"
    done = number < active and (active != 9 or number < len(state["details"]))
    return "done" if done else "todo"


def make_box(number: int, state: BoxState) -> Box:
    details = (*state["details"], "", "", "", "", "")
    steps: list[BoxStep] = [
        {"label": name, "detail": details[place], "state": step_state(place, state)}
        for place, name in enumerate(NAMES)
    ]
    return {
        "title": state["title"],
        "tone": state.get("tone", "accent"),
        "timer_from": state.get("timer_from", ""),
        "timer_text": state.get("timer_text", ""),
        "steps": steps,
        "person": "Орлова Марина Сергеевна",
        "phone": "+7 (922) 000-12-46",
        "device": state.get("device", ""),
        "can_cancel": state.get("can_cancel", False),
        "hint": state.get("hint", ""),
        "call_id": f"{CALL_ID}{number}",
        "rev": 1,
    }


def call_boxes() -> list[Box]:
    """The call box in each state it can have."""
    return [make_box(number, state) for number, state in enumerate(states(timezone.now()))]


PRESENCES: tuple[Presence, ...] = (
    {"state": "online", "text": "в сети · 42 мс", "tone": "success"},
    {"state": "polling", "text": "опрос · 2 с", "tone": "warning"},
    {"state": "offline", "text": "не в сети 5 мин", "tone": "danger"},
    {"state": "none", "text": "нет телефона", "tone": "neutral"},
)
FACTS: tuple[Fact, ...] = (
    {"label": "ИНН / КПП", "value": "4221828754 / 422101001"},
    {"label": "Статус", "value": "В работе", "tone": "accent"},
    {"label": "Ответственный", "value": "Анна Зайцева"},
    {"label": "Филиал", "value": "Екатеринбург"},
    {"label": "Договор", "value": "Рамочный, до 14.12.2026", "sub": "21 день"},
    {"label": "Адрес", "value": "Екатеринбург, ул. Малышева, 51", "sub": "у клиента сейчас 14:02"},
    {"label": "Сайт", "value": "example.com", "href": "https://example.com"},
    {"label": "Факс", "value": ""},
)
TABS: tuple[Tab, ...] = (
    {"label": "Все", "url": "?", "is_on": True, "count": "137"},
    {"label": "Мои", "url": "?", "is_on": False, "count": "42"},
    {"label": "Пропущенные", "url": "?", "is_on": False, "count": "3"},
)
CHIPS: tuple[Chip, ...] = (
    {"label": "Всё", "url": "?", "is_on": True, "count": None},
    {"label": "Звонки", "url": "?", "is_on": False, "count": "14"},
    {"label": "Заметки", "url": "?", "is_on": False, "count": "6"},
    {"label": "Изменения", "url": "?", "is_on": False, "count": None},
)
CRUMBS: tuple[Crumb, ...] = ({"label": "Компании", "url": "?"}, {"label": "ООО «Северный лес»", "url": ""})
MENU: tuple[MenuItem, ...] = (
    {"label": "Копировать ссылку", "url": "?", "icon": "copy"},
    {"label": "Открыть в новой вкладке", "url": "?", "icon": "external-link"},
    {"line": True},
    {"label": "Удалить", "url": "?", "icon": "trash-2", "danger": True},
)
EVENTS: tuple[Event, ...] = (
    {
        "title": "Звонок идёт",
        "about": "Орлова Марина",
        "meta": "Анна Зайцева · с карточки",
        "time": "сейчас",
        "icon": "phone-call",
        "tone": "accent",
        "live": True,
    },
    {
        "title": "Нет ответа",
        "about": "+7 (343) 000-45-67, доб. 12",
        "meta": "Анна Зайцева · гудки 0:31",
        "time": "сегодня 11:40",
        "icon": "phone-missed",
        "tone": "danger",
    },
    {
        "text": "Просят новый прайс с доставкой до склада в Тюмени, решение после 25-го.",
        "meta": "Анна Зайцева · закреплено",
        "time": "20.11 16:12",
        "icon": "sticky-note",
        "tone": "neutral",
    },
    {
        "title": "Разговор 4:12",
        "about": "Орлова Марина",
        "meta": "Борис Мельник · из CRM",
        "time": "19.11 15:05",
        "icon": "phone-outgoing",
        "tone": "success",
    },
    {
        "title": "Ответственный: Борис Мельник → Анна Зайцева",
        "meta": "Клара Орлова, РОП",
        "time": "18.11 09:30",
        "icon": "arrow-right-left",
        "tone": "neutral",
    },
    {
        "title": "Пропущенный входящий",
        "about": "+7 (922) 000-12-46",
        "meta": "телефон Анны Зайцевой",
        "time": "17.11 18:44",
        "icon": "phone-incoming",
        "tone": "warning",
    },
)
COMPANIES: tuple[Company, ...] = (
    {
        "name": "ООО «Сибирь-Профиль»",
        "inn": "4221828754",
        "status": "В работе",
        "tone": "accent",
        "is_warm": True,
        "owner": "Мельник Юрий",
        "branch": "Тюмень",
        "phone": "+7 (922) 000-12-46",
        "last": "15.11 15:57",
    },
    {
        "name": "ООО «ТрансЛогистик Юг»",
        "inn": "3354868575",
        "status": "Новая",
        "tone": "info",
        "is_warm": False,
        "owner": "Белова Софья",
        "branch": "Краснодар",
        "phone": "+7 (993) 000-77-27",
        "last": "14.11 12:23",
    },
    {
        "name": "ООО «Галактика Упаковки»",
        "inn": "9150576634",
        "status": "Отказ",
        "tone": "danger",
        "is_warm": True,
        "owner": "Кравцов Денис",
        "branch": "Екатеринбург",
        "phone": "+7 (929) 000-75-12",
        "last": "15.11 11:48",
    },
    {
        "name": "ООО «Мегатрейд»",
        "inn": "3406453599",
        "status": "В работе",
        "tone": "accent",
        "is_warm": False,
        "owner": "Орлова Марина",
        "branch": "Тюмень",
        "phone": "+7 (922) 000-67-81",
        "last": "01.11 10:38",
    },
    {
        "name": "ООО «Северный лес»",
        "inn": "3199716799",
        "status": "Договор",
        "tone": "success",
        "is_warm": True,
        "owner": "Кравцов Денис",
        "branch": "Екатеринбург",
        "phone": "+7 (971) 000-41-99",
        "last": "17.11 13:45",
    },
    {
        "name": "ООО «Дом бетона»",
        "inn": "8396581505",
        "status": "Переговоры",
        "tone": "warning",
        "is_warm": False,
        "owner": "Зайцева Анна",
        "branch": "Екатеринбург",
        "phone": "+7 (966) 000-12-59",
        "last": "11.11 17:49",
    },
)
PEOPLE: tuple[Person, ...] = (
    {
        "name": "Мельник Борис",
        "initials": "МБ",
        "phase": "разговор",
        "about": "ООО «Техснаб-66»",
        "time": "2:31",
        "calls": 74,
        "connected": 41,
        "share": 55,
        "share_text": "55 %",
        "presence": PRESENCES[0],
    },
    {
        "name": "Зайцева Анна",
        "initials": "ЗА",
        "phase": "набор",
        "about": "ООО «Цифровые кассы»",
        "time": "0:07",
        "calls": 61,
        "connected": 33,
        "share": 54,
        "share_text": "54 %",
        "presence": PRESENCES[1],
    },
    {
        "name": "Тимофеев Дан",
        "initials": "ТД",
        "phase": "",
        "about": "",
        "time": "",
        "calls": 31,
        "connected": 11,
        "share": 35,
        "share_text": "35 %",
        "presence": PRESENCES[2],
    },
)
