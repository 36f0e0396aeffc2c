"""What the pages are made of stays as agreed: locked, current, small, and free of anything inline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from ui import build_css, vendor
from ui.icons import ICONS

ROOT = Path(__file__).parents[1]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static/ui/js").glob("*.js"))
MOST_LINES = 150

INLINE = re.compile(
    r"<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|hx-on|<script(?![^>]*\ssrc=)", re.IGNORECASE
)
REMOTE = re.compile(r"(?:src|href)=[\"'](?:https?:)?//(?!example\.com)", re.IGNORECASE)
EVALUATES = re.compile(r"\beval\(|new Function\(|setTimeout\([\"']|\.style\b|document\.write")
ICON = re.compile(r"(?:icon\.html[\"'] with name|\bicon)=\"([a-z0-9-]+)\"")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_vendored_files_are_as_locked() -> None:
    assert vendor.check() == []


def test_style_sheet_is_current() -> None:
    assert build_css.is_current(), "run `python -m ui.build_css` and commit app.css"


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_template_has_nothing_inline_and_nothing_remote(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not INLINE.findall(text)
    assert not REMOTE.findall(text)


@pytest.mark.parametrize("path", [*TEMPLATES, *SCRIPTS], ids=named)
def test_file_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_script_evaluates_nothing_and_imports_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not EVALUATES.findall(text)
    assert not re.search(r"^\s*import\b", text, re.MULTILINE), "hashed file names would break the import"


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_icons_are_in_the_sprite(path: Path) -> None:
    unknown = set(ICON.findall(path.read_text(encoding="utf-8"))) - set(ICONS)
    assert not unknown


@pytest.mark.parametrize("path", sorted((ROOT / "templates/ui/components").glob("*.html")), ids=named)
def test_component_names_its_inputs(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("{% comment %}")


def test_named_static_files_exist() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    missing = [name for name in set(re.findall(r"\{% static '([^']+)' %\}", text)) if finders.find(name) is None]
    assert not missing


def test_both_dark_blocks_hold_the_same_values() -> None:
    text = (ROOT / "styles/tokens.css").read_text(encoding="utf-8")
    chosen = re.search(r'\[data-theme="dark"\] \{(.*?)\n\}', text, re.DOTALL)
    by_system = re.search(r":root:not\(\[data-theme\]\) \{(.*?)\n  \}", text, re.DOTALL)
    assert chosen is not None
    assert by_system is not None
    assert chosen[1].split() == by_system[1].split()
