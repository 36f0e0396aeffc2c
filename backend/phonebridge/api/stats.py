"""GET /api/v1/calls/stats/: the figures of «Статистика звонков», number by number (K-22)."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from phonebridge.api.bodies import user_of
from phonebridge.models import CallRequest
from phonebridge.stats import ALL_PARTS, Part, as_dict, read_filter, report
from phonebridge.stats.figures import STATUSES


class StatsView(GenericAPIView[CallRequest]):
    queryset = CallRequest.objects.none()

    @extend_schema(
        summary="Статистика звонков",
        description="Те же числа, что на странице. Определения: docs/call-analytics.md.",
        operation_id="calls_stats",
        parameters=[
            OpenApiParameter("from", OpenApiTypes.DATE, description="первый день; без обоих — сегодня"),
            OpenApiParameter("to", OpenApiTypes.DATE, description="последний день"),
            OpenApiParameter("period", str, enum=["day", "week", "month"], description="вместо from и to"),
            OpenApiParameter("on", OpenApiTypes.DATE, description="день, который лежит в period"),
            OpenApiParameter("branch", str, description="номер филиала или none"),
            OpenApiParameter("user_id", int),
            OpenApiParameter("status", str, many=True, enum=list(STATUSES)),
            OpenApiParameter("cold", str, enum=["0", "1"], description="1: только холодные"),
            OpenApiParameter("unique", str, enum=["0", "1"], description="0: без разных номеров"),
            OpenApiParameter("compare", str, enum=["0", "1"], description="1: с прошлым периодом"),
        ],
        responses={
            200: OpenApiTypes.OBJECT,
            400: OpenApiResponse(description="code: invalid, с полем fields"),
            404: OpenApiResponse(description="code: not_found: звонки этого сотрудника не видны"),
        },
    )
    def get(self, request: Request) -> Response:
        user, now, params = user_of(request), timezone.now(), request.query_params
        parts = ALL_PARTS - {Part.PREVIOUS}
        if params.get("unique") == "0":
            parts -= {Part.UNIQUE}
        if params.get("compare") == "1":
            parts |= {Part.PREVIOUS}
        return Response(as_dict(report(read_filter(params, user, now), user, now, parts)))
