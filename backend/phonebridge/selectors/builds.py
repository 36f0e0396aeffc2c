"""Which build a phone is offered."""

from __future__ import annotations

import hashlib

from phonebridge.models import MobileAppBuild


def is_in_rollout(build: MobileAppBuild, device_id: str) -> bool:
    """The same phones for a build each time: by a hash of both; a person without a phone gets what all get."""
    if build.rollout_percent >= 100:
        return True
    if not device_id:
        return False
    digest = hashlib.sha256(f"{build.pk}:{device_id}".encode()).digest()
    return int.from_bytes(digest[:4]) % 100 < build.rollout_percent


def latest_build(device_id: str = "") -> MobileAppBuild | None:
    """The newest active build whose rollout has reached the phone."""
    builds = MobileAppBuild.objects.filter(is_active=True).order_by("-version_code", "-pk")
    return next((build for build in builds if is_in_rollout(build, device_id)), None)


def min_supported_code(device_id: str = "") -> int:
    """The least version that the builds of this phone allow: it is told to leave no version that it cannot leave."""
    builds = MobileAppBuild.objects.filter(is_active=True)
    return max((build.min_supported_code for build in builds if is_in_rollout(build, device_id)), default=0)
