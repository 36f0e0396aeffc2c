"""POST /api/phone/calls/note/: outcome and note that a person wrote on the phone."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.throttles import NoteThrottle
from common.bodies import read_object
from phonebridge.api.bodies import user_of
from phonebridge.api.phone import OK
from phonebridge.services import devices, remarks


class NoteView(APIView):
    """The phone keeps the note until it is taken, so the same one may come again."""

    throttle_classes = [NoteThrottle]

    @extend_schema(
        summary="Записать итог и заметку к звонку",
        request=inline_serializer(
            "CallNote",
            {
                "note_id": serializers.CharField(max_length=64, help_text="имя заметки: повтор ничего не меняет"),
                "call_request_id": serializers.UUIDField(required=False),
                "event_id": serializers.CharField(required=False, max_length=64, help_text="звонок начат телефоном"),
                "outcome": serializers.CharField(
                    required=False, max_length=40, help_text=f"{', '.join(remarks.OUTCOMES)} или слова"
                ),
                "note": serializers.CharField(required=False, max_length=2_000),
            },
        ),
        responses={
            200: OK,
            400: OpenApiResponse(description="code: bad_note: нет ни итога, ни текста"),
            404: OpenApiResponse(description="code: unknown_call: у сотрудника нет такого звонка"),
            429: OpenApiResponse(description="Чаще 60 раз в минуту"),
        },
    )
    def post(self, request: Request) -> Response:
        user = user_of(request)
        body = read_object(request)
        call = remarks.find_call(
            user=user,
            call_request_id=devices.text(body.get("call_request_id"), 64),
            event_id=devices.text(body.get("event_id"), 64),
        )
        if call is None:
            raise remarks.NoSuchCall("Такого звонка у вас нет.")
        remarks.add_remark(
            user=user,
            call=call,
            note_id=devices.text(body.get("note_id"), remarks.MAX_ID),
            outcome=devices.text(body.get("outcome"), remarks.MAX_OUTCOME),
            text=devices.text(body.get("note"), remarks.MAX_TEXT),
        )
        return Response({"ok": True})
