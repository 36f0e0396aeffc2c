"""`./crm android-check`: the Android sources built and tested with Maven, without Google's tools."""

from __future__ import annotations

import shutil
import subprocess

from devkit import paths
from devkit.errors import ToolError

PROJECT = paths.ROOT / "android" / "CRMProfiDialer"
TOOLS = {"javac": "JDK 17", "mvn": "Maven 3.8"}


def missing() -> list[str]:
    """What has to be installed first, in words."""
    return [words for tool, words in TOOLS.items() if shutil.which(tool) is None]


def main(arguments: list[str]) -> int:
    """Clean build, ktlint and tests; `arguments` go to Maven."""
    if absent := missing():
        raise ToolError(f"Для проверки приложения Android нужны: {', '.join(absent)}.")
    return subprocess.run(["mvn", "-B", "-q", "clean", "verify", *arguments], cwd=PROJECT, check=False).returncode
