"""REST of the bell."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api import ApiSerializer
from notifications import services
from notifications.models import Kind, Notification


class NotificationSerializer(ApiSerializer[Notification]):
    """One line of the bell."""

    class Meta:
        model = Notification
        fields = ["id", "title", "body", "kind", "url", "is_read", "created_at"]


class ReadSerializer(serializers.Serializer[None]):
    """Which lines; without `ids` all of them."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=500
    )


class UnreadSerializer(serializers.Serializer[None]):
    unread = serializers.IntegerField()


@extend_schema(
    summary="Уведомления: свои, новые первыми",
    parameters=[OpenApiParameter("kind", str, enum=Kind.values, description="вид уведомления")],
)
class NotificationList(generics.ListAPIView[Notification]):
    serializer_class = NotificationSerializer

    def get_queryset(self) -> QuerySet[Notification]:
        rows = Notification.objects.filter(user_id=self.request.user.pk or 0).order_by("-created_at", "-pk")
        kind = self.request.query_params.get("kind", "")
        return rows.filter(kind=kind) if kind in Kind.values else rows


class NotificationRead(APIView):
    @extend_schema(request=ReadSerializer, responses=UnreadSerializer, summary="Отметить прочитанными")
    def post(self, request: Request) -> Response:
        form = ReadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        user = request.user
        services.mark_read(user=user, ids=form.validated_data.get("ids"))  # type: ignore[arg-type]
        return Response({"unread": services.unread_count(user)})  # type: ignore[arg-type]
