"""Programs of the system that some tests need: Chromium for the pages, nginx for its configuration."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """The path of an installed Chromium, or ''."""
    given = os.environ.get("CRM_CHROMIUM", "")
    names = (given,) if given else CHROMIUM
    return next((found for name in names if (found := shutil.which(name))), "")


def nginx() -> str:
    """The path of nginx; Debian keeps it where a plain user's PATH does not look."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin") or ""


def ensure() -> None:
    """Install what is missing when we may: as root on a system with apt. Quiet either way."""
    install([package for package, found in (("chromium", chromium()), ("nginx-light", nginx())) if not found])


def install(missing: list[str]) -> None:
    """Debian's packages, when we may install them; quiet where we may not."""
    if not missing or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    sys.stderr.write(f"Ставлю для тестов: {', '.join(missing)}.\n")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    wanted = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    for command in (["apt-get", "update", "-qq"], wanted):
        subprocess.run(command, env=env, capture_output=True, check=False, timeout=600)
