"""Files of notes: taken in one by one while a note is written, given out with headers that let nothing run."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.defaultfilters import filesizeformat
from django.views.decorators.http import require_POST, require_safe

from common.downloads import send_path
from common.errors import DomainError
from companies.attachments import services, storage
from companies.attachments.kinds import PICTURES, BadFile
from companies.models import NoteAttachment
from ui.actor import actor
from ui.companies.edit import company_or_404


@login_required
@require_POST
def add_file(request: HttpRequest, pk: int) -> JsonResponse:
    """One file of a note that is being written: `{id, name, size}`, or `{code, detail}`."""
    user = actor(request)
    company_or_404(user, pk)
    sent = request.FILES.get("file")
    try:
        if sent is None:
            raise BadFile("Файл не дошёл. Прикрепите его ещё раз.")
        row = services.take_file(actor=user, chunks=sent.chunks(), name=sent.name or "")
    except DomainError as refusal:
        return JsonResponse({"code": refusal.code, "detail": refusal.detail}, status=refusal.status)
    return JsonResponse({"id": row.pk, "name": row.name, "size": filesizeformat(row.size_bytes)})


@login_required
@require_POST
def drop_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a file that no note has."""
    if not services.drop_draft(actor=actor(request), attachment_id=pk):
        raise Http404
    return HttpResponse(status=204)


@login_required
@require_safe
def show_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file itself, for whoever sees the card; pictures in the page, all else to the disk."""
    row = services.find_visible(actor(request), pk)
    if row is None:
        raise Http404
    services.check_scan(row)
    path = storage.path_of(str(row.file))
    if not path.is_file():
        raise Http404
    answer = send_path(request, path, name=row.name, content_type=_content_type(row))
    place = "inline" if row.content_type in PICTURES else "attachment"
    answer["Content-Disposition"] = f"{place}; filename*=UTF-8''{quote(row.name, safe='')}"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def _content_type(row: NoteAttachment) -> str:
    # without a charset: the bytes are as they came, and nobody shows them in a page
    return row.content_type or "application/octet-stream"
