"""/api/v1/company-notes/ and the seed's /api/company-notes/."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import answer_once
from accounts.models import User
from audit.models import Source
from common.api import ApiSerializer
from common.clock import local_day
from common.parsers import SafeJSONParser
from companies.api.paging import filters_of, portion
from companies.api.preconditions import wanted_version
from companies.api.records import (
    IF_MATCH,
    IF_NONE_MATCH,
    KEY,
    RecordsView,
    RecordView,
    answers,
    body_of,
    filters,
    listed,
    page_of,
    sent_of,
    shown,
    viewer_of,
)
from companies.edits import whole_note
from companies.edits.fields import NotFound
from companies.edits.whole import Sent
from companies.edits.whole_note import WRITABLE, visible_notes
from companies.listing import UnknownFilter, read_filter
from companies.listing.conditions import Asker, Reader, all_of, ids, moments, present, texts
from companies.listing.grammar import Field, Grammar
from companies.listing.values import Kind
from companies.models import CompanyNote, NoteAttachment
from companies.models.notes import MAX_NOTE, NoteType

KIND = "note"
FILES = "attachment"
SORTS = {"id": "pk", "created": "created_at"}
WORDS = {"none": frozenset({"none"}), "author": frozenset({"me", "none"})}
NOTES = Grammar(
    subject="note",
    fields={
        field.name: field
        for field in (
            Field("company", "Компания", Kind.ID),
            Field("contact", "Контакт", Kind.ID, WORDS["none"]),
            Field("author", "Автор", Kind.ID, WORDS["author"]),
            Field("type", "Вид", Kind.CHOICE, frozenset(NoteType.values)),
            Field("pinned", "Закреплена", Kind.FLAG),
            Field("created", "Создана", Kind.DAY),
            Field("id", "Код", Kind.ID),
        )
    },
    sorts=frozenset(SORTS),
    default_sort="id",
    cols=(),
    default_cols=(),
)
READERS: dict[str, Reader] = {
    "company": ids("company", {}),
    "contact": ids("contact", {}),
    "author": ids("author", {"me": lambda asker: Q(author=asker.user)}),
    "type": texts("type"),
    "pinned": present(lambda _: Q(is_pinned=True)),
    "created": moments("created_at"),
    "id": ids("pk", {}),
}


class AttachmentSerializer(ApiSerializer[NoteAttachment]):
    """A file of a note; `url` gives it out to whoever sees the card."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = NoteAttachment
        fields = ["id", "name", "ext", "size_bytes", "content_type", "url", "created_at"]

    def get_url(self, file: NoteAttachment) -> str:
        return reverse("file", args=[file.pk])


class NoteSerializer(ApiSerializer[CompanyNote]):
    """The seed's flat names tell of the first attachment."""

    author_name = serializers.CharField(source="author.label", default=None, allow_null=True)
    attachments = AttachmentSerializer(many=True, read_only=True)
    attachment_name = serializers.SerializerMethodField()
    attachment_ext = serializers.SerializerMethodField()
    attachment_size = serializers.SerializerMethodField()
    attachment_content_type = serializers.SerializerMethodField()

    class Meta:
        model = CompanyNote
        fields = [
            "id",
            "version",
            "company",
            "contact",
            "author",
            "author_name",
            "type",
            "text",
            "is_pinned",
            "pinned_at",
            "pinned_by",
            "external_source",
            "external_uid",
            "attachments",
            "attachment_name",
            "attachment_ext",
            "attachment_size",
            "attachment_content_type",
            "created_at",
            "edited_at",
        ]
        read_only_fields = fields

    def _first(self, note: CompanyNote) -> NoteAttachment | None:
        return next(iter(note.attachments.all()), None)

    def get_attachment_name(self, note: CompanyNote) -> str | None:
        first = self._first(note)
        return first.name if first else None

    def get_attachment_ext(self, note: CompanyNote) -> str | None:
        first = self._first(note)
        return first.ext if first else None

    def get_attachment_size(self, note: CompanyNote) -> int | None:
        first = self._first(note)
        return first.size_bytes if first else None

    def get_attachment_content_type(self, note: CompanyNote) -> str | None:
        first = self._first(note)
        return first.content_type if first else None


class NewNoteSerializer(serializers.Serializer[None]):
    """JSON, or a form of several parts with files."""

    company = serializers.IntegerField(min_value=1)
    contact = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    text = serializers.CharField(max_length=MAX_NOTE, required=False, help_text="без файлов обязателен")
    is_pinned = serializers.BooleanField(required=False)


class NoteBodySerializer(serializers.Serializer[None]):
    text = serializers.CharField(max_length=MAX_NOTE, required=False)
    is_pinned = serializers.BooleanField(required=False)


READ_ONLY = frozenset(NoteSerializer.Meta.fields) - WRITABLE


def _seen(user: User) -> QuerySet[CompanyNote]:
    return visible_notes(user).select_related("author").prefetch_related("attachments")


