"""Make `.venv` when it is missing or old, then go on in it as `python -m devkit`.

Runs under a bare Python 3.13: standard library only, and no import from this package.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "backend/requirements-dev.txt"
VENV = ROOT / ".venv"
STAMP = VENV / ".requirements.sha256"
PYTHON = VENV / "bin/python"


def wanted_stamp() -> str:
    """Changes with the requirements, the interpreter and the place: scripts in a venv hold absolute paths."""
    place = f"{sys.version_info[:2]} {ROOT}".encode()
    return hashlib.sha256(REQUIREMENTS.read_bytes() + place).hexdigest()


def is_ready(stamp: str) -> bool:
    return STAMP.is_file() and STAMP.read_text() == stamp and PYTHON.exists()


def _run(*command: str) -> None:
    done = subprocess.run(command, stdout=sys.stderr, check=False)
    if done.returncode:
        raise SystemExit(f"Не удалось подготовить окружение: {' '.join(command[1:4])}… ({done.returncode}).")


def prepare(stamp: str) -> None:
    """Install the pinned packages; a second start waits here for the first."""
    with REQUIREMENTS.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_ready(stamp):
            return
        sys.stderr.write("Готовлю окружение .venv: около минуты, один раз.\n")
        if not PYTHON.exists():
            shutil.rmtree(VENV, ignore_errors=True)
            _run(sys.executable, "-m", "venv", str(VENV))
        pip = (
            str(PYTHON),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--no-compile",
        )
        _run(*pip, "--require-hashes", "-r", str(REQUIREMENTS))
        STAMP.write_text(stamp)


def main() -> None:
    stamp = wanted_stamp()
    if not is_ready(stamp):
        prepare(stamp)
    paths = [str(ROOT / "backend"), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(p for p in paths if p)
    os.execv(PYTHON, [str(PYTHON), "-m", "devkit", *sys.argv[1:]])  # noqa: S606 (no shell wanted)


if __name__ == "__main__":
    main()
