"""Requests that wait for somebody's decision: another state of a company, its deletion (C-17, C-18, C-48, C-49)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts import scope
from accounts.models import User
from accounts.roles import Reach, Role
from audit.models import Source, Verb
from audit.services import log_event
from audit.trail import Change
from common.errors import DomainError
from common.realtime import publish_on_commit
from companies.edits import deletion, effects
from companies.edits.fields import NotAllowed
from companies.edits.marks import reason_of
from companies.edits.rights import company_for
from companies.models import (
    ClosedBy,
    Company,
    CompanyDeletionRequest,
    CompanyLeadStateRequest,
    LeadState,
    RequestStatus,
)
from companies.records import BadRecord
from notifications.models import Kind
from notifications.services import create_notification

Request = CompanyLeadStateRequest | CompanyDeletionRequest
OLDEST = timedelta(days=30)
MAX_NOTE = 500
TOPIC = "requests.all"


class Already(DomainError):
    """Somebody has asked for it, or it is so already."""

    code = "already"
    status = 409


class Decided(DomainError):
    code = "decided"
    status = 409


# --- asking


def request_lead(
    *, actor: User, company_id: int, state: str, note: str = "", source: Source = Source.UI
) -> CompanyLeadStateRequest:
    """Ask those who decide to change the state. Raises NotFound, BadRecord, Already."""
    company = company_for(actor, "lead_request", company_id, lock=False)
    wanted = _state(state)
    if company.lead_state == wanted:
        raise Already(f"Состояние уже «{wanted.label}».")
    draft = CompanyLeadStateRequest(
        company=company,
        requested_state=wanted,
        state_snapshot=company.lead_state,
        branch_snapshot=company.branch,
    )
    return _ask(draft, actor, company, note, source, f"Запрос: {company.get_lead_state_display()} → {wanted.label}")


def request_deletion(
    *, actor: User, company_id: int, note: str, source: Source = Source.UI, batch: UUID | None = None
) -> CompanyDeletionRequest:
    """Ask an administrator to delete the card; a job tells them itself, once. Raises NotFound, BadRecord, Already."""
    company = company_for(actor, "delete_request", company_id, lock=False)
    draft = CompanyDeletionRequest(company=company, company_id_snapshot=company.pk, requested_by_branch=actor.branch)
    return _ask(draft, actor, company, reason_of(note), source, "Запрос на удаление", batch)


def _ask[R: (CompanyLeadStateRequest, CompanyDeletionRequest)](
    draft: R, actor: User, company: Company, note: str, source: Source, words: str, batch: UUID | None = None
) -> R:
    if len(note) > MAX_NOTE:
        raise BadRecord(f"Примечание длиннее {MAX_NOTE} знаков.", field="note")
    draft.requested_by = actor
    draft.note = note.replace("\x00", "").strip()
    draft.company_name_snapshot = company.name
    draft.version_snapshot = company.version
    try:
        with transaction.atomic():
            draft.save(force_insert=True)
            _remember(draft, actor, source, Verb.CREATE, words, batch)
            if batch is None:
                _tell_deciders(draft, company)
    except IntegrityError as error:
        other = pending(type(draft)).filter(company=company).select_related("requested_by").first()
        who = other.requested_by.label if other and other.requested_by else "другой сотрудник"
        raise Already(f"Такой запрос уже ждёт решения: {who}.") from error
    return draft


# --- deciding


def approve(*, actor: User, request: Request, source: Source = Source.UI) -> Request:
    """Say yes: the state is set, or the card goes to the bin, in the same transaction.

    Raises NotAllowed, Decided, NotFound.
    """
    with transaction.atomic():
        company = _may_decide(actor, request)
        _close(request, status=RequestStatus.APPROVED, decided_by=actor)
        if isinstance(request, CompanyLeadStateRequest):
            write_state(company, LeadState(request.requested_state), actor=actor, source=source)
        else:
            deletion.write_deletion(company, actor=actor, reason=request.note, source=source)
        _remember(request, actor, source, Verb.APPROVE, "Запрос одобрен")
        _tell_author(request, "Запрос одобрен", request.company_name_snapshot, actor)
    return request


def reject(*, actor: User, request: Request, reason: str, source: Source = Source.UI) -> Request:
    """Say no, and why. Raises NotAllowed, Decided, BadRecord."""
    why = reason_of(reason)
    with transaction.atomic():
        _may_decide(actor, request)
        _close(request, status=RequestStatus.CANCELLED, decided_by=actor, decision_note=why)
        _remember(request, actor, source, Verb.APPROVE, f"Запрос отклонён: {why}")
        _tell_author(request, "Запрос отклонён", f"{request.company_name_snapshot}. {why}", actor)
    return request


@transaction.atomic
def withdraw(*, actor: User, request: Request, source: Source = Source.UI) -> Request:
    """The author takes it back. Raises NotAllowed, Decided."""
    if request.requested_by_id != actor.pk:
        raise NotAllowed("Отозвать запрос может тот, кто его отправил.")
    _close(request, status=RequestStatus.CANCELLED, closed_by=ClosedBy.AUTHOR)
    _remember(request, actor, source, Verb.UPDATE, "Запрос отозван")
    return request


def set_lead_state(
    *, actor: User, company_id: int, state: str, source: Source = Source.UI, batch: UUID | None = None
) -> Company:
    """Change the state without a request; a pending one has reached its end. Raises NotFound, NotAllowed."""
    wanted = _state(state)
    with transaction.atomic():
        company = company_for(actor, "lead_set", company_id)
        write_state(company, wanted, actor=actor, source=source, batch=batch)
        same = pending(CompanyLeadStateRequest).filter(company=company)
        close_by_system(same.filter(requested_state=wanted), ClosedBy.REACHED)
    return company


def write_state(
    company: Company, state: LeadState, *, actor: User | None, source: Source, batch: UUID | None = None
) -> bool:
    """The change itself, of a locked row; False when it is so already."""
    if company.lead_state == state:
        return False
    old, company.lead_state = company.lead_state, state
    if not effects.write(company, version=company.version, columns={"lead_state": state}):
        raise AssertionError("the row is locked")
    effects.leave_trail(company, [Change("lead_state", old, state)], actor=actor, source=source, batch=batch)
    return True


# --- what ends by itself


def close_by_system(requests: QuerySet[CompanyLeadStateRequest] | QuerySet[CompanyDeletionRequest], why: str) -> int:
    """End requests that have lost their point; their authors are told."""
    ended = 0
    for request in requests.select_related("company", "requested_by"):
        try:
            _close(request, status=RequestStatus.CANCELLED, closed_by=why)
        except Decided:
            continue
        ended += 1
        _tell_author(request, "Запрос закрыт", f"{request.company_name_snapshot}: {ClosedBy(why).label}", None)
    return ended


def close_stale() -> int:
    """Requests of authors who are gone, and those that nobody has decided for thirty days."""
    ended = 0
    for rows in (pending(CompanyLeadStateRequest), pending(CompanyDeletionRequest)):
        ended += close_by_system(rows.filter(requested_by__is_active=False), ClosedBy.LEFT)
        ended += close_by_system(rows.filter(created_at__lt=timezone.now() - OLDEST), ClosedBy.AGE)
    return ended


# --- who may see and decide


def pending[R: (CompanyLeadStateRequest, CompanyDeletionRequest)](model: type[R]) -> QuerySet[R]:
    return model._default_manager.filter(status=RequestStatus.PENDING)


def inbox[R: (CompanyLeadStateRequest, CompanyDeletionRequest)](model: type[R], user: User) -> QuerySet[R]:
    """Pending requests that `user` may decide now, oldest first: by the card's present branch, never one's own."""
    verb = "lead_decide" if model is CompanyLeadStateRequest else "delete_decide"
    if scope.reach(user, verb) == Reach.NONE:
        return model._default_manager.none()
    cards = Company.objects.allowed(user, verb)
    rows = pending(model).filter(company__in=cards).exclude(requested_by__in=scope.owners(user))
    return rows.select_related("company", "company__branch", "requested_by").order_by("created_at", "pk")


def inbox_count(user: User) -> int:
    """The badge."""
    return inbox(CompanyLeadStateRequest, user).count() + inbox(CompanyDeletionRequest, user).count()


def _may_decide(actor: User, request: Request) -> Company:
    verb = "lead_decide" if isinstance(request, CompanyLeadStateRequest) else "delete_decide"
    if request.requested_by_id in scope.owners(actor):
        raise NotAllowed("Свой запрос решает другой сотрудник.", code="own_request")
    return company_for(actor, verb, request.company_id or 0)


def _close(request: Request, **columns: object) -> None:
    """One conditional UPDATE: of two decisions at once the second hears who was first."""
    rows = type(request)._default_manager.filter(pk=request.pk, status=RequestStatus.PENDING)
    if rows.update(decided_at=Now(), **columns):
        for name, value in columns.items():
            setattr(request, name, value)
        publish_on_commit(TOPIC, {"type": "requests"})
        return
    now = type(request)._default_manager.select_related("decided_by").get(pk=request.pk)
    who = now.decided_by.label if now.decided_by else str(ClosedBy(now.closed_by).label if now.closed_by else "—")
    raise Decided(f"Уже решено: {who}, {timezone.localtime(now.decided_at):%d.%m.%Y %H:%M}.")


def _state(text: str) -> LeadState:
    if text not in LeadState.values:
        raise BadRecord("Состояние — cold или warm.", field="requested_state")
    return LeadState(text)


def _remember(
    request: Request, actor: User | None, source: Source, verb: Verb, words: str, batch: UUID | None = None
) -> None:
    kind = "lead_request" if isinstance(request, CompanyLeadStateRequest) else "deletion_request"
    message = f"{words}: {request.company_name_snapshot}"
    log_event(
        actor=actor,
        verb=verb,
        entity_type=kind,
        entity_id=request.pk,
        message=message,
        meta=effects.of_job(batch),
        source=source,
    )


def deciders(request: Request, company: Company) -> QuerySet[User]:
    """Heads and director of the card's branch; without any of them group managers; deletions: administrators."""
    people = User.objects.filter(is_active=True).exclude(pk=request.requested_by_id or 0)
    if isinstance(request, CompanyDeletionRequest):
        return people.filter(Q(role=Role.ADMIN) | Q(is_superuser=True))
    heads = people.filter(role__in=(Role.SALES_HEAD, Role.BRANCH_DIRECTOR), branch=company.branch)
    if company.branch_id is not None and heads.exists():
        return heads
    return people.filter(role=Role.GROUP_MANAGER)


def _tell_deciders(request: Request, company: Company) -> None:
    author = request.requested_by.label if request.requested_by else ""
    is_lead = isinstance(request, CompanyLeadStateRequest)
    title = "Запрос: сменить состояние" if is_lead else "Запрос: удалить компанию"
    for person in deciders(request, company):
        create_notification(
            user=person,
            actor=request.requested_by,
            title=title,
            body=f"{company.name}. {author}",
            kind=Kind.COMPANY,
            url="/requests/",
            dedupe_key=f"request:{type(request).__name__}:{request.pk}",
        )
    publish_on_commit(TOPIC, {"type": "requests"})


def _tell_author(request: Request, title: str, body: str, actor: User | None) -> None:
    author = request.requested_by
    if author is None or not author.is_active:
        return
    sees = request.company_id and Company.objects.visible_to(author).filter(pk=request.company_id).exists()
    create_notification(
        user=author,
        actor=actor,
        title=title,
        body=body,
        kind=Kind.COMPANY,
        url=f"/companies/{request.company_id}/" if sees else "",
    )
