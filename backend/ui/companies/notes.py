"""Notes on the card: the composer, editing, versions, pins, and who may be named in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from common.errors import DomainError
from companies.attachments.services import take_file
from companies.listing.values import read_id
from companies.models import Company, CompanyNote
from companies.notes import mentions, services
from companies.notes.services import NoteChanged
from ui.actor import actor
from ui.companies.edit import FIELDS, company_or_404
from ui.companies.forms import ReasonForm
from ui.companies.people import card_url
from ui.companies.picking import number_said
from ui.dialogs import CLASH, INVALID, done, is_dialog, show_form
from ui.forms import StyledForm
from ui.times import full

EDITOR = "ui/companies/note_form.html"
ROWS = forms.Textarea(attrs={"rows": 6, "data-mentions": ""})


class NoteForm(StyledForm):
    """Its length and signs are checked by the service, so that all doors say the same."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)
    text = forms.CharField(label="Текст", required=False, strip=False, widget=ROWS)


def note_or_404(user: User, pk: int) -> CompanyNote:
    """A live note of a card that the person sees."""
    notes = CompanyNote.objects.select_related("company", "author").filter(pk=pk, deleted_at__isnull=True)
    note = notes.filter(company__in=Company.objects.visible_to(user)).first()
    if note is None:
        raise Http404
    return note


@login_required
@require_http_methods(["GET", "POST"])
def new_note(request: HttpRequest, pk: int) -> HttpResponse:
    """From the composer of the card, or from a page of its own when something was wrong with it."""
    user = actor(request)
    company = company_or_404(user, pk)
    context = _context(company, "Новая заметка", "Сохранить")
    form = NoteForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show_form(request, EDITOR, {**context, "form": form}, INVALID if form.is_bound else 200)
    try:
        services.add_note(
            actor=user,
            company_id=pk,
            text=_typed(request, form),
            contact_id=_contact_id(request),
            files=_files(request, user),
        )
    except DomainError as refusal:
        if is_dialog(request):
            return JsonResponse({"code": refusal.code, "detail": refusal.detail}, status=INVALID)
        form.add_error("text", refusal.detail)
        return show_form(request, EDITOR, {**context, "form": form}, INVALID)
    return done(request, card_url(company), "Заметка сохранена.")


