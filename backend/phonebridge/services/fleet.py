"""What an administrator does to one phone from afar, and who is told when phones fall silent."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils import timezone

from accounts import tokens
from accounts.models import User
from accounts.roles import Role
from accounts.workdays import hours_of_all
from audit.models import Source, Verb
from audit.services import log_event
from common.errors import DomainError
from notifications.models import Kind
from notifications.services import create_notification
from phonebridge import events
from phonebridge.models import PhoneDevice
from phonebridge.selectors.fleet import is_silent, last_heard
from phonebridge.selectors.presence import presence_of_phones


class NotReachable(DomainError):
    code = "not_reachable"
    status = 409


@transaction.atomic
def probe(*, device: PhoneDevice, actor: User) -> str:
    """Ask the phone to answer at once; the number of the question. Raises NotReachable."""
    _reachable(device)
    number = uuid.uuid4().hex
    events.tell_phone(device.user_id, device.pk, {"type": "probe", "id": number})
    return number


@transaction.atomic
def want_logs(*, device: PhoneDevice, actor: User) -> str:
    """Ask the phone for its log, which comes by REST. Raises NotReachable."""
    _reachable(device)
    number = uuid.uuid4().hex[:12]
    events.tell_phone(device.user_id, device.pk, {"type": "want_logs", "id": number})
    _log(actor, device, f"Запрошен журнал телефона: {device}")
    return number


@transaction.atomic
def log_out(*, device: PhoneDevice, actor: User) -> None:
    """The log-in of this phone is over: it forgets its tokens, and they are void anyhow."""
    tokens.revoke_phone(device.user, device.device_id)
    events.tell_phone(device.user_id, device.pk, {"type": "logout"})
    events.device_logged_out(device.user_id, device.pk)
    _log(actor, device, f"Телефон разлогинен: {device} · {device.user.label}", Verb.LOGOUT)


def _reachable(device: PhoneDevice) -> None:
    if presence_of_phones([device.pk])[device.pk].state != "online":
        raise NotReachable("Телефон сейчас не держит соединение. Он ответит, когда вернётся в сеть.")


def _log(actor: User, device: PhoneDevice, message: str, verb: Verb = Verb.UPDATE) -> None:
    log_event(
        actor=actor,
        verb=verb,
        entity_type="phone_device",
        entity_id=device.pk,
        message=message,
        source=Source.UI,
    )


def tell_of_silence() -> int:
    """One bell for the heads of a branch when all phones of a manager at work are silent; once per silence."""
    now, told = timezone.now(), 0
    managers = User.objects.filter(is_active=True, role=Role.MANAGER, branch__isnull=False).select_related("branch")
    phones: dict[int, list[PhoneDevice]] = {}
    for phone in PhoneDevice.objects.usable().filter(user__in=managers):
        phones.setdefault(phone.user_id, []).append(phone)
    hours = hours_of_all({person.branch for person in managers if person.branch is not None})
    for person in managers:
        its = phones.get(person.pk, [])
        if not its or not all(is_silent(phone, hours[person.branch_id], now) for phone in its):
            continue
        since = max(heard for phone in its if (heard := last_heard(phone)) is not None)
        for head in _heads(person.branch_id):
            made = create_notification(
                user=head,
                title=f"Телефон молчит: {person.label}",
                body="Больше десяти минут рабочего времени без связи.",
                kind=Kind.SYSTEM,
                url="/settings/mobile/overview/",
                dedupe_key=f"silent:{person.pk}:{int(since.timestamp())}",
            )
            told += made is not None
    return told


def _heads(branch_id: int | None) -> list[User]:
    roles = (Role.SALES_HEAD, Role.BRANCH_DIRECTOR)
    return list(User.objects.filter(is_active=True, role__in=roles, branch=branch_id))
