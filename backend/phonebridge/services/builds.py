"""Builds of the application: what an administrator uploads, and which one a phone is offered (K-8)."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from common.errors import DomainError
from phonebridge.apk import ApkFacts, BadApk, read_apk
from phonebridge.models import MobileAppBuild

PACKAGE = "ru.groupprofi.crmprofi.dialer"
MOST_BYTES = 50 << 20
FOLDER = "apk"


class BadBuild(DomainError):
    code = "bad_build"


def publish_build(
    *, actor: User, chunks: Iterable[bytes], rollout_percent: int = 100, min_supported_code: int = 0
) -> MobileAppBuild:
    """Keep an APK and offer it. Raises BadApk, BadBuild; a refused file leaves nothing behind."""
    if not 1 <= rollout_percent <= 100:
        raise BadBuild("Доля телефонов — от 1 до 100 процентов.")
    folder = Path(settings.MEDIA_ROOT) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4().hex}.apk"
    build = None
    try:
        size, digest = _write(path, chunks)
        with path.open("rb") as file:
            facts = read_apk(file)
        _check(facts, min_supported_code)
        build = _keep(actor, path, facts, size, digest, rollout_percent, min_supported_code)
    finally:
        if build is None:  # no file without a row
            path.unlink(missing_ok=True)
    return build


def _write(path: Path, chunks: Iterable[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with path.open("xb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > MOST_BYTES:
                raise BadApk(f"Файл больше {MOST_BYTES >> 20} МБ.", code="too_big", status=413)
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def _check(facts: ApkFacts, min_supported_code: int) -> None:
    """Only the production application, signed by whom phones know, and newer than what they have."""
    if facts.package != PACKAGE:
        raise BadBuild(f"Это другое приложение: {facts.package}. Нужна рабочая сборка {PACKAGE}.")
    if min_supported_code > facts.version_code:
        raise BadBuild("Наименьшая поддерживаемая версия новее самой сборки.")
    known = MobileAppBuild.objects.exclude(signer="").order_by("-version_code", "-pk").first()
    if known is not None and known.signer != facts.signer:
        raise BadBuild("Сборка подписана другим ключом: телефоны не смогут обновиться.")
    if MobileAppBuild.objects.filter(version=facts.version).exists():
        raise BadBuild(f"Версия {facts.version} уже загружена.")
    if known is not None and known.version_code >= facts.version_code:
        raise BadBuild(f"Номер версии {facts.version_code} не больше загруженного {known.version_code}.")


@transaction.atomic
def _keep(
    actor: User, path: Path, facts: ApkFacts, size: int, digest: str, rollout_percent: int, min_supported_code: int
) -> MobileAppBuild:
    try:
        with transaction.atomic():
            build = MobileAppBuild.objects.create(
                version=facts.version,
                version_code=facts.version_code,
                file=f"{FOLDER}/{path.name}",
                size_bytes=size,
                sha256=digest,
                signer=facts.signer,
                rollout_percent=rollout_percent,
                min_supported_code=min_supported_code,
                uploaded_by=actor,
            )
    except IntegrityError as error:
        raise BadBuild(f"Версия {facts.version} с номером {facts.version_code} уже загружена.") from error
    _log(actor, Verb.CREATE, build, f"Сборка приложения {build.version}")
    return build


@transaction.atomic
def change_build(*, actor: User, build: MobileAppBuild, is_active: bool, rollout_percent: int) -> None:
    """Offer a build to more phones, or to none. Raises BadBuild."""
    if not 1 <= rollout_percent <= 100:
        raise BadBuild("Доля телефонов — от 1 до 100 процентов.")
    if (build.is_active, build.rollout_percent) == (is_active, rollout_percent):
        return
    build.is_active, build.rollout_percent = is_active, rollout_percent
    build.save(update_fields=["is_active", "rollout_percent"])
    words = f"действует, {rollout_percent} % телефонов" if is_active else "снята"
    _log(actor, Verb.UPDATE, build, f"Сборка приложения {build.version}: {words}")


def _log(actor: User, verb: Verb, build: MobileAppBuild, message: str) -> None:
    log_event(
        actor=actor, verb=verb, entity_type="mobile_app_build", entity_id=build.pk, message=message, source=Source.UI
    )
