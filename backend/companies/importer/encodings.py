"""Which encoding a text has: BOM, UTF-8 by lines, else the one whose letters form Russian pairs most often."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from companies.importer.errors import BadFile
from companies.importer.limits import MAX_RECORD

BLOCK = 256 * 1024
SAMPLE_BYTES = 256 * 1024
UTF8_SHARE = 0.95
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
SINGLE_BYTE = ("cp1251", "cp866", "koi8-r")
ENCODINGS = ("utf-8", "utf-16", *SINGLE_BYTE)
# UTF-8 with foreign lines: what is not UTF-8 is read as cp1251 and the row is flagged.
MIXED = "utf-8+cp1251"
REPLACED = "\ufffd"
# From Russian documents and names.
_PAIRS = """
на ст ни ен ан ра те он ер та ов но ли ко ро ле не ет то ри по ел пр ка ин ре ит ва ме во ль ом ар ол ат да от за
ия ил ти ал ор ве ис ны ос ла ло ма од ав ес ие зв де че ми тр ас се ок до ки ля им ед ик ть го нн ог нт ий ад ак
аз ир со об фо же ем ся ек па ди сл еф ви ей из ру са ам ый ые аб ой си ци тс кт тв ез ии ча ус фи бо ич ск ае дл
нк оп ац ап вл хо мо тк кл ур вы ры ай нд дн ид мп ги кр оз ев гр ты ож ьн пе др ег пи оч ач чи бр ня чн бе ая лю
ту ку ша ых зо иа ши ну йс рт кс ул вс ке иг га фа ше св ое ьт аг рн щи уд ут вн ья ба зн сн тн зу сп ге ив вт вк
зд ян рк вх рс ио ря ят ду бл сс фе аш рв пу юч ще аи аж уп еш тп жд еп му яе жи хр ыт эт рм сы пл иц ьк ют уж вя
яз лу ьз це ды зи жн гу ыв дж би еж
"""
COMMON_PAIRS = frozenset(_PAIRS.split())


@dataclass(frozen=True, slots=True)
class Encoding:
    """`name` is one of ENCODINGS or MIXED; `bom_bytes` to skip; `mixed_lines` were not UTF-8."""

    name: str
    bom_bytes: int = 0
    mixed_lines: int = 0


@dataclass(slots=True)
class _Tally:
    lines: int = 0
    broken: int = 0
    proven: int = 0
    sample: bytes = b""

    def add(self, line: bytes) -> None:
        self.lines += 1
        if line.isascii():
            return
        if _is_utf8(line):
            self.proven += 1
            return
        self.broken += 1
        if len(self.sample) < SAMPLE_BYTES:
            self.sample += line[:BLOCK]


def blocks(path: Path, skip: int = 0) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(skip)
        while block := file.read(BLOCK):
            yield block


def split_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Lines with their ends (LF, CRLF or a lone CR); a line longer than a record may be comes in pieces."""
    rest = b""
    for piece in pieces:
        lines = (rest + piece).splitlines(keepends=True)
        rest = lines.pop() if lines else b""
        if len(rest) > MAX_RECORD:
            cut = _whole_characters(rest)
            lines.append(rest[:cut])
            rest = rest[cut:]
        yield from lines
    yield from rest.splitlines(keepends=True)


def _whole_characters(text: bytes) -> int:
    """How much of `text` may be cut off without splitting a UTF-8 character or CR from LF."""
    for back in range(1, 5):
        if text[-back] & 0xC0 != 0x80:
            return len(text) - back
    return len(text) - 1


def detect(path: Path) -> Encoding:
    """Raises BadFile: a NUL byte in a text without a BOM means that it is no table."""
    with path.open("rb") as file:
        head = file.read(4)
    for mark, name in BOMS:
        if head.startswith(mark):
            return _utf8(path, len(mark)) if name == "utf-8" else Encoding(name)
    return _utf8(path, 0)


def _utf8(path: Path, bom_bytes: int) -> Encoding:
    tally = _Tally()
    for line in split_lines(blocks(path, bom_bytes)):
        if b"\x00" in line:
            raise BadFile("not_a_table")
        tally.add(line)
    if not tally.broken:
        return Encoding("utf-8", bom_bytes)
    # Lines of plain ASCII prove nothing: they are the same in every encoding here.
    if bom_bytes or (tally.proven and tally.broken <= tally.lines * (1 - UTF8_SHARE)):
        return Encoding(MIXED, bom_bytes, tally.broken)
    return Encoding(max(SINGLE_BYTE, key=lambda name: russian_share(decode_line(tally.sample, name))))


def russian_share(text: str) -> float:
    """Share of the pairs of neighbouring letters that are common in Russian; a capital after a small one is not."""
    pairs = [a + b for a, b in pairwise(text) if not (a + b).isascii()]
    good = sum(pair.lower() in COMMON_PAIRS and not (pair[0].islower() and pair[1].isupper()) for pair in pairs)
    return good / len(pairs) if pairs else 0.0


def decode_line(line: bytes, encoding: str) -> str:
    """Text of `line`; a byte that the encoding does not define stays as the character of its number."""
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return "".join(_decode_byte(line[i : i + 1], encoding) for i in range(len(line)))


def _decode_byte(byte: bytes, encoding: str) -> str:
    try:
        return byte.decode(encoding)
    except UnicodeDecodeError:
        return chr(byte[0])


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def read_lines(path: Path, encoding: Encoding) -> Iterator[tuple[str, bool]]:
    """Lines of text with their ends, each with whether it had to be guessed or repaired."""
    if encoding.name == "utf-16":
        for line in split_lines(_utf16_as_utf8(path)):
            if b"\x00" in line:
                raise BadFile("not_a_table")
            text = line.decode("utf-8")
            yield text, REPLACED in text
        return
    skip = encoding.bom_bytes
    is_utf8 = encoding.name in {"utf-8", MIXED}
    for line in split_lines(blocks(path, skip)):
        if is_utf8 and not _is_utf8(line):
            yield decode_line(line, "cp1251"), True
        else:
            yield decode_line(line, "utf-8" if is_utf8 else encoding.name), False


def _utf16_as_utf8(path: Path) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    for block in blocks(path):
        yield decoder.decode(block).encode()
    yield decoder.decode(b"", final=True).encode()


def named(name: str, path: Path) -> Encoding:
    """The encoding that a person chose instead of the detected one."""
    if name not in {*ENCODINGS, MIXED}:
        raise BadFile("unknown_encoding")
    with path.open("rb") as file:
        has_bom = file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    return Encoding(name, len(codecs.BOM_UTF8) if has_bom and name in {"utf-8", MIXED} else 0)
