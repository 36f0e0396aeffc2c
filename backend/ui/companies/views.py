"""The lists of companies and of contacts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from companies.bulk.catalog import ACTIONS as BULK
from companies.bulk.catalog import is_for
from companies.listing import COMPANIES, CONTACTS, filter_q
from companies.models import Company, Contact
from companies.search.layout import swap
from companies.search.parse import parse as parse_text
from companies.selectors import search_companies, search_people
from ui.companies.lists.asked import FRAGMENT, Asked, is_fragment, read_asked, remember
from ui.companies.lists.chips import QUICK_COMPANIES, QUICK_CONTACTS, condition_chips, problem_chips, quick_chips
from ui.companies.lists.columns import COMPANY_COLUMNS, CONTACT_COLUMNS, make_choices, make_heads
from ui.companies.lists.toolbar import Select, company_selects, contact_selects, kept_fields
from ui.companies.rows import contact_rows, list_rows
from ui.mycall import my_boxes
from ui.times import number

ACTIONS = (
    ("responsible", "Передать", "arrow-right-left"),
    ("status", "Статус", "tag"),
    ("sphere", "Сфера", "briefcase"),
    ("lead_state", "Состояние", "flame"),
    ("cold", "Отметка «холодный»", "snowflake"),
    ("export", "Выгрузить", "download"),
    ("delete_request", "Попросить удалить", "trash-2"),
)


@login_required
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    asked, now = read_asked(request, COMPANIES), timezone.now()
    found = search_companies(asked.user, asked.found, page=asked.number, size=asked.size)
    context = {
        **_context(asked, found.page, found.total, company_selects(asked)),
        "rows": list_rows(found.rows, asked.user.day_zone, now),
        "heads": make_heads(asked, COMPANY_COLUMNS),
        "choices": make_choices(asked, COMPANY_COLUMNS),
        "quick": quick_chips(asked, QUICK_COMPANIES),
        "title": "Компании",
        "hint": "Название, ИНН, телефон",
        "row_template": "ui/companies/row.html",
        "new_url": reverse("company_new"),
        "import_url": reverse("import_list"),
        "actions": [one for one in ACTIONS if one[0] not in BULK or is_for(asked.user, BULK[one[0]])],
        "bar": "ui/companies/selection_bar.html",
    }
    return _answer(request, asked, context)


@login_required
@require_GET
def show_contacts(request: HttpRequest) -> HttpResponse:
    asked, now = read_asked(request, CONTACTS), timezone.now()
    found = search_people(asked.user, asked.found, page=asked.number, size=asked.size)
    context = {
        **_context(asked, found.page, found.total, contact_selects(asked)),
        "rows": contact_rows(found.rows, asked.user.day_zone, now),
        "heads": make_heads(asked, CONTACT_COLUMNS),
        "choices": make_choices(asked, CONTACT_COLUMNS),
        "quick": quick_chips(asked, QUICK_CONTACTS),
        "title": "Контакты",
        "hint": "Имя, телефон, e-mail, компания",
        "row_template": "ui/companies/contact_row.html",
        "new_url": reverse("lone_contact_new"),
        "bin_url": reverse("lone_contact_bin"),
        "new_is_dialog": True,
    }
    return _answer(request, asked, context)


def _context(asked: Asked, page: Page[Any], total: int | None, selects: list[Select]) -> dict[str, Any]:
    user = asked.user
    return {
        "asked": asked,
        "page": page,
        "size": asked.size,
        "total": _total(total),
        "count": total if total is not None else settings.LISTS["last_row"],
        "is_cut": total is None or total > settings.LISTS["last_row"],
        "selects": selects,
        "more_count": sum(select.is_on for select in selects if select.is_more),
        "kept": kept_fields(asked, selects),
        "chips": condition_chips(asked, selects),
        "problems": problem_chips(asked),
        "clear_url": asked.address(replace(asked.own, conditions=(), q="", removed=(), problems=())),
        "whole_query": replace(asked.found, size=None, view=None, removed=()).canonical(),
        "meant": _meant(asked) if not page.paginator.count else "",
        "text_hint": parse_text(asked.found.q).hint if asked.found.q else "",
        "has_no_branch": user.branch_id is None and user.data_scope == "branch" and not user.is_admin,
    }


def _total(total: int | None) -> str:
    return number(total) if total is not None else f"более {number(settings.LISTS['last_row'])}"


def _meant(asked: Asked) -> str:
    """What finds something when the keys are read in the other keyboard layout; '' otherwise."""
    other = replace(asked.found, q=swap(asked.found.q).lower())
    if not other.q or other.q == asked.found.q or asked.found.problems:
        return ""
    rows = Company.objects if asked.found.grammar is COMPANIES else Contact.objects
    return other.q if rows.visible_to(asked.user).filter(filter_q(other, asked.user)).exists() else ""


def _answer(request: HttpRequest, asked: Asked, context: dict[str, Any]) -> HttpResponse:
    # Links to pages and sizes are made of the address: of its canonical form, without the form's empty fields.
    request.GET = QueryDict(asked.canonical.removeprefix("?"))
    if is_fragment(request):
        response = render(request, "ui/companies/list_body.html", context)
    else:
        boxes = my_boxes(asked.user, timezone.now())
        response = render(request, "ui/companies/list.html", {**context, "boxes": boxes, "fragment": FRAGMENT})
    return remember(request, response, asked)
