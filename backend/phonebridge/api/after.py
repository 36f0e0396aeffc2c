"""/api/v1/calls/{id}/after/: what a person says of a call that is over, from a page or a phone."""

from __future__ import annotations

import uuid

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.bodies import read_object
from common.clock import db_now
from phonebridge.answers import MAX_ID, MAX_NOTE, read_answer
from phonebridge.api.bodies import family_of, user_of
from phonebridge.enums import AfterSource, NextStep
from phonebridge.models.after import MAX_NEXT_TEXT
from phonebridge.selectors import after as cards
from phonebridge.selectors import get_visible_call
from phonebridge.services.after import save_card


class AfterCardSerializer(serializers.Serializer[None]):
    """The card as selectors.after.as_dict gives it."""

    call = serializers.UUIDField()
    state = serializers.CharField(help_text="draft, done или skipped")
    required = serializers.BooleanField()  # type: ignore[assignment]  # a field of that name
    outcome = serializers.CharField(allow_null=True, help_text="код из /api/v1/calls/outcomes/")
    outcome_name = serializers.CharField()
    note = serializers.CharField()
    next_at = serializers.DateTimeField(allow_null=True)
    next_text = serializers.CharField()
    rev = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    ended_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)


class WaitingCardSerializer(AfterCardSerializer):
    opener = serializers.CharField(help_text="вкладка, из которой звонили")
    opens = serializers.BooleanField(help_text="звонок только что завершён")
    company_name = serializers.CharField()
    contact_name = serializers.CharField()
    phone = serializers.CharField()


ANSWER = inline_serializer(
    "AfterAnswer",
    {
        "rev": serializers.IntegerField(required=False, help_text="карточка, которую видел пишущий"),
        "answer_id": serializers.CharField(required=False, max_length=MAX_ID, help_text="повтор ничего не меняет"),
        "done": serializers.BooleanField(required=False, help_text="true: итог готов; иначе черновик"),
        "outcome": serializers.CharField(required=False, allow_null=True, max_length=40),
        "note": serializers.CharField(required=False, allow_blank=True, max_length=MAX_NOTE),
        "next": serializers.ChoiceField(NextStep.choices, required=False, allow_blank=True),
        "next_at": serializers.DateTimeField(required=False, allow_null=True),
        "next_text": serializers.CharField(required=False, allow_blank=True, max_length=MAX_NEXT_TEXT),
        "reason": serializers.CharField(required=False, help_text="почему исправляет администратор"),
    },
)


class AfterView(APIView):
    @extend_schema(
        summary="Итог звонка",
        operation_id="calls_after_retrieve",
        responses={
            200: AfterCardSerializer,
            404: OpenApiResponse(description="Нет такого звонка, он не виден или без карточки"),
        },
    )
    def get(self, request: Request, call_id: uuid.UUID) -> Response:
        call = get_visible_call(user_of(request), call_id)
        card = cards.card_of(call) if call else None
        if card is None:
            raise Http404
        return Response(cards.as_dict(card))

    @extend_schema(
        summary="Записать итог звонка",
        description="Пишутся только названные поля. Нужен `rev` или `answer_id`.",
        operation_id="calls_after_update",
        request=ANSWER,
        responses={
            200: AfterCardSerializer,
            400: OpenApiResponse(
                description="code: bad_answer, bad_next, unknown_outcome, retired, no_outcome, no_note, no_next; "
                "field — имя поля"
            ),
            403: OpenApiResponse(description="code: not_yours, too_late, no_reason, not_counted"),
            404: OpenApiResponse(description="code: not_found: такого итога нет"),
            409: OpenApiResponse(description="code: stale: записано из другой вкладки, draft — что стоит сейчас"),
        },
        examples=[
            OpenApiExample("Черновик", value={"rev": 3, "note": "Ждут счёт"}, request_only=True),
            OpenApiExample(
                "Готово", value={"answer_id": "a-17", "done": True, "outcome": "call_back", "next": "1h"},
                request_only=True,
            ),
        ],
    )  # fmt: skip
    def patch(self, request: Request, call_id: uuid.UUID) -> Response:
        source = AfterSource.PHONE if family_of(request) else AfterSource.WEB
        answer = read_answer(read_object(request))
        card = save_card(actor=user_of(request), call_id=call_id, answer=answer, now=db_now(), source=source)
        return Response(cards.as_dict(card))


class WaitingView(APIView):
    @extend_schema(
        summary="Свои звонки без итога: старые первыми, не больше 100",
        operation_id="calls_after_list",
        responses=inline_serializer(
            "WaitingCards",
            {"count": serializers.IntegerField(), "results": serializers.ListField(child=WaitingCardSerializer())},
        ),
    )
    def get(self, request: Request) -> Response:
        user, now = user_of(request), db_now()
        waiting = cards.unfilled(user)
        rows = [cards.as_waiting(card, user, now) for card in waiting[:100]]
        return Response({"count": waiting.count(), "results": rows})


class OutcomesView(APIView):
    @extend_schema(
        summary="Справочник итогов",
        operation_id="calls_outcomes_list",
        responses=serializers.ListSerializer(
            child=inline_serializer(
                "Outcome",
                {
                    "code": serializers.CharField(),
                    "name": serializers.CharField(),
                    "tone": serializers.CharField(),
                    "key": serializers.IntegerField(allow_null=True),
                    "kind": serializers.CharField(),
                    "note_required": serializers.BooleanField(),
                    "next_required": serializers.BooleanField(),
                    "next_default": serializers.CharField(),
                },
            )
        ),
    )
    def get(self, request: Request) -> Response:
        names = ("code", "name", "tone", "key", "kind", "note_required", "next_required", "next_default")
        return Response([{name: getattr(outcome, name) for name in names} for outcome in cards.outcomes()])
