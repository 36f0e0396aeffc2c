"""Files that other people wrote: where each came from, and the proof that nobody changed it.

`python -m ui.vendor --check` compares every file with the lock. `python -m ui.vendor --update DIR` takes new
versions: DIR holds the archives that `npm pack` made (`htmx.org-4.0.1.tgz` …); nothing is fetched from here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from ui.icons import make_sprite

ROOT = Path(__file__).parent
LOCK = ROOT / "static/ui/vendor/vendor.lock.json"
DAISY = "styles/daisyui"
DAISY_PARTS = (
    "button",
    "checkbox",
    "input",
    "kbd",
    "loading",
    "progress",
    "radio",
    "select",
    "skeleton",
    "textarea",
    "toggle",
)
FONT = "static/ui/fonts/inter-{0}-wght-normal.woff2"


@dataclass(frozen=True)
class Package:
    """An npm package and the files of it that stand here: source path → path under `ui/`."""

    name: str
    archive: str
    files: dict[str, str]


class Locked(TypedDict):
    package: str
    version: str
    licence: str
    files: dict[str, str]


def daisy_files() -> dict[str, str]:
    parts = [f"components/{part}/{name}.js" for part in DAISY_PARTS for name in ("index", "object")]
    functions = [f"functions/{name}.js" for name in ("addPrefix", "nestCssLayers", "plugin")]
    return {path: f"{DAISY}/{path}" for path in (*parts, *functions, "LICENSE")}


PACKAGES = (
    Package(
        "htmx.org",
        "htmx.org-*.tgz",
        {"dist/htmx.min.js": "static/ui/vendor/htmx/htmx.min.js", "LICENSE": "static/ui/vendor/htmx/LICENSE"},
    ),
    Package("daisyui", "daisyui-*.tgz", daisy_files()),
    Package(
        "@fontsource-variable/inter",
        "fontsource-variable-inter-*.tgz",
        {f"files/inter-{part}-wght-normal.woff2": FONT.format(part) for part in ("latin", "latin-ext", "cyrillic")}
        | {"LICENSE": "static/ui/fonts/LICENSE"},
    ),
    Package(
        "lucide-static",
        "lucide-static-*.tgz",
        {"icons": "static/ui/icons/sprite.svg", "LICENSE": "static/ui/icons/LICENSE"},
    ),
)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check() -> list[str]:
    """What differs from the lock; empty when all is as it came."""
    locked: list[Locked] = json.loads(LOCK.read_text(encoding="utf-8"))
    expected = {path: sha for entry in locked for path, sha in entry["files"].items()}
    named = {path for package in PACKAGES for path in package.files.values()}
    faults = [f"{path}: not in the lock" for path in sorted(named - expected.keys())]
    for path, sha in sorted(expected.items()):
        if not (ROOT / path).is_file():
            faults.append(f"{path}: missing")
        elif digest(ROOT / path) != sha:
            faults.append(f"{path}: differs from the lock")
    return faults


def copy(package: Package, source: Path) -> Locked:
    about = json.loads((source / "package.json").read_text(encoding="utf-8"))
    files: dict[str, str] = {}
    for origin, target in package.files.items():
        path = ROOT / target
        path.parent.mkdir(parents=True, exist_ok=True)
        if origin == "icons":
            path.write_text(make_sprite(source / origin), encoding="utf-8")
        else:
            path.write_bytes((source / origin).read_bytes())
        files[target] = digest(path)
    return {"package": package.name, "version": about["version"], "licence": about["license"], "files": files}


def update(folder: Path) -> None:
    """Copy the named files out of the archives in `folder` and write the lock anew."""
    locked: list[Locked] = []
    for package in PACKAGES:
        archive = max(folder.glob(package.archive))
        with tempfile.TemporaryDirectory() as place, tarfile.open(archive) as tar:
            tar.extractall(place, filter="data")
            locked.append(copy(package, Path(place) / "package"))
    LOCK.write_text(json.dumps(locked, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    doing = parser.add_mutually_exclusive_group(required=True)
    doing.add_argument("--check", action="store_true", help="compare the files with the lock")
    doing.add_argument("--update", type=Path, metavar="DIR", help="take the archives in DIR")
    options = parser.parse_args()
    if options.update:
        update(options.update)
    faults = check()
    sys.stdout.write("".join(f"{fault}\n" for fault in faults) or "vendored files: as locked\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
