"""The links of the sidebar: what exists now, and who sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.urls import reverse

type Counts = dict[str, int]


@dataclass(frozen=True)
class NavItem:
    """`count_key` names a figure of the counts; `go_key` is the physical key after G.

    `live_url` and `live_on`: the figure is a region of its own that looks again.
    """

    label: str
    url: str
    icon: str
    go_key: str = ""
    count_key: str = ""
    count: str = ""
    is_current: bool = False
    live_url: str = ""
    live_on: str = ""


@dataclass(frozen=True)
class NavGroup:
    label: str
    items: tuple[NavItem, ...]


@dataclass(frozen=True)
class Entry:
    """A line of the table below; `url_name` is reversed when the page is drawn."""

    label: str
    url_name: str
    icon: str
    go_key: str = ""
    count_key: str = ""
    live_name: str = ""
    live_on: str = ""
    admin_only: bool = False
    debug_only: bool = False
    lead_only: bool = False

    def is_for(self, *, is_admin: bool, debug: bool, is_lead: bool) -> bool:
        return (is_admin or not self.admin_only) and (debug or not self.debug_only) and (is_lead or not self.lead_only)


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "Продажи",
        (
            Entry("Сегодня", "dashboard", "house", "KeyD"),
            Entry("Компании", "company_list", "building-2", "KeyC", "companies"),
            Entry("Контакты", "contact_list", "users", "KeyP"),
            Entry("Запросы", "request_list", "inbox", "KeyR", "requests"),
            Entry("Задания", "job_list", "zap", "KeyJ"),
        ),
    ),
    (
        "Телефония",
        (
            Entry("Звонки", "call_list", "phone-call", "KeyS", "calls"),
            Entry(
                "Перезвонить", "callback_list", "phone-missed", "KeyB", "callbacks", "callback_count", "crm:callback"
            ),
            Entry("Статистика", "settings_calls_stats", "chart-column", "KeyT"),
            Entry("Аналитика", "analytics", "hash", "KeyO"),
            Entry("Табло", "wallboard", "monitor", "KeyW", lead_only=True),
            Entry("Телефоны", "settings_mobile_overview", "phone", "KeyF", lead_only=True),
            Entry("Мой телефон", "settings_mobile", "smartphone", "KeyM"),
        ),
    ),
    (
        "Система",
        (
            Entry("Корзина", "company_bin", "trash-2", admin_only=True),
            Entry("Администрирование", "admin:index", "settings", "KeyA", admin_only=True),
            Entry("Компоненты", "styleguide", "palette", "KeyU", debug_only=True),
        ),
    ),
)


def group_digits(number: int) -> str:
    """4812 → «4 812» with a space that does not break; nothing for zero."""
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}") if number else ""


# Pages that stand below another entry than their address says.
BELOW = {
    "/settings/mobile/device/": "settings_mobile_overview",
    "/settings/mobile/letters/": "settings_mobile_overview",
    "/settings/mobile/builds/": "settings_mobile_overview",
    "/settings/calls/plans/": "wallboard",
    "/settings/calls/tv/": "wallboard",
}


def is_within(path: str, url: str) -> bool:
    return path == url if url == "/" else path.startswith(url)


def make_nav(*, path: str, is_admin: bool, debug: bool, is_lead: bool = False) -> list[NavGroup]:
    """The groups for one person on one page, without empty ones and without counts."""
    shown = {
        label: [(e, reverse(e.url_name)) for e in entries if e.is_for(is_admin=is_admin, debug=debug, is_lead=is_lead)]
        for label, entries in GROUPS
    }
    path = next((reverse(name) for start, name in BELOW.items() if path.startswith(start)), path)
    within = [url for pairs in shown.values() for _, url in pairs if is_within(path, url)]
    current = max(within, key=len, default="")
    groups = []
    for label, pairs in shown.items():
        items = tuple(
            NavItem(
                e.label,
                url,
                e.icon,
                e.go_key,
                e.count_key,
                is_current=url == current,
                live_url=reverse(e.live_name) if e.live_name else "",
                live_on=e.live_on,
            )
            for e, url in pairs
        )
        if items:
            groups.append(NavGroup(label, items))
    return groups


def add_counts(groups: list[NavGroup], read_counts: Callable[[], Counts]) -> list[NavGroup]:
    """The same groups with the figures at the right; `read_counts` is asked once."""
    counts = read_counts()
    return [
        replace(
            group,
            items=tuple(replace(item, count=group_digits(counts.get(item.count_key, 0))) for item in group.items),
        )
        for group in groups
    ]
