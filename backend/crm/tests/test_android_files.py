"""The two builds of the Android application name one set of versions, and no machine or registry."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree

PROJECT = Path(__file__).resolve().parents[3] / "android" / "CRMProfiDialer"
POM = "{http://maven.apache.org/POM/4.0.0}"


def test_gradle_and_maven_name_the_same_versions() -> None:
    gradle: dict[str, str] = tomllib.loads((PROJECT / "gradle/libs.versions.toml").read_text())["versions"]
    properties = ElementTree.parse(PROJECT / "pom.xml").getroot().find(f"{POM}properties")  # noqa: S314 (our own file)
    assert properties is not None
    named = ((element.tag.removeprefix(POM), element.text) for element in properties)
    maven = {name.removesuffix(".version"): text for name, text in named if name.endswith(".version")}
    assert maven == gradle


def test_no_module_names_a_version_of_its_own() -> None:
    for pom in PROJECT.glob("*/pom.xml"):
        versions = re.findall(r"<dependency>.*?<version>(.*?)</version>", pom.read_text())
        assert versions
        assert all(re.fullmatch(r"\$\{[\w.]+\.version\}", version) for version in versions), pom
    for build in PROJECT.glob("*/build.gradle.kts"):
        assert not re.search(r'"[\w.]+:[\w-]+:[\d.]+"', build.read_text()), build


def test_core_knows_nothing_of_android() -> None:
    sources = list((PROJECT / "core/src/main").rglob("*.kt"))
    assert len(sources) > 10
    for source in sources:
        assert not re.search(r"^import (android|androidx|java\.time|java\.nio\.file)\b", source.read_text(), re.M), (
            source
        )
