"""«Телефоны»: everybody's phones for administrators, presence of the branch for heads (W-12, W-13)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from audit.models import Source, Verb
from audit.services import log_event
from common.errors import DomainError
from phonebridge.models import DeadLetter, PhoneDevice, PhoneLogBundle, PhoneTelemetry
from phonebridge.selectors import Presence
from phonebridge.selectors.fleet import ERRORS, FleetPhone, describe, fleet_of, percentiles
from phonebridge.services import devices, fleet
from phonebridge.watching import live_topics
from ui.actor import actor, holder_or_404
from ui.times import full, number, when

TOLD = 100
STATES = (("online", "в сети"), ("polling", "опрос"), ("offline", "не в сети"))


@dataclass(frozen=True, slots=True)
class FleetLine:
    """One phone as the table shows it; what heads may not see is empty for them."""

    id: int
    person: str
    branch: str
    name: str
    presence: Presence
    transport: str
    version: str
    battery: str
    network: str
    errors: list[str]
    heard: str


def _viewer(request: HttpRequest) -> tuple[User, bool]:
    """The person, and whether more than presence is theirs to see. Raises Http404."""
    user = holder_or_404(request, "calls_lead")
    return user, scope.reach(user, "system_admin") > Reach.NONE


def _line(phone: FleetPhone, viewer: User, now: Any, *, is_whole: bool) -> FleetLine:
    device = phone.device
    heard = device.last_heartbeat_at or device.last_seen_at or device.last_poll_at
    return FleetLine(
        device.pk,
        device.user.label,
        device.user.branch.name if device.user.branch else "—",
        str(device),
        phone.presence,
        phone.transport,
        device.app_version or "—",
        f"{device.battery_percent} %" if is_whole and device.battery_percent is not None else "—",
        (device.network or "—") if is_whole else "—",
        [ERRORS[name] for name in phone.errors if is_whole or name == "silent"],
        when(heard, viewer.day_zone, now),
    )


def _table(request: HttpRequest) -> dict[str, Any]:
    viewer, is_whole = _viewer(request)
    now = timezone.now()
    phones = describe(fleet_of(viewer), now)
    states: Counter[str] = Counter(phone.presence.state for phone in phones)

    def seen_errors(phone: FleetPhone) -> list[str]:
        return [name for name in phone.errors if is_whole or name == "silent"]

    errors = Counter(name for phone in phones for name in seen_errors(phone))
    state, error = request.GET.get("state", ""), request.GET.get("error", "")
    version, words = request.GET.get("version", ""), request.GET.get("q", "").strip().lower()
    shown = [
        phone
        for phone in phones
        if (not state or phone.presence.state == state)
        and (not error or error in seen_errors(phone))
        and (not version or phone.device.app_version == version)
        and (not words or words in f"{phone.device.user.label} {phone.device}".lower())
    ]
    return {
        "lines": [_line(phone, viewer, now, is_whole=is_whole) for phone in shown],
        "total": len(phones),
        "is_whole": is_whole,
        "states": [(key, label, states[key]) for key, label in STATES],
        "errors": [(key, ERRORS[key], n) for key, n in errors.most_common()],
        "versions": sorted({phone.device.app_version for phone in phones if phone.device.app_version}),
        "said": {"state": state, "error": error, "version": version, "q": words},
        "url_query": request.GET.urlencode(),
        "percentiles": percentiles() if is_whole else [],
        "letters": DeadLetter.objects.filter(resolved_at=None).count() if is_whole else 0,
    }


@login_required
@require_GET
def show_overview(request: HttpRequest) -> HttpResponse:
    context = _table(request)
    return render(request, "ui/phones/overview.html", {**context, "topics": " ".join(live_topics(actor(request)))})


@login_required
@require_GET
def show_table(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/phones/fleet_table.html", _table(request))


# --- one phone, for administrators


def _device_or_404(request: HttpRequest, device_id: int) -> PhoneDevice:
    _, is_whole = _viewer(request)
    phone = PhoneDevice.objects.filter(pk=device_id).select_related("user__branch").first()
    if not is_whole or phone is None:
        raise Http404
    return phone


def _told(request: HttpRequest, device: PhoneDevice) -> dict[str, Any]:
    viewer, now = actor(request), timezone.now()
    (phone,) = describe([device], now)
    telemetry = PhoneTelemetry.objects.filter(device=device).order_by("-created_at")[:TOLD]
    bundles = PhoneLogBundle.objects.filter(device=device).defer("payload").order_by("-created_at")[:20]
    return {
        "device": device,
        "phone": phone,
        "errors": [ERRORS[name] for name in phone.errors],
        "facts": _facts(device, viewer),
        "telemetry": [(when(row.created_at, viewer.day_zone, now), row) for row in telemetry],
        "bundles": [(when(row.created_at, viewer.day_zone, now), row) for row in bundles],
        "percentiles": percentiles(device),
        "letters": DeadLetter.objects.filter(report__device=device, resolved_at=None).count(),
    }


def _facts(device: PhoneDevice, viewer: User) -> list[tuple[str, str]]:
    def at(moment: Any) -> str:
        return full(moment, viewer.day_zone) if moment else "—"

    allowed = {True: "есть", False: "нет"}
    said = {name: value for name, value in device.permissions.items() if isinstance(value, bool | str)}
    words = {name: allowed[value] if isinstance(value, bool) else value for name, value in said.items()}
    permissions = ", ".join(f"{name}: {word}" for name, word in words.items())
    stuck = f"застряло {device.stuck_count}, старшему {device.oldest_stuck_age_s} с"
    encrypted = {True: "зашифровано", False: "не зашифровано"}.get(bool(device.encryption_enabled), "—")
    return [
        ("Сотрудник", device.user.label),
        ("Номер устройства", device.device_id),
        ("Платформа", device.platform or "—"),
        ("Версия приложения", device.app_version or "—"),
        ("Последний пульс", at(device.last_heartbeat_at)),
        ("Последний опрос", at(device.last_poll_at)),
        ("Был на связи", at(device.last_seen_at)),
        ("Батарея", f"{device.battery_percent} %" if device.battery_percent is not None else "—"),
        ("Сеть", device.network or "—"),
        ("Разрешения", permissions or "—"),
        ("SIM-карты", number(len(device.sims)) if device.sims else "—"),
        ("Хранилище", encrypted if device.encryption_enabled is not None else "—"),
        ("Очередь", stuck if device.queue_stuck else "—"),
        ("Последняя ошибка", " ".join(p for p in (device.last_error_code, device.last_error_message) if p) or "—"),
        ("Отключён", at(device.revoked_at)),
    ]


@login_required
@require_GET
def show_device(request: HttpRequest, device_id: int) -> HttpResponse:
    device = _device_or_404(request, device_id)
    return render(request, "ui/phones/device.html", _told(request, device))


@login_required
@require_GET
def show_told(request: HttpRequest, device_id: int) -> HttpResponse:
    device = _device_or_404(request, device_id)
    return render(request, "ui/phones/device_told.html", _told(request, device))


@login_required
@require_GET
def show_log(request: HttpRequest, device_id: int, bundle_id: int) -> HttpResponse:
    """A piece of a phone's log was read by a person: that leaves a row."""
    device = _device_or_404(request, device_id)
    bundle = PhoneLogBundle.objects.filter(pk=bundle_id, device=device).first()
    if bundle is None:
        raise Http404
    log_event(
        actor=actor(request),
        verb=Verb.VIEW_SENSITIVE,
        entity_type="phone_log",
        entity_id=bundle.pk,
        message=f"Прочитан журнал телефона: {device}",
        source=Source.UI,
    )
    return render(request, "ui/phones/log.html", {"device": device, "bundle": bundle})


@login_required
@require_POST
def act(request: HttpRequest, device_id: int, what: str) -> HttpResponse:
    """`probe` answers with its number as JSON; the others go back to the page with words."""
    device, user = _device_or_404(request, device_id), actor(request)
    if what == "probe":
        try:
            return JsonResponse({"id": fleet.probe(device=device, actor=user)})
        except DomainError as refusal:
            return JsonResponse({"detail": refusal.detail}, status=refusal.status)
    try:
        words = _do(what, device, user)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, words)
    return redirect("settings_mobile_device_detail", device_id)


def _do(what: str, device: PhoneDevice, user: User) -> str:
    if what == "logs":
        fleet.want_logs(device=device, actor=user)
        return "Журнал запрошен: он появится ниже, когда телефон его пришлёт."
    if what == "logout":
        fleet.log_out(device=device, actor=user)
        return "Телефон разлогинен."
    if what == "revoke":
        devices.revoke(device=device, actor=user)
        return "Телефон отключён."
    raise Http404
