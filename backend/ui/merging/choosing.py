"""The page of two cards side by side: whose values stay, what moves, and the word «Объединить»."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse

from accounts.models import User
from common.errors import DomainError
from companies.merging.services import Order, Preview, preview
from companies.models import CardKind, Merge
from ui.dialogs import CLASH, INVALID

CHOICE = "choice-"
PAGE = "ui/merging/choice.html"
MAX_NAME = 60


def choose(
    request: HttpRequest, kind: CardKind, user: User, pair: tuple[int, int], act: Callable[[Order], Merge], back: str
) -> HttpResponse:
    """`pair` is winner and loser; both are seen by `user`. The answer of the whole page, GET and POST."""
    said = choices_of(request.POST)
    refusal, status = "", 200
    if request.method == "POST":
        try:
            merge = act(Order(user, *pair, versions_of(request.POST), said))
        except DomainError as error:
            refusal, status = error.detail, CLASH if error.status == CLASH else INVALID
        else:
            messages.success(request, f"Объединено: {merge.loser_name} → {merge.winner_name}.")
            return HttpResponseRedirect(reverse("merge_detail", args=[merge.pk]))
    try:
        plan = preview(kind, actor=user, winner_id=pair[0], loser_id=pair[1], said={} if refusal else said)
    except DomainError as error:
        if error.status == 404:
            raise Http404 from error
        context = {"refusal": error.detail, "back": back, "swap": swap_url(kind, pair) if error.code == "swap" else ""}
        return render(request, "ui/merging/refused.html", context, status=error.status)
    context = {**_shown(kind, plan), "refusal": refusal, "back": back, "swap": swap_url(kind, pair)}
    return render(request, PAGE, context, status=status)


def choices_of(said: QueryDict) -> dict[str, str]:
    """«winner» or «loser» by field, as the form sends it."""
    sent = {name.removeprefix(CHOICE)[:MAX_NAME]: said.get(name, "") for name in said if name.startswith(CHOICE)}
    return {name: str(side) for name, side in sent.items() if side}


def versions_of(said: QueryDict) -> tuple[int, int]:
    """Versions of both cards in the preview; (0, 0), which no card has, for anything else."""
    typed = (said.get("winner_version", ""), said.get("loser_version", ""))
    first, second = (int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0 for text in typed)
    return first, second


def swap_url(kind: CardKind, pair: tuple[int, int]) -> str:
    name = "company_merge_with" if kind == CardKind.COMPANY else "contact_merge_with"
    return reverse(name, args=[pair[1], pair[0]])


def _shown(kind: CardKind, plan: Preview) -> dict[str, Any]:
    winner, loser = plan.pair.winner, plan.pair.loser
    is_company = kind == CardKind.COMPANY
    return {
        "winner": winner,
        "loser": loser,
        "title": "Объединить компании" if is_company else "Объединить контакты",
        "abouts": [_about(card) for card in (winner, loser)],
        "open": [choice for choice in plan.choices if choice.is_open],
        "same": [choice for choice in plan.choices if not choice.is_open and choice.winner != "—"],
        "children": list(plan.children.items()),
        "is_company": is_company,
    }


def _about(card: Any) -> str:
    """A line below the name: whose card it is."""
    owner = card.company.responsible if getattr(card, "company", None) else card.responsible
    branch = card.company.branch if getattr(card, "company", None) else card.branch
    parts = [
        getattr(card, "position", ""),
        owner.label if owner else "без ответственного",
        branch.name if branch else "",
    ]
    return ", ".join(part for part in parts if part)
