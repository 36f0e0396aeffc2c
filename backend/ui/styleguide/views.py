"""Every component in every state, for development only. Nothing here touches the database by itself."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from ui.icons import ICONS
from ui.styleguide import samples
from ui.styleguide.forms import SampleForm

ERRORS = ("400", "403", "404", "429", "500", "403_csrf", "offline")


@login_required
def show_components(request: HttpRequest) -> HttpResponse:
    page = Paginator(range(4812), 50).page(3)
    context = {
        "icons": ICONS,
        "tones": samples.TONES,
        "boxes": samples.call_boxes(),
        "presences": samples.PRESENCES,
        "facts": samples.FACTS,
        "tabs": samples.TABS,
        "chips": samples.CHIPS,
        "crumbs": samples.CRUMBS,
        "menu": samples.MENU,
        "errors": ERRORS,
        "page": page,
        "size": 50,
        "form": SampleForm(initial={"name": "ООО «Северный лес»"}),
        "bad_form": SampleForm({"name": "", "phone": "12", "kind": "cold"}),
    }
    return render(request, "ui/styleguide/index.html", context)


@login_required
def show_record(request: HttpRequest) -> HttpResponse:
    """The pattern of a record: three columns that become one."""
    context = {
        "box": samples.call_boxes()[3],
        "facts": samples.FACTS,
        "chips": samples.CHIPS,
        "events": samples.EVENTS,
    }
    return render(request, "ui/styleguide/record.html", context)


@login_required
def show_list(request: HttpRequest) -> HttpResponse:
    """The pattern of a list: search, chips, table that becomes cards, pages."""
    context = {
        "companies": samples.COMPANIES,
        "chips": samples.CHIPS,
        "page": Paginator(range(4812), 50).page(1),
        "size": 50,
        "total": "4\N{NO-BREAK SPACE}812",
        "sort": "name",
        "people": samples.PEOPLE,
    }
    return render(request, "ui/styleguide/list.html", context)


@login_required
def show_error(request: HttpRequest, name: str) -> HttpResponse:
    if name not in ERRORS:
        raise Http404
    return render(request, f"{name}.html")
