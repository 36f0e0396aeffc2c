"""«Планы звонков»: what each person is to do in a working day (K-25)."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.selectors import SELLERS
from common.clock import local_day
from common.errors import DomainError
from phonebridge.models import CallPlan
from phonebridge.services.plans import set_plan
from ui.actor import holder_or_404
from ui.wall.views import VERB, branches_of


@login_required
@require_http_methods(["GET", "POST"])
def show_plans(request: HttpRequest) -> HttpResponse:
    """One line a person; each is saved by itself."""
    user = holder_or_404(request, VERB)
    people = list(
        User.objects.filter(branch__in=branches_of(user), is_active=True, role__in=SELLERS)
        .select_related("branch")
        .order_by("branch__name", "last_name", "first_name", "pk")
    )
    today = local_day(timezone.now(), user.day_zone)
    refusal, said_id = "", None
    if request.method == "POST":
        person = next((one for one in people if str(one.pk) == request.POST.get("user", "")), None)
        if person is None:
            raise Http404
        said_id, refusal = person.pk, _save(request, user, person)
        if not refusal:
            messages.success(request, f"План сохранён: {person.label}.")
            return redirect("call_plans")
    now: dict[int, CallPlan] = {}
    later: dict[int, CallPlan] = {}
    for plan in CallPlan.objects.filter(user__in=people).order_by("valid_from"):
        if plan.valid_from <= today:
            now[plan.user_id] = plan
        else:
            later.setdefault(plan.user_id, plan)
    lines = [
        {
            "person": one,
            "plan": now.get(one.pk),
            "later": later.get(one.pk),
            "refusal": refusal if one.pk == said_id else "",
        }
        for one in people
    ]
    context = {"lines": lines, "today": today, "is_admin": user.is_admin, "said": request.POST}
    return render(request, "ui/wall/plans.html", context, status=422 if refusal else 200)


def _save(request: HttpRequest, user: User, person: User) -> str:
    """The words of a refusal, '' when the plan was saved."""
    said = request.POST
    today = local_day(timezone.now(), person.day_zone)
    numbers = [said.get(name, "") for name in ("calls", "connects")]
    if not all(text.isascii() and text.isdigit() and len(text) <= 5 for text in numbers):
        return "Напишите целые числа от 0 до 1000."
    try:
        valid_from = date.fromisoformat(said.get("valid_from", "") or today.isoformat())
    except ValueError:
        return "Такой даты нет."
    try:
        set_plan(
            actor=user,
            user=person,
            calls=int(numbers[0]),
            connects=int(numbers[1]),
            valid_from=valid_from,
            today=today,
            reason=said.get("reason", "").replace("\x00", ""),
        )
    except DomainError as refusal:
        return refusal.detail
    return ""
