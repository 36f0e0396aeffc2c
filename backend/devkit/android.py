"""`./crm android-check`: the Android sources built and tested with Maven, without Google's tools."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time

from devkit import browser, paths
from devkit.errors import ToolError
from devkit.processes import run_forwarding

PROJECT = paths.ROOT / "android" / "CRMProfiDialer"
TOOLS = {"javac": "openjdk-17-jdk-headless", "mvn": "maven"}
WORDS = {"javac": "JDK 17", "mvn": "Maven 3.8"}
NOT_CHECKED = "Приложение Android не проверено: нет"
E2E = "E2eTest,KilledTest"


def missing() -> list[str]:
    """What has to be installed first, in words."""
    return [WORDS[tool] for tool in TOOLS if shutil.which(tool) is None]


def ensure() -> None:
    """Install what is missing when we may."""
    browser.install([package for tool, package in TOOLS.items() if shutil.which(tool) is None])


def maven(*arguments: str) -> list[str]:
    """The tests against the real server start one themselves: they are told how."""
    return ["mvn", "-B", "-q", *arguments, "-Dexcluded.groups=", f"-Dcrm.python={sys.executable}"]


def environment() -> dict[str, str]:
    """Nothing of the person's own Django reaches the servers of the tests."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "POSTGRES_", "CRM_"))}


def repeat(times: int) -> int:
    """The end-to-end tests alone, `times` in a row; stops at the first failure."""
    env = environment()
    prepared = maven("-pl", "core", "test-compile")
    if subprocess.run(prepared, cwd=PROJECT, env=env, check=False).returncode:
        return 1
    for number in range(1, times + 1):
        started = time.monotonic()
        command = maven("-pl", "core", "surefire:test", f"-Dtest={E2E}")
        code = run_forwarding(command, env=env, cwd=PROJECT)
        words = "прошёл" if not code else "не прошёл"
        sys.stdout.write(f"{number}-й прогон из {times} {words}: {time.monotonic() - started:.0f} с\n")
        sys.stdout.flush()
        if code:
            return code
    return 0


def main(arguments: list[str]) -> int:
    """Clean build, lint, resources of both flavours and all tests; other arguments go to Maven."""
    is_repeated = arguments[:1] == ["--e2e"]
    if is_repeated and (len(arguments) != 2 or not arguments[1].isdecimal() or int(arguments[1]) < 1):
        raise ToolError("После --e2e ожидается число прогонов, хотя бы один.")
    ensure()
    if absent := missing():
        raise ToolError(f"Для проверки приложения Android нужны: {', '.join(absent)}.")
    if is_repeated:
        return repeat(int(arguments[1]))
    return run_forwarding(maven("clean", "verify", *arguments), env=environment(), cwd=PROJECT)
