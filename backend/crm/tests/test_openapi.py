"""The committed description of REST is the one that the code makes, and leaves no address out."""

from __future__ import annotations

import re
from typing import Any, cast

import yaml
from django.conf import LazySettings
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.validation import validate_schema

from crm.tests.docfiles import openapi


def generated() -> dict[str, Any]:
    GENERATOR_STATS.reset()
    generator, renderer = cast("Any", SchemaGenerator)(), cast("Any", OpenApiYamlRenderer)()
    made: dict[str, Any] = yaml.safe_load(renderer.render(generator.get_schema(public=True), renderer_context={}))
    return made


def api_addresses() -> set[str]:
    """Every address below /api/ as OpenAPI writes it."""
    found: set[str] = set()

    def walk(patterns: list[Any], prefix: str) -> None:
        for entry in patterns:
            path = prefix + str(entry.pattern)
            if isinstance(entry, URLResolver):
                walk(entry.url_patterns, path)
            elif isinstance(entry, URLPattern) and path.startswith("api/"):
                found.add("/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path))

    walk(get_resolver().url_patterns, "")
    return found


def test_committed_description_is_the_generated_one(settings: LazySettings) -> None:
    made, committed = generated(), openapi()
    committed["info"]["version"] = made["info"]["version"]
    assert committed == made, "run: ./crm manage spectacular --file docs/protocol/openapi.yaml"


def test_generating_gives_no_warning() -> None:
    schema = generated()
    assert not GENERATOR_STATS
    cast("Any", validate_schema)(schema)


def test_every_address_is_described() -> None:
    # the description does not describe itself
    assert set(openapi()["paths"]) == api_addresses() - {"/api/schema/"}


def test_every_refusal_has_one_shape() -> None:
    for path, operations in openapi()["paths"].items():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Error"}, path
