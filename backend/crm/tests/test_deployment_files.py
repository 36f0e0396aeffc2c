"""The files of the deployment say what the code needs, and the real tools accept them."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

from crm.tests.edge import NGINX, Ports, lay_out

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = Path(sysconfig.get_path("scripts"))
SERVICES = {"db", "redis", "migrate", "web", "ws", "celery", "celery-beat", "nginx"}
COMPOSE_ONLY = {"CRM_SERVER_NAME", "CRM_TLS_DIR", "CRM_SUBNET"}
SEED_KEYS = {
    "DJANGO_SECRET_KEY",
    "DJANGO_DEBUG",
    "DJANGO_ALLOWED_HOSTS",
    "DB_ENGINE",
    "POSTGRES_DB",
    "POSTGRES_USER",
    "POSTGRES_PASSWORD",
    "POSTGRES_HOST",
    "POSTGRES_PORT",
    "REDIS_URL",
    "CELERY_BROKER_URL",
    "MAILER_FERNET_KEY",
    "PUBLIC_BASE_URL",
    "SECURITY_CONTACT_EMAIL",
}


def keys_of(template: str, *, active_only: bool = False) -> set[str]:
    mark = "" if active_only else "(?:# )?"
    return set(re.findall(rf"^{mark}([A-Z][A-Z0-9_]+)=", (ROOT / template).read_text(encoding="utf-8"), re.MULTILINE))


def keys_that_settings_read() -> set[str]:
    source = (ROOT / "backend/crm/settings.py").read_text(encoding="utf-8")
    return set(re.findall(r"\benv(?:_[a-z]+)?\(\s*\"([A-Z][A-Z0-9_]+)\"", source))


def tool(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_template_names_every_key_that_settings_read_and_no_other() -> None:
    assert keys_of("env.template") - COMPOSE_ONLY == keys_that_settings_read()


def test_template_for_staging_has_the_same_keys() -> None:
    assert keys_of("env.staging.template") == keys_of("env.template")


@pytest.mark.parametrize("template", ["env.template", "env.staging.template", "backend/env.example"])
def test_keys_of_the_seed_stand_in_every_template(template: str) -> None:
    assert keys_of(template, active_only=True) >= SEED_KEYS


def test_no_template_holds_a_secret() -> None:
    text = (ROOT / "env.template").read_text(encoding="utf-8")
    for key in ("DJANGO_SECRET_KEY", "POSTGRES_PASSWORD", "MAILER_FERNET_KEY"):
        assert re.search(rf"^{key}=$", text, re.MULTILINE), f"{key} has a value"


def test_compose_uses_only_documented_keys() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", text))
    assert used <= keys_of("env.template")


def test_compose_has_the_eight_services() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert set(compose["services"]) == SERVICES
    for name, service in compose["services"].items():
        assert "healthcheck" in service or name == "web", f"{name} has no health check"


@pytest.mark.parametrize("name", ["docker-compose.yml", "docker-compose.dev.yml"])
def test_compose_files_follow_the_schema(name: str) -> None:
    check = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec")
    done = tool(*check, str(ROOT / name))
    assert done.returncode == 0, done.stdout + done.stderr


def test_staging_overrides_only_services_that_exist() -> None:
    text = (ROOT / "docker-compose.staging.yml").read_text(encoding="utf-8").replace("!override", "")
    assert set(yaml.safe_load(text)["services"]) < SERVICES


def test_dockerfile_has_no_finding() -> None:
    done = tool(str(SCRIPTS / "hadolint"), "--no-color", str(ROOT / "Dockerfile"))
    assert done.returncode == 0, done.stdout


def test_image_runs_without_root() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER ${CRM_UID}"]


def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    if not NGINX:
        pytest.skip("nginx is not installed")
    done = tool(NGINX, "-t", "-p", str(tmp_path), "-c", str(lay_out(tmp_path, Ports.free())))
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_nginx_never_logs_a_query() -> None:
    log_format = re.search(r"log_format .*?;", (ROOT / "nginx/nginx.conf").read_text(encoding="utf-8"), re.DOTALL)
    assert log_format is not None
    assert not re.search(r"\$(request|request_uri|args|query_string|http_referer)\b", log_format.group())


def test_result_endpoint_is_never_limited() -> None:
    text = (ROOT / "nginx/snippets/locations.conf").read_text(encoding="utf-8")
    block = re.search(r"location = /api/phone/calls/update/ \{(.*?)\n\}", text, re.DOTALL)
    assert block is not None
    assert "limit_" not in block.group(1)
    assert "error_page 502 504 =503 @result_later;" in block.group(1)
