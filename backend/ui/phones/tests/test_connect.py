"""«Подключить телефон» and the builds that phones are offered (W-21, K-7, K-8)."""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import tokens
from accounts.models import User
from audit.models import AuditLog
from phonebridge.models import MobileAppBuild, PhoneDevice
from phonebridge.selectors.builds import is_in_rollout, latest_build
from phonebridge.tests.apks import make_apk
from phonebridge.tests.fixtures import device_of

pytestmark = pytest.mark.django_db
BUILDS = "/settings/mobile/builds/"
LATEST = "/api/phone/app/latest/"


@pytest.fixture(autouse=True)
def _place(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    cache.clear()


def upload(client: Client, data: bytes, **said: object) -> int:
    form = {"rollout_percent": 100, "min_supported_code": 0, "file": SimpleUploadedFile("../../x.exe", data), **said}
    return client.post(BUILDS, form).status_code


def test_a_code_logs_a_phone_in_once_and_comes_once_in_ten_seconds(client: Client, anna: User) -> None:
    client.force_login(anna)
    page = client.post("/settings/mobile/qr/")
    assert (page.status_code, page["Cache-Control"]) == (200, "no-store")
    link = re.search(r'href="(crmprofi://[^"]+)"', page.content.decode())
    assert link is not None
    said = parse_qs(urlsplit(link[1].replace("&amp;", "&")).query)
    assert client.post("/settings/mobile/qr/").status_code == 429
    body = {"token": said["token"][0]}
    answer = Client().post("/api/phone/qr/exchange/", body, content_type="application/json")
    assert answer.json()["username"] == "anna"
    again = Client().post("/api/phone/qr/exchange/", body, content_type="application/json")
    assert again.status_code == 400


def test_own_phones_only(client: Client, anna: User, boris: User) -> None:
    first, second, other = device_of(anna), device_of(anna, "second"), device_of(boris)
    client.force_login(anna)
    assert client.get("/settings/mobile/devices/").content.decode().count('data-key="phone-') == 2
    assert client.post(f"/settings/mobile/devices/{second.pk}/primary/").status_code == 302
    assert PhoneDevice.objects.get(user=anna, is_primary=True) == second
    assert client.post(f"/settings/mobile/devices/{first.pk}/remove/").status_code == 302
    assert PhoneDevice.objects.get(pk=first.pk).revoked_at is not None
    assert client.post(f"/settings/mobile/devices/{first.pk}/primary/").status_code == 404
    assert client.post(f"/settings/mobile/devices/{other.pk}/remove/").status_code == 404


def test_a_build_is_offered_with_its_sum(client: Client, ada: User, anna: User) -> None:
    data = make_apk()
    client.force_login(ada)
    assert client.get(LATEST).status_code == 404
    assert upload(client, data, min_supported_code=5) == 302
    client.force_login(anna)
    said = client.get(LATEST).json()
    assert (said["version"], said["version_code"], said["min_supported_code"], said["size"]) == (
        "2.0.1",
        7,
        5,
        len(data),
    )
    answer = client.get(urlsplit(said["url"]).path)
    got = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert hashlib.sha256(got).hexdigest() == said["sha256"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "2.0.1" in client.get("/settings/mobile/").content.decode()
    assert AuditLog.objects.filter(entity_type="mobile_app_build").count() == 1


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("AndroidManifest.xml", b"\0" * (50 << 20))
    return out.getvalue()


def packed(name: bytes = b"", packing: int = zipfile.ZIP_STORED) -> bytes:
    """An archive with a manifest under this name; broken where it says so."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        archive.writestr("AndroidManifest.xml", b"\0" * 100)
        archive.writestr("имя", b"")
    data = out.getvalue()
    return data.replace("имя".encode(), name) if name else data


def one_long_text() -> bytes:
    """Ten thousand names of the manifest that are all one text of 128 KB."""
    start = 28 + 4 * 10_000
    text = struct.pack("<H", 0xFFFF) + b"a\0" * 0xFFFF
    pool = struct.pack("<HHIIIIII", 1, 28, start + len(text), 10_000, 0, 0, start, 0) + bytes(4 * 10_000) + text
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("AndroidManifest.xml", struct.pack("<HHI", 3, 8, 8 + len(pool)) + pool)
    return out.getvalue()


# a file holds the second in which it was made: it is made by the test, and never its name
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "text": (lambda: b"not a zip at all", "Это не APK"),
    "unsigned": (lambda: make_apk(signed=False), "не подписан"),
    "staging": (lambda: make_apk(package="ru.groupprofi.crmprofi.dialer.staging"), "другое приложение"),
    "cut": (lambda: make_apk()[:-40], "Это не APK"),
    "same_version": (lambda: make_apk(version="2.0.0", code=9), "уже загружена"),
    "older": (lambda: make_apk(version="2.0.2", code=6), "не больше загруженного"),
    "other_key": (lambda: make_apk(version="2.0.2", code=9, certificate=b"another"), "другим ключом"),
    "no_version": (lambda: make_apk(version="", code=9), "нет имени пакета или версии"),
    "name": (lambda: packed("имя".encode()[:-1] + b"\xff"), "Это не APK"),
    "lzma": (lambda: packed(packing=zipfile.ZIP_LZMA), "упакован не так"),
    "one_text": (one_long_text, "не читается"),
    "nul": (lambda: make_apk(version="2.0\x00", code=9), "записаны не так"),
    "header": (lambda: make_apk(version='4"\r\nX-A: b', code=9), "записаны не так"),
    "huge_code": (lambda: make_apk(version="2.0.2", code=0xFFFFFFFF), "записаны не так"),
    "bomb": (bomb, "неправдоподобно велик"),
    "empty": (lambda: b"", "Файл пустой"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_phones_could_not_install_is_refused(
    client: Client, ada: User, name: str, settings: LazySettings
) -> None:
    make, words = REFUSED[name]
    client.force_login(ada)
    assert upload(client, make_apk(version="2.0.0")) == 302
    kept = list(Path(settings.MEDIA_ROOT, "apk").iterdir())
    answer = client.post(
        BUILDS, {"rollout_percent": 5, "min_supported_code": 0, "file": SimpleUploadedFile("a", make())}
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert list(Path(settings.MEDIA_ROOT, "apk").iterdir()) == kept
    assert MobileAppBuild.objects.count() == 1


def test_a_phone_is_not_told_to_leave_what_it_cannot_leave(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert upload(client, make_apk(version="2.0.0")) == 302
    assert upload(client, make_apk(version="2.1.0", code=8), rollout_percent=30, min_supported_code=8) == 302
    new = MobileAppBuild.objects.get(version="2.1.0")
    for n in range(40):
        said = client.get(LATEST, {"device_id": f"phone-{n}"}).json()
        assert said["min_supported_code"] == (8 if is_in_rollout(new, f"phone-{n}") else 0)
        assert said["min_supported_code"] <= said["version_code"]


def test_a_phones_own_log_in_makes_no_other_one(anna: User) -> None:
    bound = tokens.issue_pair(anna, rotating=True, device_id="phone-1").access
    refused = Client().post("/api/phone/qr/create/", headers={"Authorization": f"Bearer {bound}"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_in_browser")


def test_a_new_build_reaches_a_share_of_the_phones_first(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert upload(client, make_apk(version="2.0.0")) == 302
    assert upload(client, make_apk(version="2.1.0", code=8), rollout_percent=30) == 302
    new = MobileAppBuild.objects.get(version="2.1.0")
    chosen = [n for n in range(400) if is_in_rollout(new, f"phone-{n}")]
    assert 80 < len(chosen) < 160
    assert client.get(LATEST, {"device_id": f"phone-{chosen[0]}"}).json()["version"] == "2.1.0"
    missed = next(n for n in range(400) if n not in chosen)
    assert client.get(LATEST, {"device_id": f"phone-{missed}"}).json()["version"] == "2.0.0"
    client.post(f"{BUILDS}{new.pk}/", {"rollout_percent": 100, "is_active": "on"})
    assert latest_build(f"phone-{missed}") == new
    client.post(f"{BUILDS}{new.pk}/", {"rollout_percent": 100})
    assert client.get(LATEST).json()["version"] == "2.0.0"
    client.post(f"{BUILDS}{new.pk}/", {"rollout_percent": 0, "is_active": "on"})
    assert not MobileAppBuild.objects.get(pk=new.pk).is_active
