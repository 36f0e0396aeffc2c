"""POST /api/phone/calls/lookup/: what a socket's `lookup` frame asks, for a phone that polls."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.throttles import LookupThrottle
from common.bodies import read_object
from phonebridge.api.bodies import user_of
from phonebridge.lookups import look_up_for, words


class LookupView(APIView):
    throttle_classes = [LookupThrottle]

    @extend_schema(
        summary="Узнать, кто звонит",
        request=inline_serializer("CallLookup", {"phone": serializers.CharField()}),
        responses={
            200: inline_serializer(
                "CallCaller",
                {
                    "title": serializers.CharField(help_text="компания; человек, если он без компании"),
                    "contact": serializers.CharField(allow_blank=True, help_text="контакт, чей это номер"),
                    "note": serializers.CharField(
                        allow_blank=True, max_length=120, help_text="начало последней заметки"
                    ),
                },
            ),
            204: OpenApiResponse(description="Никого из тех, кого сотрудник видит, или это не номер"),
            429: OpenApiResponse(description="Чаще 60 раз в минуту"),
        },
    )
    def post(self, request: Request) -> Response:
        caller = look_up_for(user_of(request), read_object(request).get("phone"))
        headers = {"Cache-Control": "no-store"}
        return Response(words(caller), headers=headers) if caller else Response(status=204, headers=headers)
