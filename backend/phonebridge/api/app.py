"""GET /api/phone/app/latest/: the build that this phone should have, and its file."""

from __future__ import annotations

from pathlib import Path

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.downloads import send_path
from common.errors import DomainError
from phonebridge.models import MobileAppBuild
from phonebridge.selectors.builds import latest_build, min_supported_code
from phonebridge.services.devices import text

APK = "application/vnd.android.package-archive"


class NoBuild(DomainError):
    code = "not_found"
    status = 404


class LatestAppView(APIView):
    @extend_schema(
        summary="Новейшая сборка для этого телефона",
        operation_id="phone_app_latest",
        parameters=[OpenApiParameter("device_id", str, description="доля телефонов считается по нему")],
        responses={
            200: inline_serializer(
                "LatestApp",
                {
                    "version": serializers.CharField(),
                    "version_code": serializers.IntegerField(),
                    "sha256": serializers.CharField(),
                    "size": serializers.IntegerField(help_text="байт"),
                    "url": serializers.URLField(),
                    "min_supported_code": serializers.IntegerField(),
                },
            ),
            404: OpenApiResponse(description="code: not_found: сборок нет"),
        },
    )
    def get(self, request: Request) -> Response:
        device_id = text(request.query_params.get("device_id"), 64)
        build = latest_build(device_id)
        if build is None:
            raise NoBuild("Сборок приложения пока нет.")
        return Response(
            {
                "version": build.version,
                "version_code": build.version_code,
                "sha256": build.sha256,
                "size": build.size_bytes,
                "url": request.build_absolute_uri(reverse("phone_app_download", args=[build.pk])),
                "min_supported_code": min_supported_code(device_id),
            }
        )


class DownloadAppView(APIView):
    @extend_schema(
        summary="Файл сборки",
        operation_id="phone_app_download",
        responses={(200, APK): OpenApiTypes.BINARY, 404: OpenApiResponse(description="Нет такой сборки")},
    )
    def get(self, request: Request, build_id: int) -> HttpResponseBase:
        build = MobileAppBuild.objects.filter(pk=build_id, is_active=True).first()
        if build is None or not Path(build.file.path).is_file():
            raise Http404
        return send_path(
            request._request, Path(build.file.path), name=f"crmprofi-{build.version}.apk", content_type=APK
        )
