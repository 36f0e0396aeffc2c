"""Builds of the application, for administrators: upload, share of phones, withdrawal (K-8)."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from common.errors import DomainError
from phonebridge.models import MobileAppBuild
from phonebridge.services import builds
from ui.actor import holder_or_404
from ui.forms import StyledForm
from ui.times import number, when

INVALID = 422
MOST_CODE = 2_147_483_647


class BuildForm(StyledForm):
    file = forms.FileField(
        label="Файл APK",
        error_messages={"required": "Выберите файл.", "empty": "Файл пустой.", "missing": "Выберите файл."},
        widget=forms.FileInput(attrs={"accept": ".apk,application/vnd.android.package-archive"}),
    )
    rollout_percent = forms.IntegerField(label="Доля телефонов, %", min_value=1, max_value=100, initial=100)
    min_supported_code = forms.IntegerField(
        label="Наименьший номер версии, который ещё работает", min_value=0, max_value=MOST_CODE, initial=0
    )


class ChangeForm(StyledForm):
    is_active = forms.BooleanField(required=False)
    rollout_percent = forms.IntegerField(min_value=1, max_value=100)


@login_required
@require_http_methods(["GET", "POST"])
def show_builds(request: HttpRequest) -> HttpResponse:
    """The list with the form; a refused file keeps what else was said."""
    user = holder_or_404(request, "system_admin")
    form = BuildForm(request.POST, request.FILES) if request.method == "POST" else BuildForm()
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            build = builds.publish_build(
                actor=user,
                chunks=said["file"].chunks(),
                rollout_percent=said["rollout_percent"],
                min_supported_code=said["min_supported_code"],
            )
        except DomainError as refusal:
            form.add_error("file", refusal.detail)
        else:
            messages.success(request, f"Сборка {build.version} загружена.")
            return redirect("mobile_builds")
    now = timezone.now()
    lines = [
        {
            "build": build,
            "size": f"{number(round(build.size_bytes / 1024))} КБ",
            "time": when(build.created_at, user.day_zone, now),
        }
        for build in MobileAppBuild.objects.order_by("-version_code", "-pk")
    ]
    status = INVALID if form.errors else 200
    return render(request, "ui/phones/builds.html", {"form": form, "lines": lines}, status=status)


@login_required
@require_POST
def change(request: HttpRequest, build_id: int) -> HttpResponseRedirect:
    user = holder_or_404(request, "system_admin")
    build = get_object_or_404(MobileAppBuild, pk=build_id)
    form = ChangeForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        builds.change_build(
            actor=user, build=build, is_active=said["is_active"], rollout_percent=said["rollout_percent"]
        )
        messages.success(request, f"Сборка {build.version} изменена.")
    else:
        messages.error(request, "Доля телефонов — от 1 до 100 процентов.")
    return redirect("mobile_builds")
