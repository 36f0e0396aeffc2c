"""Conversations of docs/protocol/exchanges/: read, said to a server byte for byte, compared."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[4] / "docs/protocol/exchanges"
NAME = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class Message:
    """First line, headers and body as they stand in the file."""

    line: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Exchange:
    place: str
    request: Message
    answer: Message


@dataclass(frozen=True)
class Heard:
    status: int
    headers: dict[str, str]
    body: bytes


def read(path: Path) -> list[Exchange]:
    """The conversation of a file."""
    parts: list[tuple[str, int, list[str]]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line in {">>>", "<<<"}:
            parts.append((line, number, []))
        elif not line.startswith("#"):
            parts[-1][2].append(line)
    assert [mark for mark, _, _ in parts] == [">>>", "<<<"] * (len(parts) // 2), f"{path.name}: >>> and <<< in turns"
    messages = [(f"{path.name}:{number}", _message(lines)) for _, number, lines in parts]
    pairs = zip(messages[::2], messages[1::2], strict=True)
    return [Exchange(place, request, answer) for (place, request), (_, answer) in pairs]


def _message(lines: list[str]) -> Message:
    head, _, body = "\n".join(lines).partition("\n\n")
    first, *rest = head.splitlines()
    headers = dict(line.split(": ", 1) for line in rest)
    return Message(first, headers, body)


def pull_of(device_id: str) -> Message:
    """An old dialer's poll; its token is `access`."""
    line = f"GET /api/phone/calls/pull/?device_id={device_id} HTTP/1.1"
    return Message(line, {"Authorization": "Bearer {{access}}"}, "")


def say(port: int, request: Message, known: dict[str, str], host: str = "127.0.0.1") -> Heard:
    """The request as bytes on a socket, and what came back."""
    body = filled(request.body, known).encode()
    headers = {"Host": host, "Connection": "close", **request.headers}
    if body or request.line.startswith("POST"):
        headers["Content-Length"] = str(len(body))
    head = "\r\n".join([request.line, *(f"{name}: {value}" for name, value in headers.items())])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
        wire.sendall(filled(head, known).encode() + b"\r\n\r\n" + body)
        answer = HTTPResponse(wire)
        answer.begin()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Heard(answer.status, told, answer.read())


def filled(text: str, known: dict[str, str]) -> str:
    return NAME.sub(lambda found: known[found[1]], text)


def compare(exchange: Exchange, heard: Heard, known: dict[str, str]) -> dict[str, str]:
    """What the answer has taught; an assertion where it is not the answer of the file."""
    wanted = exchange.answer
    assert heard.status == int(wanted.line.split()[1]), f"{exchange.place}: {heard}"
    for name, value in wanted.headers.items():
        assert heard.headers.get(name.lower()) == value, f"{exchange.place}: {name}: {heard}"
    if not wanted.body:
        assert heard.body == b"", f"{exchange.place}: {heard}"
    found = re.fullmatch(_pattern(wanted.body, known), heard.body.decode())
    assert found, f"{exchange.place}: wanted {wanted.body}, heard {heard.body.decode()}"
    return found.groupdict()


def _pattern(body: str, known: dict[str, str]) -> str:
    seen: set[str] = set()
    parts = []
    for place, text in enumerate(NAME.split(body)):
        if place % 2 == 0:
            parts.append(re.escape(text))
        elif text in known:
            parts.append(re.escape(known[text]))
        else:
            parts.append(f"(?P={text})" if text in seen else f"(?P<{text}>.+?)")
            seen.add(text)
    return "".join(parts)


def replay(path: Path, port: int, known: dict[str, str], host: str = "127.0.0.1") -> dict[str, str]:
    """Say a whole file; everything that is known afterwards."""
    for exchange in read(path):
        known = {**known, **compare(exchange, say(port, exchange.request, known, host), known)}
    return known
