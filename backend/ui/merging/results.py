"""What a merge did, and the way back."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from common.errors import DomainError
from companies.edits.values import label_of
from companies.merging.addresses import resolve_card
from companies.merging.pairs import MODELS
from companies.merging.policies import relations
from companies.merging.undo import QUIET, is_undoable, preview_undo, undo_merge
from companies.models import CardKind, Merge, MergeEntry, MergeOp
from ui.actor import actor
from ui.dialogs import INVALID, done, show_form
from ui.times import when


def _merge_or_404(user: User, pk: int) -> tuple[Merge, Any]:
    """A merge whose card lives on within the person's sight, and that card."""
    merge = Merge.objects.select_related("by", "undone_by").filter(pk=pk).first()
    if merge is None:
        raise Http404
    end = resolve_card(merge.kind, merge.winner_id) or merge.winner_id
    card = MODELS[merge.kind]._default_manager.visible_to(user).filter(pk=end).first()
    if card is None:
        raise Http404
    return merge, card


def card_url(kind: str, card: Any) -> str:
    company_id = card.pk if kind == CardKind.COMPANY else card.company_id
    return reverse("company_detail", args=[company_id]) if company_id else reverse("contact_list")


@login_required
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    user, now = actor(request), timezone.now()
    merge, card = _merge_or_404(user, pk)
    loser = MODELS[merge.kind]._default_manager.visible_to(user).filter(pk=merge.loser_id).first()
    context = {
        "merge": merge,
        "card_url": card_url(merge.kind, card),
        "loser_url": card_url(merge.kind, loser) if loser else "",
        "time": when(merge.at, user.day_zone, now),
        "undone_time": when(merge.undone_at, user.day_zone, now) if merge.undone_at else "",
        "steps": _steps(merge),
        "can_undo": is_undoable(merge),
        "days": settings.MERGE_UNDO_DAYS,
    }
    return render(request, "ui/merging/result.html", context)


def _steps(merge: Merge) -> list[tuple[str, str]]:
    """Lines «Звонки: перенесено 12»."""
    model = MODELS[merge.kind]
    words = {(rel.label, rel.field): rel.words for rel in relations(model)}
    by_model = {label: text for (label, _), text in words.items()}
    moved: Counter[str] = Counter()
    joined: Counter[str] = Counter()
    fields: list[str] = []
    for entry in MergeEntry.objects.filter(merge=merge).order_by("pk"):
        if entry.op == MergeOp.MOVED:
            moved[words.get((entry.model, entry.field), entry.model)] += len(entry.pks)
        elif entry.op == MergeOp.DROPPED:
            joined[by_model.get(entry.model, "")] += 1
        elif entry.op == MergeOp.CHANGED and entry.field and entry.field not in QUIET:
            fields.append(label_of(model, entry.field))
        elif entry.op == MergeOp.CHANGED and entry.old and {"company_id", "contact_id"} & entry.old.keys():
            moved[by_model.get(entry.model, entry.model)] += 1
    lines = [(text, f"перенесено {count}") for text, count in sorted(moved.items()) if text]
    lines += [(text, f"совпало и стало одним {count}") for text, count in sorted(joined.items()) if text]
    return [*lines, ("Взято с другой карточки", ", ".join(fields))] if fields else lines


@login_required
@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """What would stay as it is, then the undo itself."""
    user = actor(request)
    merge, _ = _merge_or_404(user, pk)
    here = reverse("merge_detail", args=[pk])
    context: dict[str, Any] = {
        "title": "Отменить объединение?",
        "back": here,
        "button": "Отменить объединение",
        "kind": "danger",
        "merge": merge,
    }
    try:
        if request.method != "POST":
            context["kept"] = preview_undo(actor=user, merge_id=pk).kept
            return show_form(request, "ui/merging/undo.html", context)
        report = undo_merge(actor=user, merge_id=pk)
    except DomainError as error:
        if error.status == 404:
            raise Http404 from error
        first = error.extra.get("merge")
        context |= {"refusal": error.detail, "first_url": reverse("merge_detail", args=[first]) if first else ""}
        return show_form(request, "ui/merging/undo.html", context, INVALID if request.method == "POST" else 200)
    for words in report.kept:
        messages.warning(request, words)
    return done(request, here, f"Объединение отменено. Снова отдельно: {merge.loser_name}.", leaves=True)
