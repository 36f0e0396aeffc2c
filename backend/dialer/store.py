"""What a phone keeps over a crash: its installation, the ids it dialled, the results not yet acknowledged."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from dialer.phone_frames import CallResult

MOST_DIALLED = 1000


@dataclass
class Dialled:
    """A command that was handed to the dialling program."""

    call_id: str
    phone: str
    at: float
    lease: str | None = None
    finished: bool = False


@dataclass
class Journal:
    """In memory, or also in a file of JSON lines that a restarted process reads back."""

    path: Path | None = None
    instance: str = field(default_factory=lambda: uuid4().hex)
    dialled: dict[str, Dialled] = field(default_factory=dict)
    results: dict[str, CallResult] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path | None) -> "Journal":
        journal = cls(path)
        if path is None:
            return journal
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                journal._replay(line)
        journal._rewrite(path)
        return journal

    def dial(self, entry: Dialled) -> None:
        """Must be on disk before the number is dialled: a restart may never dial it again."""
        self.dialled[entry.call_id] = entry
        self._forget_old()
        self._write({"k": "dialled", **vars(entry)}, sync=True)

    def finish(self, call_id: str) -> None:
        """The call is over and nothing will be reported."""
        self._mark_finished(call_id)
        self._write({"k": "finished", "call_id": call_id})

    def keep(self, report_id: str, body: CallResult) -> None:
        self.results[report_id] = body
        self._mark_finished(body.get("call_request_id"))
        self._write({"k": "result", "report_id": report_id, "body": body}, sync=True)

    def acked(self, report_id: str) -> None:
        if self.results.pop(report_id, None) is not None:
            self._write({"k": "acked", "report_id": report_id})

    def interrupted(self) -> list[Dialled]:
        """Calls that were dialled and have no result: the phone died in between."""
        return [entry for entry in self.dialled.values() if not entry.finished]

    def _mark_finished(self, call_id: str | None) -> None:
        if call_id in self.dialled:
            self.dialled[call_id].finished = True

    def _forget_old(self) -> None:
        while len(self.dialled) > MOST_DIALLED:
            del self.dialled[next(iter(self.dialled))]

    def _replay(self, line: str) -> None:
        try:
            row = cast("dict[str, Any]", json.loads(line))
        except ValueError:
            return  # the line that was being written when the process died
        kind = row.pop("k", "")
        if kind == "instance":
            self.instance = row["instance"]
        elif kind == "dialled":
            self.dialled[row["call_id"]] = Dialled(**row)
        elif kind == "finished":
            self._mark_finished(row["call_id"])
        elif kind == "result":
            self.results[row["report_id"]] = row["body"]
            self._mark_finished(row["body"].get("call_request_id"))
        elif kind == "acked":
            self.results.pop(row["report_id"], None)

    def _rewrite(self, path: Path) -> None:
        rows: list[dict[str, object]] = [{"k": "instance", "instance": self.instance}]
        rows += [{"k": "dialled", **vars(entry)} for entry in self.dialled.values()]
        rows += [{"k": "result", "report_id": key, "body": body} for key, body in self.results.items()]
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        fresh.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        fresh.replace(path)

    def _write(self, row: dict[str, object], *, sync: bool = False) -> None:
        if self.path is None:
            return
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            if sync:
                file.flush()
                os.fsync(file.fileno())