@login_required
@require_http_methods(["GET", "POST"])
def edit_note(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    note = note_or_404(user, pk)
    names = mentions.names_of(mentions.ids_in(note.text))
    context = _context(note.company, "Заметка", "Сохранить")
    context |= {"kept": list(note.attachments.order_by("pk")), "people": names.items()}
    if request.method != "POST":
        form = NoteForm(initial={"text": mentions.read_back(note.text, names), "version": note.version})
        refusal = "" if services.can_edit(user, note) else "Заметку меняет только её автор."
        return show_form(request, EDITOR, {**context, "form": form, "refusal": refusal})
    form = NoteForm(request.POST)
    if not form.is_valid():
        return show_form(request, EDITOR, {**context, "form": form}, INVALID)
    try:
        services.edit_note(
            actor=user,
            note_id=pk,
            text=_typed(request, form),
            base_version=form.cleaned_data["version"],
            files=_files(request, user),
            removed=_ids(request, "removed"),
        )
    except NoteChanged as clash:
        again = request.POST.copy()
        again["version"] = str(note.version)
        context |= {"refusal": clash.detail, "now": mentions.read_back(note.text, names)}
        return show_form(request, EDITOR, {**context, "form": NoteForm(again)}, CLASH)
    except DomainError as refusal:
        form.add_error("text", refusal.detail)
        return show_form(request, EDITOR, {**context, "form": form}, INVALID)
    return done(request, card_url(note.company), "Сохранено.")


@login_required
@require_http_methods(["GET", "POST"])
def delete_note(request: HttpRequest, pk: int) -> HttpResponse:
    """The author is asked, an administrator gives a reason."""
    user = actor(request)
    note = note_or_404(user, pk)
    is_own = note.author_id == user.pk
    context: dict[str, Any] = {"title": "Удалить заметку?", "back": card_url(note.company), "kind": "danger"}
    context |= {"button": "Удалить", "text": "Вернуть её можно тридцать дней: она останется в вашей истории."}
    if not services.can_delete(user, note):
        context["refusal"] = "Заметку удаляет её автор или администратор."
    form = ReasonForm(request.POST if request.method == "POST" else None)
    template = "ui/dialogs/words.html" if is_own or "refusal" in context else FIELDS
    if request.method != "POST" or not (is_own or form.is_valid()):
        status = INVALID if request.method == "POST" else 200
        return show_form(request, template, {**context, "form": form}, status)
    try:
        services.delete_note(actor=user, note_id=pk, reason="" if is_own else form.cleaned_data["reason"])
    except DomainError as refusal:
        return show_form(request, template, {**context, "form": form, "refusal": refusal.detail}, INVALID)
    return done(request, card_url(note.company), "Заметка удалена.")


@login_required
@require_POST
def restore_note(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request,
        lambda user: services.restore_note(actor=user, note_id=pk),
        card_url(_any_note(actor(request), pk).company),
        "Заметка возвращена.",
    )


@login_required
@require_POST
def pin_note(request: HttpRequest, pk: int) -> HttpResponse:
    note = note_or_404(actor(request), pk)
    wants = request.POST.get("pin") == "1"
    return _act(
        request,
        lambda user: services.set_pin(actor=user, note_id=pk, is_pinned=wants),
        card_url(note.company),
        "Закреплено." if wants else "Откреплено.",
    )


@login_required
@require_GET
def show_versions(request: HttpRequest, pk: int) -> HttpResponse:
    """What the note said before, the last version first."""
    user = actor(request)
    note = note_or_404(user, pk)
    revisions = list(note.revisions.select_related("by").order_by("-pk")[:50])
    names = mentions.names_of(pk for text in (note.text, *(r.text for r in revisions)) for pk in mentions.ids_in(text))
    moments = [note.edited_at or note.created_at, *(r.at for r in revisions)]
    # a revision is kept when it is replaced: what it holds was written at the moment of the one before it
    written = [*moments[1:], note.created_at] if revisions else moments
    versions = [
        {"text": mentions.read_back(text, names), "at": full(at, user.day_zone), "by": note.author}
        for text, at in zip((note.text, *(r.text for r in revisions)), written, strict=True)
    ]
    context = {"title": "Версии заметки", "back": card_url(note.company), "versions": versions, "is_reading": True}
    return show_form(request, "ui/companies/note_versions.html", context)


@login_required
@require_GET
def offer_people(request: HttpRequest, pk: int) -> JsonResponse:
    """Colleagues to name in a note: those who see the card, by what was typed after «@»."""
    user = actor(request)
    company = company_or_404(user, pk)
    found = mentions.offer(user, company, request.GET.get("q", "")[:60])
    people = [
        {"id": one.pk, "name": one.label, "about": one.branch.name if one.branch else one.get_role_display()}
        for one in found
    ]
    return JsonResponse({"people": people})


def _act(request: HttpRequest, act: Callable[[User], object], back: str, told: str) -> HttpResponse:
    """A button without a form: a refusal is a toast, or the page of refusals without a script."""
    try:
        act(actor(request))
    except DomainError as refusal:
        if is_dialog(request):
            return JsonResponse({"code": refusal.code, "detail": refusal.detail}, status=refusal.status)
        raise
    return done(request, back, told)


def _any_note(user: User, pk: int) -> CompanyNote:
    notes = CompanyNote.objects.select_related("company").filter(company__in=Company.objects.visible_to(user))
    note = notes.filter(pk=pk).first()
    if note is None:
        raise Http404
    return note


def _contact_id(request: HttpRequest) -> int | None:
    """Whom the note is about; what is no number is nobody of this card."""
    said = request.POST.get("contact", "")
    if not said:
        return None
    return number_said(said)


def composer(company_id: int) -> dict[str, Any]:
    """What the scripts of a composer need."""
    return {
        "files_src": reverse("company_file_new", args=[company_id]),
        "people_src": reverse("company_colleagues", args=[company_id]),
        "file_mb": settings.ATTACHMENTS["file_mb"],
    }


def _context(company: Company, title: str, button: str) -> dict[str, Any]:
    return {
        "title": title,
        "back": card_url(company),
        "button": button,
        "company": company,
        "has_files": True,
        **composer(company.pk),
    }


def _typed(request: HttpRequest, form: NoteForm) -> str:
    """The text with the chosen people as tokens."""
    ids = _ids(request, "person")[: mentions.MOST]
    people = User.objects.in_bulk(ids)
    return mentions.spell(form.cleaned_data["text"], [people[pk] for pk in ids if pk in people])


def _files(request: HttpRequest, user: User) -> list[int]:
    """Files that a script has sent before, and those that came with the form itself."""
    sent = request.FILES.getlist("files")
    return _ids(request, "file") + [take_file(actor=user, chunks=f.chunks(), name=f.name or "").pk for f in sent]


def _ids(request: HttpRequest, name: str) -> list[int]:
    found = [read_id(text) for text in request.POST.getlist(name)[:50]]
    return [pk for pk in found if pk is not None and pk > 0]
