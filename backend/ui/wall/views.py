"""«Табло» for heads, and the links by which a television shows it (K-34)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import scope
from accounts.models import Branch, User
from accounts.roles import Reach
from common.errors import DomainError
from phonebridge.models import WallLink
from phonebridge.services import walls
from ui.actor import holder_or_404
from ui.times import when
from ui.wall.board import board_of

VERB = "calls_lead"


def branches_of(user: User) -> list[Branch]:
    """Branches that the person leads."""
    if scope.reach(user, VERB) == Reach.ALL:
        return list(Branch.objects.filter(is_active=True).order_by("name"))
    return [user.branch] if user.branch is not None else []


def _chosen(request: HttpRequest, user: User) -> Branch | None:
    """The branch of the address; None is all of them, for whoever may."""
    branches, asked = branches_of(user), request.GET.get("branch", "")
    if scope.reach(user, VERB) != Reach.ALL:
        if not branches:
            raise Http404
        return branches[0]
    found = next((branch for branch in branches if str(branch.pk) == asked), None)
    if asked and found is None:
        raise Http404
    return found


def _board(request: HttpRequest, user: User) -> dict[str, Any]:
    branch = _chosen(request, user)
    return {
        **board_of(branch, timezone.now(), user.day_zone, with_companies=True),
        "branch": branch,
        "topic": f"wall.{branch.pk}" if branch else "wall.all",
    }


@login_required
@require_GET
def show_wall(request: HttpRequest) -> HttpResponse:
    user = holder_or_404(request, VERB)
    branches = branches_of(user) if scope.reach(user, VERB) == Reach.ALL else []
    context = {**_board(request, user), "branches": branches, "board_query": request.GET.urlencode()}
    return render(request, "ui/wall/wall.html", context)


@login_required
@require_GET
def show_board(request: HttpRequest) -> HttpResponse:
    user = holder_or_404(request, VERB)
    return render(request, "ui/wall/board.html", _board(request, user))


@login_required
@require_http_methods(["GET", "POST"])
def show_links(request: HttpRequest) -> HttpResponse:
    """Links of the branches that the person leads; a new one is shown once, right here."""
    user = holder_or_404(request, VERB)
    branches, made, refusal = branches_of(user), "", ""
    if request.method == "POST":
        branch = next((b for b in branches if str(b.pk) == request.POST.get("branch", "")), None)
        if branch is None:
            raise Http404
        try:
            _, token = walls.make_link(
                actor=user,
                branch=branch,
                name=request.POST.get("name", "").replace("\x00", ""),
                show_companies=request.POST.get("show_companies") == "on",
            )
            made = request.build_absolute_uri(reverse("tv_enter", args=[token]))
        except DomainError as error:
            refusal = error.detail
    now = timezone.now()
    links = WallLink.objects.filter(branch__in=branches, revoked_at=None).select_related("branch", "created_by")
    lines = [
        {
            "link": link,
            "seen": when(link.last_seen_at, user.day_zone, now),
            "made": when(link.created_at, user.day_zone, now),
        }
        for link in links.order_by("branch__name", "pk")
    ]
    context = {"branches": branches, "lines": lines, "made": made, "refusal": refusal}
    response = render(request, "ui/wall/links.html", context, status=422 if refusal else 200)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def revoke(request: HttpRequest, link_id: int) -> HttpResponseRedirect:
    user = holder_or_404(request, VERB)
    link = WallLink.objects.filter(pk=link_id, branch__in=branches_of(user)).select_related("branch").first()
    if link is None:
        raise Http404
    walls.revoke_link(actor=user, link=link)
    messages.success(request, "Ссылка отозвана: телевизор её больше не откроет.")
    return redirect("tv_links")
