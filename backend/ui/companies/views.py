"""The list of companies."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from companies.selectors import read_query, search_companies
from ui.actor import actor
from ui.companies.filters import kept_params, make_chips, make_filters
from ui.companies.rows import list_rows
from ui.mycall import my_boxes
from ui.pages import page_size, remember_size
from ui.times import number


@login_required
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    user, now = actor(request), timezone.now()
    query, size = read_query(request.GET), page_size(request)
    found = search_companies(user, query, page=request.GET.get("page", "1"), size=size)
    context = {
        "query": query,
        "page": found.page,
        "size": size,
        "total": number(found.page.paginator.count),
        "rows": list_rows(found.rows, user.day_zone, now),
        "filters": make_filters(user, request.GET),
        "chips": make_chips(request.GET, query),
        "kept": kept_params(request.GET),
        "sort": query.sort,
        "boxes": my_boxes(user, now),
        "new_url": reverse("company_new"),
        "has_no_branch": user.branch_id is None and user.data_scope == "branch" and not user.is_admin,
    }
    return remember_size(request, render(request, "ui/companies/list.html", context))
