"""The documents say what the code does: frames, close codes, fields, rights, durations, links."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts import scope
from accounts.models import User
from accounts.roles import Role
from common.ws import Close
from crm.tests.docfiles import (
    API,
    DOCS,
    GOLDEN,
    ROOT,
    follow,
    frames_of,
    mistakes,
    openapi,
    problems,
    references,
    table_rows,
    text,
    words_in_code,
)
from crm.tests.test_architecture import FLOORS
from jobs.models import Status
from notifications.models import Kind
from phonebridge import protocol, reporting
from phonebridge.enums import CallStatus, Direction, Phase, RejectReason
from phonebridge.models import CallRequest, DeadReason
from phonebridge.tests.fixtures import click, phone_client

README = text("protocol/README.md")
CONTRACT = text("CALL_EVENT_CONTRACT.md")
BACKEND = ROOT / "backend"
LATER = {"notice"}
PHONE_MODULES = (
    *("consumers", "events", "hall", "lookups", "probes", "tv", "selectors/presence", "stats/live"),
    *("services/fleet", "services/pairing"),
)
# between processes only: rights, log-out and the closing of a phone's socket never reach a client as frames
INTERNAL = {"recheck", "access", "replaced", "close", "counted", "tell"}
STRUCTURE = {
    "type": "object",
    "required": ["asyncapi", "info", "channels", "operations", "components"],
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "info": {"type": "object", "required": ["title", "version"]},
        "channels": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["address", "messages"],
                "properties": {"messages": {"type": "object", "additionalProperties": {"required": ["$ref"]}}},
            },
        },
        "operations": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["action", "channel", "messages"],
                "properties": {"action": {"enum": ["send", "receive"]}, "channel": {"required": ["$ref"]}},
            },
        },
        "components": {
            "type": "object",
            "required": ["messages", "schemas"],
            "properties": {
                "messages": {"additionalProperties": {"type": "object", "required": ["summary", "payload"]}}
            },
        },
    },
}


def test_asyncapi_is_well_formed() -> None:
    assert mistakes(API, STRUCTURE) == []
    assert all(follow(reference) for reference in references(API))
    for name, schema in API["components"]["schemas"].items():
        mistakes({}, schema | {"components": API["components"]})
        assert schema.get("required", ["type"])[0] == "type", name
    for operation in API["operations"]:
        for kind, payload in frames_of(operation).items():
            assert follow(payload["$ref"])["properties"]["type"]["const"] == kind
    told = {m["$ref"] for operation in API["operations"].values() for m in operation["messages"]}
    assert told == {
        f"#/channels/{channel}/messages/{name}" for channel, c in API["channels"].items() for name in c["messages"]
    }
    assert set(API["components"]["messages"]) == {
        reference["$ref"].rsplit("/", 1)[1] for c in API["channels"].values() for reference in c["messages"].values()
    }


def test_asyncapi_names_every_frame_of_the_phone_socket() -> None:
    assert set(frames_of("hearPhone")) == set(protocol.FRAMES) | protocol.OPEN_FRAMES
    assert set(frames_of("tellPhone")) == protocol.SERVER_FRAMES | LATER


def test_asyncapi_names_every_frame_that_the_code_writes() -> None:
    files = [BACKEND / f"phonebridge/{name}.py" for name in PHONE_MODULES]
    files += [BACKEND / f"notifications/{name}.py" for name in ("consumers", "services", "viewers")]
    files += [BACKEND / f"companies/edits/{name}.py" for name in ("effects", "requests")]
    files += [BACKEND / "common/ws.py", BACKEND / "accounts/services.py", BACKEND / "jobs/progress.py"]
    written = {kind for file in files for kind in re.findall(r'"type": "(\w+)"', file.read_text(encoding="utf-8"))}
    told = set(frames_of("tellPhone")) | set(frames_of("tellBrowser"))
    assert written - INTERNAL == told - LATER


def test_pages_speak_only_documented_frames() -> None:
    script = (BACKEND / "ui/static/ui/js/socket.js").read_text(encoding="utf-8")
    assert set(re.findall(r'send\(\{ type: "(\w+)"', script)) == set(frames_of("hearBrowser"))


@pytest.mark.parametrize("operation", ["hearPhone", "tellPhone", "hearBrowser", "tellBrowser"])
def test_readme_names_every_frame(operation: str) -> None:
    assert set(frames_of(operation)) <= words_in_code(README)


def test_readme_names_every_close_code() -> None:
    codes = {str(value) for name, value in vars(Close).items() if name.isupper()}
    assert {row[0] for row in table_rows(README, "## Close codes")} == codes


def test_readme_holds_every_duration_with_its_default() -> None:
    source = (BACKEND / "crm/settings.py").read_text(encoding="utf-8")
    keys = re.findall(r'env_seconds\("(\w+)", ([\d *]+)\)', source)
    in_code = {key: 1 for key, _ in keys}
    for key, product in keys:
        for factor in product.split("*"):
            in_code[key] *= int(factor)
    rows = table_rows(README, "## Durations")
    assert {row[0].strip("`"): int(row[1]) for row in rows} == in_code
    call = settings.CALL
    assert call["regrant"] + call["dial_within"] <= call["unconfirmed"]


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file["type"])
def test_golden_frames_fit_the_schemas_and_the_servers_models(file: dict[str, Any]) -> None:
    from_phone = file["direction"] == "phone_to_server"
    for frame in file["frames"]:
        assert problems(frame, "hearPhone" if from_phone else "tellPhone") == []
        if from_phone:
            model = protocol.parse(frame["type"], frame)
            assert (model is None) == (frame["type"] in protocol.OPEN_FRAMES)


def test_golden_frames_are_complete() -> None:
    described = set(frames_of("hearPhone")) | set(frames_of("tellPhone"))
    assert {file["type"] for file in GOLDEN} == described


def test_schemas_of_phone_frames_hold_the_models_fields_and_limits() -> None:
    for kind, model in protocol.FRAMES.items():
        written = follow(frames_of("hearPhone")[kind]["$ref"])
        assert set(model.model_fields) <= set(written["properties"]), kind
        required = {name for name, field in model.model_fields.items() if field.is_required()}
        assert required <= set(written["required"]), kind
        for name, field in model.model_json_schema()["properties"].items():
            shown = written["properties"][name]
            shown = follow(shown["$ref"]) if "$ref" in shown else shown
            if "maxLength" in field and "enum" not in shown:
                assert shown["maxLength"] == field["maxLength"], f"{kind}.{name}"


def test_enums_of_the_schemas_are_the_codes() -> None:
    schemas = API["components"]["schemas"]
    assert schemas["State"]["properties"]["phase"]["enum"] == Phase.values
    assert schemas["Reject"]["properties"]["reason"]["enum"] == RejectReason.values
    assert schemas["Report"]["properties"]["call_status"]["enum"] == CallStatus.values
    assert schemas["Report"]["properties"]["direction"]["enum"] == Direction.values
    assert schemas["Call"]["properties"]["call_status"]["enum"] == [*CallStatus.values, None]
    assert schemas["BellCounter"]["properties"]["kind"]["enum"] == Kind.values
    assert schemas["Progress"]["properties"]["status"]["enum"] == Status.values


def test_contract_names_exactly_the_fields_that_the_code_reads() -> None:
    files = ["reporting.py", "services/results.py", "api/phone.py"]
    source = "".join((BACKEND / "phonebridge" / name).read_text(encoding="utf-8") for name in files)
    read = set(re.findall(r'(?:_choice|_count|_moment)\(body, "(\w+)"', source))
    update = source[source.index("class UpdateCallInfoView") : source.index("class StateView")]
    read |= set(re.findall(r'fields\.get\("(\w+)"\)', update))
    read |= set(
        re.findall(r'body(?:\.get\(|\[)"(\w+)"', source[source.index("def _find") : source.index("def _apply")])
    )
    written = {row[0].strip("`") for row in table_rows(CONTRACT, "## Поля")}
    assert written == read
    assert written == set(openapi()["components"]["schemas"]["CallReport"]["properties"])
    on_socket = follow(frames_of("hearPhone")["report"]["$ref"])["properties"]
    assert written == set(on_socket) - {"type"}


def test_contract_names_every_reason_and_flag() -> None:
    words = words_in_code(CONTRACT)
    source = (BACKEND / "phonebridge/reporting.py").read_text(encoding="utf-8")
    flags = set(re.findall(r'flags\.append\("(\w+)"\)', source))
    assert flags | set(DeadReason.values) <= words
    assert f"0…{reporting.LONGEST_S}" in CONTRACT


@pytest.mark.django_db
def test_examples_of_the_contract_are_accepted(anna: User) -> None:
    examples = [json.loads(found) for found in re.findall(r"```json\n(.*?)```", CONTRACT, re.DOTALL)]
    assert len(examples) == 3
    for example in examples:
        call = click(anna)
        if "call_request_id" in example:
            example["call_request_id"] = str(call.pk)
        answer = phone_client(anna).post("/api/phone/calls/update/", example, format="json")
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
        assert CallRequest.objects.filter(call_status=example["call_status"]).exists()
        CallRequest.objects.filter(closed_at__isnull=True).update(closed_at=call.created_at)


def test_rights_in_the_architecture_are_the_rights_in_the_code() -> None:
    written: dict[str, list[str]] = {}
    for verbs, *cells in table_rows(text("architecture.md"), "## Права"):
        for verb in re.findall(r"`(\w+)`", verbs):
            assert verb not in written
            written[verb] = cells
    in_code = {verb: [rule[role].name.lower() for role in Role] for verb, rule in scope.RULES.items()}
    assert written == in_code


def test_settings_stand_in_the_template() -> None:
    source = (BACKEND / "crm/settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'\benv(?:_[a-z]+)?\(\s*"([A-Z][A-Z0-9_]+)"', source))
    template = (ROOT / "env.template").read_text(encoding="utf-8")
    assert read <= set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", template, re.MULTILINE))


def anchors(source: str) -> set[str]:
    """Anchors of the headings as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", source, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")) + sorted(ROOT.glob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    source = page.read_text(encoding="utf-8")
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", source):
        address, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", address):
            continue
        there = (page.parent / address).resolve() if address else page
        if not there.exists() or (anchor and anchor not in anchors(there.read_text(encoding="utf-8"))):
            dead.append(target)
    assert dead == []


def test_pictures_are_shown_said_in_words_and_small() -> None:
    shown: dict[str, str] = {}
    for page in DOCS.rglob("*.md"):
        for words, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            shown[str((page.parent / target).resolve())] = words
    files = {str(path.resolve()): path.stat().st_size for path in (DOCS / "images").iterdir()}
    assert set(shown) == set(files)
    assert all(re.search("[а-я]", words) for words in shown.values())
    assert max(files.values()) <= 150_000
    assert sum(files.values()) <= 1_500_000


def test_pages_name_no_file_that_does_not_exist() -> None:
    named = re.compile(r"`(backend/[\w./-]+\.\w+)`")
    found = {
        (page.name, path) for page in DOCS.rglob("*.md") for path in named.findall(page.read_text(encoding="utf-8"))
    }
    assert [pair for pair in found if not (ROOT / pair[1]).exists()] == []


@pytest.mark.parametrize("page", ["manager.md", "administrator.md", "smoke-checklist.md"])
def test_guides_use_the_words_of_the_screens(page: str) -> None:
    """Every «quoted» phrase stands in a template or in code; figures in it are examples."""
    files = [p for kind in ("html", "py", "js") for p in BACKEND.glob(f"*/**/*.{kind}")]
    screens = " ".join(p.read_text(encoding="utf-8") for p in files if "tests" not in p.parts).casefold()
    parts = [
        part.strip(" .")
        for phrase in re.findall("«([^»]+)»", " ".join(text(page).split()))
        for part in re.split(r"[\d…·]+", phrase)
    ]
    assert [part for part in parts if len(part) > 3 and part.casefold() not in screens] == []


def test_map_of_the_house_is_the_house() -> None:
    named = {row[0].strip("`") for row in table_rows(text("architecture.md"), "## The house")}
    packages = {path.parent.name for path in BACKEND.glob("*/__init__.py")}
    assert packages == named
    assert " → ".join(FLOORS) in text("architecture.md")
