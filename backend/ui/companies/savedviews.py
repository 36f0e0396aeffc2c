"""Saved views of the lists: dialogs that keep, change, open by default and take away."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import Branch, User
from common.errors import DomainError
from companies.listing import keeping
from companies.models import Density, SavedView, Sharing
from companies.models.views import MAX_QUERY
from ui.actor import actor
from ui.companies.edit import FIELDS
from ui.dialogs import INVALID, done, show_form
from ui.forms import StyledForm

LISTS = {"company": "company_list", "contact": "contact_list"}
WORDS = "ui/dialogs/words.html"


class ViewForm(StyledForm):
    """`audience` is «personal», «branch:3» or «all»; `query` and `density` are what the list shows now."""

    said_as: ClassVar[dict[str, str]] = {"sharing": "audience"}

    name = forms.CharField(label="Название", max_length=200, error_messages={"required": "Назовите представление."})
    audience = forms.ChoiceField(label="Кому видно")
    is_default = forms.BooleanField(label="открывать список с ним", required=False)
    query = forms.CharField(widget=forms.HiddenInput, required=False, max_length=MAX_QUERY * 2)
    density = forms.ChoiceField(choices=Density.choices, widget=forms.HiddenInput, required=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audience"].choices = _audiences(user)  # type: ignore[attr-defined]  # a select has choices

    def values(self) -> dict[str, Any]:
        said = self.cleaned_data
        sharing, _, branch = said["audience"].partition(":")
        return {
            "name": said["name"],
            "query": said["query"],
            "density": said["density"],
            "sharing": sharing,
            "branch_id": int(branch) if branch else None,
        }


class KnownViewForm(ViewForm):
    """A view that is there already keeps its conditions unless the present ones are wanted."""

    takes_query = forms.BooleanField(label="записать нынешние фильтры, порядок и столбцы", required=False)
    is_default = None  # type: ignore[assignment]  # Django's way to leave a field out

    def values(self) -> dict[str, Any]:
        said = super().values()
        return said if self.cleaned_data["takes_query"] else {k: v for k, v in said.items() if k != "query"}


def _audiences(user: User) -> list[tuple[str, str]]:
    branches = [
        (f"{Sharing.BRANCH}:{branch.pk}", f"Филиал «{branch.name}»")
        for branch in Branch.objects.all()
        if keeping.may_share(user, Sharing.BRANCH, branch.pk)
    ]
    everybody = [(str(Sharing.ALL), "Все")] if keeping.may_share(user, Sharing.ALL, None) else []
    return [(str(Sharing.PERSONAL), "Только я"), *branches, *everybody]


def _audience_of(view: SavedView) -> str:
    return f"{view.sharing}:{view.branch_id}" if view.branch_id else view.sharing


def _url(subject: str, view: SavedView | None = None) -> str:
    return reverse(LISTS[subject]) + (f"?view={view.pk}" if view else "")


def _view_or_404(user: User, pk: int) -> SavedView:
    try:
        return keeping.get_view(user, pk)
    except keeping.NoView:
        raise Http404 from None


@login_required
@require_http_methods(["GET", "POST"])
def new_view(request: HttpRequest, subject: str) -> HttpResponse:
    if subject not in LISTS:
        raise Http404
    user = actor(request)
    context: dict[str, Any] = {"title": "Новое представление", "back": _url(subject)}
    if request.method != "POST":
        initial = {"query": request.GET.get("query", ""), "density": request.GET.get("density", "")}
        return show_form(request, FIELDS, {**context, "form": ViewForm(user, initial=initial)})
    form = ViewForm(user, request.POST)
    if not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    try:
        view = keeping.keep_view(actor=user, subject=subject, **form.values())
    except DomainError as refusal:
        form.refuse(refusal)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    if form.cleaned_data["is_default"]:
        keeping.set_default(actor=user, subject=subject, view=view)
    return done(request, _url(subject, view), f"Сохранено: {view.name}.", leaves=True)


@login_required
@require_http_methods(["GET", "POST"])
def edit_view(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    view = _view_or_404(user, pk)
    context: dict[str, Any] = {"title": view.name, "back": _url(view.subject, view)}
    if not keeping.may_change(user, view):
        refusal = "Это представление ведёт другой сотрудник. Сохраните своё."
        return show_form(request, WORDS, {**context, "refusal": refusal, "text": ""}, 403)
    if request.method != "POST":
        known = {"name": view.name, "audience": _audience_of(view), "takes_query": "query" in request.GET}
        now = {"query": request.GET.get("query", view.query), "density": request.GET.get("density", view.density)}
        return show_form(request, FIELDS, {**context, "form": KnownViewForm(user, initial={**known, **now})})
    form = KnownViewForm(user, request.POST)
    if not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    try:
        said = {"query": view.query, **form.values()}
        keeping.keep_view(actor=user, subject=view.subject, view=view, **said)
    except DomainError as refusal:
        form.refuse(refusal)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    return done(request, _url(view.subject, view), f"Сохранено: {view.name}.", leaves=True)


@login_required
@require_http_methods(["GET", "POST"])
def make_default(request: HttpRequest, pk: int) -> HttpResponse:
    """The view with which the person's list opens; asked again, it is that no more."""
    user = actor(request)
    view = _view_or_404(user, pk)
    is_default = keeping.default_view(user, view.subject) == view.pk
    if request.method != "POST":
        text = "Список снова будет открываться целиком." if is_default else "Список будет открываться с ним."
        context = {"title": view.name, "text": text, "button": "Да", "back": _url(view.subject, view)}
        return show_form(request, WORDS, context)
    keeping.set_default(actor=user, subject=view.subject, view=None if is_default else view)
    return done(request, _url(view.subject, view), "Сохранено.", leaves=True)


@login_required
@require_http_methods(["GET", "POST"])
def delete_view(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    view = _view_or_404(user, pk)
    shared = "" if view.sharing == Sharing.PERSONAL else " Им пользуются и другие сотрудники."
    text = f"Представление «{view.name}» исчезнет. Компании и контакты останутся.{shared}"
    context: dict[str, Any] = {
        "title": "Удалить представление?",
        "text": text,
        "button": "Удалить",
        "kind": "danger",
        "back": _url(view.subject, view),
    }
    if request.method != "POST":
        return show_form(request, WORDS, context)
    try:
        keeping.drop_view(actor=user, view=view)
    except DomainError as refusal:
        return show_form(request, WORDS, {**context, "refusal": refusal.detail}, refusal.status)
    return done(request, _url(view.subject), "Представление удалено.", leaves=True)
