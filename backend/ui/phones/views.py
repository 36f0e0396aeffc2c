"""«Подключить телефон»: every user's own phones, a QR for one more, the application (W-21, I-6, I-7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET, require_POST

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from accounts.throttles import QrCreateThrottle
from phonebridge.models import PhoneDevice
from phonebridge.selectors import Presence
from phonebridge.selectors.builds import latest_build
from phonebridge.selectors.presence import presence_of_phones
from phonebridge.services import devices, pairing
from ui.actor import actor
from ui.times import number, when


@dataclass(frozen=True, slots=True)
class PhoneLine:
    id: int
    name: str
    about: str
    presence: Presence
    is_primary: bool
    added: str


def _lines(user: User) -> list[PhoneLine]:
    now = timezone.now()
    phones = PhoneDevice.objects.usable().filter(user=user).order_by("-is_primary", "-last_seen_at", "pk")
    presence = presence_of_phones([phone.pk for phone in phones])
    return [
        PhoneLine(
            phone.pk,
            phone.device_name or "Телефон",
            " · ".join(part for part in (phone.platform, phone.app_version) if part),
            presence[phone.pk],
            phone.is_primary,
            when(phone.created_at, user.day_zone, now),
        )
        for phone in phones
    ]


def link_of(token: str) -> str:
    """What the QR holds: the phone's camera opens it in the application."""
    return f"crmprofi://login?{urlencode({'server': settings.PUBLIC_BASE_URL, 'token': token})}"


def draw(text: str) -> SafeString:
    """A QR as SVG of plain paths; dark on light in every theme, as cameras like it."""
    code = segno.make(text, error="m", micro=False)
    return mark_safe(code.svg_inline(scale=5, border=3, dark="#000", light="#fff", omitsize=True))  # noqa: S308 (made here)


@login_required
@require_GET
def show_mine(request: HttpRequest) -> HttpResponse:
    user = actor(request)
    build = latest_build()
    context: dict[str, Any] = {
        "phones": _lines(user),
        "build": build,
        "build_size": f"{number(round(build.size_bytes / 1024))} КБ" if build else "",
        "is_admin": scope.reach(user, "system_admin") > Reach.NONE,
    }
    return render(request, "ui/phones/mine.html", context)


@login_required
@require_GET
def show_devices(request: HttpRequest) -> HttpResponse:
    """The region that redraws itself."""
    return render(request, "ui/phones/devices.html", {"phones": _lines(actor(request))})


@login_required
@require_POST
def show_qr(request: HttpRequest) -> HttpResponse:
    """A fresh code; the one before is void. Once in ten seconds, whichever door asks."""
    user = actor(request)
    if not cache.add(f"pace:qr:{user.pk}", 1, timeout=QrCreateThrottle.period_s):
        return render(request, "ui/phones/qr_wait.html", {"seconds": QrCreateThrottle.period_s}, status=429)
    made = pairing.create_qr(user=user)
    context = {"svg": draw(link_of(made.token)), "token": made.token, "until": made.expires_at.isoformat()}
    response = render(request, "ui/phones/qr.html", {**context, "link": link_of(made.token)})
    response["Cache-Control"] = "no-store"
    return response


def _own(request: HttpRequest, device_id: int) -> PhoneDevice:
    phone = PhoneDevice.objects.usable().filter(user=actor(request), pk=device_id).select_related("user").first()
    if phone is None:
        raise Http404
    return phone


@login_required
@require_POST
def make_primary(request: HttpRequest, device_id: int) -> HttpResponseRedirect:
    phone = _own(request, device_id)
    devices.make_primary(device=phone, actor=actor(request))
    messages.success(request, f"Основной телефон — {phone}.")
    return redirect("settings_mobile")


@login_required
@require_POST
def remove(request: HttpRequest, device_id: int) -> HttpResponseRedirect:
    phone = _own(request, device_id)
    devices.revoke(device=phone, actor=actor(request))
    messages.success(request, f"Телефон отключён: {phone}.")
    return HttpResponseRedirect(reverse("settings_mobile"))
