"""Links for televisions: made once, shown once, revoked at once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from accounts import scope
from accounts.models import Branch, User
from audit.models import Source, Verb
from audit.services import log_event
from common.clock import db_now_plus
from common.errors import DomainError
from phonebridge import events
from phonebridge.models import WallLink

MOST_LINKS = 20
LIFE = timedelta(days=90)
SEEN_EVERY = timedelta(minutes=5)


class BadLink(DomainError):
    code = "bad_link"


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def make_link(*, actor: User, branch: Branch, name: str = "", show_companies: bool = False) -> tuple[WallLink, str]:
    """The link and its token, which nobody can read again. Raises BadLink."""
    if not scope.may(actor, "calls_lead", owner_id=None, branch_id=branch.pk):
        raise BadLink("Ссылку делает руководитель этого филиала.", code="not_yours", status=403)
    Branch.objects.select_for_update().get(pk=branch.pk)  # one after the other, so that the cap holds
    if WallLink.objects.filter(branch=branch, revoked_at=None).count() >= MOST_LINKS:
        raise BadLink(f"У филиала уже {MOST_LINKS} ссылок. Отзовите лишние.")
    token = secrets.token_urlsafe(32)
    link = WallLink.objects.create(
        branch=branch,
        name=name.strip()[:80],
        token_hash=hash_of(token),
        show_companies=show_companies,
        created_by=actor,
    )
    _log(actor, Verb.CREATE, link, f"Ссылка телевизора: {link}")
    return link, token


@transaction.atomic
def revoke_link(*, actor: User, link: WallLink) -> bool:
    """False when it was revoked before."""
    if not WallLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=Now()):
        return False
    _log(actor, Verb.DELETE, link, f"Ссылка телевизора отозвана: {link}")
    events.tv_revoked(link.branch_id)
    return True


def live_link(token: str) -> WallLink | None:
    """The link of a token, if it still opens: not revoked, its branch at work, used in the last ninety days."""
    if not token or len(token) > 100:
        return None
    is_kept = Q(seen__gt=db_now_plus(-LIFE))
    links = WallLink.objects.annotate(seen=Coalesce(F("last_seen_at"), F("created_at")))
    found = links.filter(is_kept, token_hash=hash_of(token), revoked_at=None, branch__is_active=True)
    return found.select_related("branch").first()


def seen(link: WallLink) -> None:
    """Remember that the television is there, at most once in five minutes."""
    old = Q(last_seen_at=None) | Q(last_seen_at__lt=db_now_plus(-SEEN_EVERY))
    WallLink.objects.filter(old, pk=link.pk).update(last_seen_at=Now())


def _log(actor: User, verb: Verb, link: WallLink, message: str) -> None:
    log_event(actor=actor, verb=verb, entity_type="wall_link", entity_id=link.pk, message=message, source=Source.UI)
