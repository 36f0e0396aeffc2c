"""Child processes that never outlive us, their logs, and signals that stop us."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

PR_SET_PDEATHSIG = 1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """SIGINT, SIGTERM or SIGHUP came: leave through the `finally` blocks."""


@contextmanager
def stop_on_signal() -> Iterator[None]:
    """The first of STOP_SIGNALS raises `Stopped`; further ones are ignored while we clean up."""

    is_stopping = False

    def handler(number: int, frame: FrameType | None) -> None:
        nonlocal is_stopping
        if not is_stopping:
            is_stopping = True
            raise Stopped

    before = {number: signal.signal(number, handler) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def die_with_parent() -> None:
    """For `preexec_fn`: Linux ends the child when we are killed without a chance to do it ourselves."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)


class Child:
    """One started program with its own process group; its output goes to a log file."""

    def __init__(self, name: str, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._offset = output.tell()
            self.process = subprocess.Popen(
                list(command),
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def is_running(self) -> bool:
        return self.process.poll() is None

    def output(self) -> str:
        """What this run has written so far."""
        with self.log.open("rb") as file:
            file.seek(self._offset)
            return file.read().decode(errors="replace")

    def tail(self, lines: int = 20) -> str:
        return "\n".join(self.output().splitlines()[-lines:])

    def ask_to_stop(self) -> None:
        if self.is_running():
            self.process.terminate()

    def wait(self, timeout_s: float) -> None:
        """Until it has ended; after `timeout_s` its whole group is killed."""
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._kill_group()
            self.process.wait()
        self._kill_group()  # grandchildren that stayed behind

    def _kill_group(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return  # nobody is left


def run_forwarding(command: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None) -> int:
    """Run in the foreground, pass SIGTERM on, return the exit code (128 + n after signal n).

    Ctrl+C reaches the child by the terminal; we wait for it either way.
    """
    with subprocess.Popen(list(command), env=dict(env), cwd=cwd, preexec_fn=die_with_parent) as child:

        def forward(number: int, frame: FrameType | None) -> None:
            child.send_signal(number)

        before = {
            signal.SIGTERM: signal.signal(signal.SIGTERM, forward),
            signal.SIGINT: signal.signal(signal.SIGINT, _forward_unless_terminal(child)),
        }
        try:
            code = child.wait()
        finally:
            for number, old in before.items():
                signal.signal(number, old)
    return 128 - code if code < 0 else code


def _forward_unless_terminal(child: subprocess.Popen[bytes]) -> signal._HANDLER:
    def handler(number: int, frame: FrameType | None) -> None:
        # a terminal sends Ctrl+C to the whole group; a script signals only us
        if not sys.stdin.isatty():
            child.send_signal(number)

    return handler