class NoteFormSerializer(NewNoteSerializer):
    """The same as a form of several parts."""

    attachment = serializers.ListField(child=serializers.FileField(), required=False, help_text="до десяти файлов")


class NotesView(RecordsView):
    parser_classes = [SafeJSONParser, MultiPartParser]

    @extend_schema(
        summary="Заметки карточек, которые вы видите",
        parameters=filters(NOTES, SORTS),
        responses=answers({200: page_of("Note", NoteSerializer)}, 400, 404),
    )
    def get(self, request: Request, *, is_seed: bool = False) -> Response:
        user = viewer_of(request)
        found = read_filter(user, filters_of(request), NOTES)
        if found.q:
            raise UnknownFilter("Неизвестный фильтр: q", fields=["q"])
        asker = Asker(user, local_day(timezone.now(), user.day_zone))
        rows = _seen(user).filter(all_of([READERS[one.field](one, asker) for one in found.conditions]))
        page = portion(request, rows, SORTS, is_numbered=is_seed)
        return listed(page, lambda found: NoteSerializer(found, many=True).data)

    @extend_schema(
        summary="Новая заметка",
        parameters=[KEY],
        request={"application/json": NewNoteSerializer, "multipart/form-data": NoteFormSerializer},
        responses=answers({201: NoteSerializer}, 400, 403, 409, 422),
        examples=[OpenApiExample("Заметка", value={"company": 12, "text": "Ждут счёт."}, request_only=True)],
    )
    def post(self, request: Request, *, is_seed: bool = False) -> Response:
        return answer_once(request, lambda: self._make(request))

    def _make(self, request: Request) -> Response:
        data = request.data
        body = _form(data) if isinstance(data, QueryDict) else body_of(request)
        made = whole_note.new_whole_note(Sent(viewer_of(request), body), request.FILES.getlist(FILES))
        return _shown(request, made.pk, 201)


class NoteView(RecordView):
    @extend_schema(
        summary="Заметка",
        parameters=[IF_NONE_MATCH],
        responses=answers({200: NoteSerializer}, 304, 404),
    )
    def get(self, request: Request, note_id: int, *, is_seed: bool = False) -> Response:
        return _shown(request, note_id)

    @extend_schema(
        summary="Изменить текст (автор, сутки) или закрепить",
        parameters=[IF_MATCH],
        request=NoteBodySerializer,
        responses=answers({200: NoteSerializer}, 400, 403, 404, 409, 412),
    )
    def patch(self, request: Request, note_id: int, *, is_seed: bool = False) -> Response:
        return _write(request, note_id, body_of(request), is_blind=True, is_seed=is_seed)

    @extend_schema(
        summary="Записать заметку, как она прочитана",
        parameters=[IF_MATCH],
        request=NoteBodySerializer,
        responses=answers({200: NoteSerializer}, 400, 403, 404, 409, 412, 428),
    )
    def put(self, request: Request, note_id: int, *, is_seed: bool = False) -> Response:
        body = {"text": "", **body_of(request, READ_ONLY)}
        return _write(request, note_id, body, is_blind=False, is_seed=is_seed)

    @extend_schema(
        summary="Удалить: автор, или администратор с причиной",
        parameters=[IF_MATCH, OpenApiParameter("reason", str, description="для чужой заметки, не меньше пяти букв")],
        responses=answers({204: None}, 400, 403, 404, 412, 428),
    )
    def delete(self, request: Request, note_id: int, *, is_seed: bool = False) -> Response:
        user = viewer_of(request)
        _must_see(user, note_id)
        whole_note.delete_whole_note(
            actor=user,
            note_id=note_id,
            reason=request.query_params.get("reason", ""),
            version=wanted_version(request, KIND, note_id, required=not is_seed),
            source=Source.API,
        )
        return Response(status=204)


def _write(request: Request, note_id: int, body: dict[str, Any], *, is_blind: bool, is_seed: bool) -> Response:
    _must_see(viewer_of(request), note_id)
    whole_note.change_whole_note(note_id, sent_of(request, KIND, note_id, body, is_blind=is_blind, is_seed=is_seed))
    return _shown(request, note_id)


def _shown(request: Request, pk: int, status: int = 200) -> Response:
    note = _seen(viewer_of(request)).filter(pk=pk).first()
    if note is None:
        raise NotFound("Не найдено.")
    return shown(request, KIND, note, NoteSerializer(note).data, status)


def _must_see(user: User, pk: int) -> None:
    if not visible_notes(user).filter(pk=pk).exists():
        raise NotFound("Не найдено.")


def _form(data: QueryDict) -> dict[str, Any]:
    """The fields of a form as JSON would name them; what is no number or no flag stays text and is refused as such."""
    words: dict[str, Any] = {"true": True, "false": False}
    body: dict[str, Any] = {name: value for name, value in data.items() if name != FILES}
    for name in {"company", "contact"} & body.keys():
        text = str(body[name])
        body[name] = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else text
    if "is_pinned" in body:
        body["is_pinned"] = words.get(body["is_pinned"], body["is_pinned"])
    return body
