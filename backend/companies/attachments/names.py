"""The name under which a file is given back: for people only, no path is ever made of it."""

from __future__ import annotations

import re
import unicodedata

from companies.attachments.kinds import Kind, ending

LONGEST = 120
_PLACES = re.compile(r"[/\\]")
_BAD = re.compile(r'[<>:"|?*]')


def shown_name(raw: str, kind: Kind) -> str:
    """The last part of the name without control and direction marks; its ending is true to the content.

    «счёт.exe» that is a PDF becomes «счёт.exe.pdf».
    """
    plain = "".join(c for c in unicodedata.normalize("NFC", raw) if unicodedata.category(c)[0] != "C")
    name = _BAD.sub("_", _PLACES.split(plain)[-1]).strip(" .") or "файл"
    ext = ending(name)
    if not kind.fits(ext):
        name, ext = f"{name}.{kind.ext}", kind.ext
    stem = name[: -len(ext) - 1]
    return f"{stem[: LONGEST - len(ext) - 1].rstrip(' .') or 'файл'}.{ext}"
