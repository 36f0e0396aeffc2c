"""GET /api/v1/search/: the palette's question, for pages and for other programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.throttles import SearchThrottle
from companies.search.query import Answer, search
from companies.search.recent import recent


class LimitSerializer(serializers.Serializer[None]):
    """The text is no field of a form: whatever is typed gets an answer, never a refusal."""

    limit = serializers.IntegerField(min_value=1, max_value=20, default=20)


class FoundPhoneSerializer(serializers.Serializer[None]):
    id = serializers.IntegerField()
    shown = serializers.CharField()
    dialable = serializers.BooleanField(
        source="is_dialable", help_text="false: номер не распознан или просили не звонить"
    )


class FoundSerializer(serializers.Serializer[None]):
    kind = serializers.ChoiceField(choices=["company", "contact"])
    id = serializers.IntegerField()
    company_id = serializers.IntegerField(allow_null=True, help_text="null: контакт без компании")
    title = serializers.CharField()
    subtitle = serializers.CharField(allow_blank=True)
    matched = serializers.CharField(help_text="какое поле совпало: «ИНН», «тел. …45-67», «контакт Иванов»")
    phone = FoundPhoneSerializer(allow_null=True)
    url = serializers.CharField(allow_blank=True)


class SearchAnswerSerializer(serializers.Serializer[Any]):
    query = serializers.CharField(allow_blank=True)
    shown_for = serializers.CharField(allow_blank=True, help_text="что искали вместо введённого; пусто — искали его")
    hint = serializers.CharField(allow_blank=True, help_text="почему ничего нет или показано не всё")
    results = FoundSerializer(many=True)


class SearchView(APIView):
    throttle_classes = [SearchThrottle]

    @extend_schema(
        summary="Поиск по компаниям и контактам",
        description="Название, ИНН, ОГРН, e-mail, номер в любой записи; понимает другую раскладку и опечатки.",
        parameters=[OpenApiParameter("q", str, description="до 100 знаков, остальное не читается"), LimitSerializer],
        responses={
            200: SearchAnswerSerializer,
            400: OpenApiResponse(description="`limit` не от 1 до 20"),
            429: OpenApiResponse(description="Чаще 240 раз в минуту"),
        },
    )
    def get(self, request: Request) -> Response:
        form = LimitSerializer(data={"limit": request.query_params.get("limit", settings.SEARCH["answers"])})
        form.is_valid(raise_exception=True)
        answer = search(cast("User", request.user), request.query_params.get("q", ""), form.validated_data["limit"])
        return _answer(answer)


class RecentView(APIView):
    throttle_classes = [SearchThrottle]

    @extend_schema(
        summary="Недавно открытые компании",
        description="До восьми последних карточек, которые человек открывал и видит сейчас: ответ в форме поиска.",
        responses={200: SearchAnswerSerializer, 429: OpenApiResponse(description="Чаще 240 раз в минуту")},
    )
    def get(self, request: Request) -> Response:
        return _answer(Answer("", results=recent(cast("User", request.user))))


def _answer(answer: Answer) -> Response:
    body = SearchAnswerSerializer(asdict(answer)).data
    return Response(body, headers={"Cache-Control": "private, no-store"})
