"""«Передать всё»: the companies of a person who leaves or moves, to one or evenly over several (C-51)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from common.errors import DomainError
from common.text import plural
from companies import access
from companies.bulk.services import Chosen, start_bulk
from companies.edits.transfer import targets
from ui.actor import actor
from ui.dialogs import INVALID, done, show_form
from ui.forms import StyledForm
from ui.times import number

FIELDS = "ui/dialogs/fields.html"
TO_PEOPLE, TO_BRANCH = "people", "branch"


class HandoverForm(StyledForm):
    """Whom the companies go to; those who set branches by hand may also let them follow the person's branch."""

    what = forms.ChoiceField(label="Что сделать с компаниями", widget=forms.Select)
    to = forms.MultipleChoiceField(
        label="Кому (если выбрать нескольких, компании разделятся поровну)",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, user: User, person: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        what = [(TO_PEOPLE, "Передать другим сотрудникам")]
        if person.branch is not None and person.is_active and access.may_set_branch(user):
            what.append((TO_BRANCH, f"Оставить за сотрудником и перевести в филиал «{person.branch}»"))
        self.fields["what"].choices = what  # type: ignore[attr-defined]  # a select has choices
        others = [p for p in targets() if p.pk != person.pk]
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (str(p.pk), f"{p.label}, {p.branch.name}" if p.branch else p.label) for p in others
        ]
        self.person = person

    def order(self) -> tuple[str, dict[str, Any]]:
        if self.cleaned_data["what"] == TO_BRANCH:
            return "branch", {"value": self.person.branch_id}
        return "responsible", {"to": [int(pk) for pk in self.cleaned_data["to"]]}


@login_required
@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    person = get_object_or_404(User.objects.select_related("branch"), pk=pk)
    if not may_hand_over(user, person):
        raise Http404
    chosen = Chosen(is_whole=True, query=f"responsible={person.pk}")
    count = chosen.rows(user, "transfer").count()
    context: dict[str, Any] = {
        "title": f"Передать компании: {person.label}",
        "back": f"{reverse('company_list')}?{chosen.query}",
        "button": "Выполнить",
        "text": f"Ведёт {number(count)} {plural(count, 'компанию', 'компании', 'компаний')}."
        " Если ничего не менять, они останутся за сотрудником.",
    }
    form = HandoverForm(user, person, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID if form.is_bound else 200)
    action, params = form.order()
    try:
        job = start_bulk(actor=user, action=action, params=params, chosen=chosen)
    except DomainError as refusal:
        form.refuse(refusal)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    return done(request, reverse("job_detail", args=[job.pk]), "Работа запущена.", leaves=True)


def may_hand_over(user: User, person: User) -> bool:
    """As far as one may hand over at all: one's own cards, those of the branch's people, all."""
    return scope.may(user, "transfer", owner_id=person.pk, branch_id=person.branch_id) or (
        scope.reach(user, "transfer") == Reach.ALL
    )
