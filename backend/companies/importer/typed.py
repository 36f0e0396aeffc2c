"""The process that parses and understands: `python -m companies.importer.typed ASK`, each row as the job keeps it.

ASK is JSON (see `Ask`). The answer is what `child` says, but that a row is the JSON of `stored.dump`: it begins with
its number, so nobody has to read it to tell it from the other answers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from companies.importer import child, headers, stored, wire
from companies.importer.errors import BadFile
from companies.importer.headers import Header
from companies.importer.parsed import ParsedRow, Rules
from companies.importer.record import read_row

# rows; what a pipe holds is more, so that a reader is one block ahead of who hears it
BLOCK = 25


@dataclass(frozen=True, slots=True)
class Ask:
    """How to read (`job`) and what the columns mean: `mapping` is column from zero → field.

    Of `parts` readers of one file each understands every `parts`-th block of rows, beginning with block `part`.
    """

    job: child.Job
    header_row: int
    mapping: dict[int, str]
    rules: Rules
    part: int = 0
    parts: int = 1

    def dump(self) -> str:
        return json.dumps(asdict(self))


def load_ask(source: str) -> Ask:
    fields = json.loads(source)
    rules = fields["rules"]
    return Ask(
        child.load_job(json.dumps(fields["job"])),
        fields["header_row"],
        {int(column): name for column, name in fields["mapping"].items()},
        Rules(**rules | {"name_prefixes": tuple(rules["name_prefixes"])}),
        fields["part"],
        fields["parts"],
    )


def understood(ask: Ask, rows: Iterator[child.Row]) -> Iterator[tuple[int, ParsedRow]]:
    """Rows under the header, without its repeats. Raises BadFile."""
    header, count = Header(0), 0
    for number, cells, faults in rows:
        if number == ask.header_row:
            header = headers.find_header([(number, cells)], [], number)
        if number <= ask.header_row or headers.same_header(header, cells):
            continue
        count += 1
        if count > ask.job.limits.rows:
            raise BadFile("too_many_rows", limit=ask.job.limits.rows)
        if (count - 1) // BLOCK % ask.parts != ask.part:
            continue
        unpacked = [wire.unpack(cell) for cell in cells]
        yield number, read_row(unpacked, ask.mapping, faults=faults, rules=ask.rules)


def answer(ask: Ask) -> None:
    facts, rows = child.open_rows(ask.job)
    count = child.Count(ask.job.limits)
    child.say({"facts": facts})
    for number, row in understood(ask, count.pass_filled(rows)):
        sys.stdout.write(stored.text_of(number, row))
        sys.stdout.write("\n")
    child.say({"end": {"rows": count.rows, "blank": count.blank, "repeated": 0}})


def main() -> None:
    ask = load_ask(sys.argv[1])
    child.restrict(ask.job.limits, more_s=ask.job.limits.understanding_s)
    child.guarded(lambda: answer(ask))


if __name__ == "__main__":
    main()
