"""The production settings, really run: gunicorn for HTTP, `manage serve` for the sockets, and what they refuse."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from accounts.models import User
from devkit.ports import free_port

BACKEND = Path(__file__).resolve().parents[2]
HOST = "crm.example"
PASSWORD = "correct-horse-42"
MANAGE = (sys.executable, "manage.py")
GUNICORN = (
    *(sys.executable, "-m", "gunicorn", "crm.wsgi:application", "--preload", "--worker-class", "gthread"),
    *("--workers", "1", "--threads", "4", "--worker-tmp-dir", "/dev/shm"),  # noqa: S108 (as in the image)
)
THROUGH_NGINX = {"Host": HOST, "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
START_S = 60.0

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("production"), pytest.mark.timeout(300)]


def production(folder: Path) -> dict[str, str]:
    """What env.template asks for, on the servers of the test run."""
    database = connection.settings_dict
    kept = ("PATH", "HOME", "LANG", "PYTHONPATH")
    return {
        **{key: os.environ[key] for key in kept if key in os.environ},
        "DJANGO_ENV": "production",
        "DJANGO_DEBUG": "0",
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
        "DJANGO_ALLOWED_HOSTS": HOST,
        "PUBLIC_BASE_URL": f"https://{HOST}",
        "SECURITY_CONTACT_EMAIL": f"security@{HOST}",
        "TRUSTED_PROXIES": "127.0.0.1",
        "DB_ENGINE": "postgres",
        "POSTGRES_DB": str(database["NAME"]),
        "POSTGRES_USER": str(database["USER"]),
        "POSTGRES_PASSWORD": str(database["PASSWORD"]),
        "POSTGRES_HOST": str(database["HOST"]),
        "POSTGRES_PORT": str(database["PORT"]),
        "REDIS_URL": os.environ.get("REDIS_URL", ""),
        "CRM_REDIS_PREFIX": f"production-{uuid.uuid4().hex[:8]}",
        "MAILER_FERNET_KEY": Fernet.generate_key().decode(),
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
        "LOG_DIR": str(folder / "logs"),
        "CRM_DRAIN_S": "5",
    }


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live", headers={"Host": HOST}, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def server(command: tuple[str, ...], env: dict[str, str], port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that answers on `port`; ended with SIGTERM, and it must end well."""
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=BACKEND, env=env, stdout=output, stderr=output) as process,
    ):
        deadline = time.monotonic() + START_S
        try:
            while not answers(f"http://127.0.0.1:{port}"):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(40)
    assert code == 0, log.read_text()


@dataclass(frozen=True)
class Site:
    http: httpx.Client
    socket_port: int
    env: dict[str, str]
    folder: Path


@contextmanager
def socket_server(env: dict[str, str], log: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    serve = (*MANAGE, "serve", "--host", "127.0.0.1", "--port", str(port))
    with server(serve, env, port, log) as process:
        yield port, process


@pytest.fixture(scope="module")
def running(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Both servers for the whole module: they take long to start."""
    if connection.vendor != "postgresql":
        pytest.skip("production needs PostgreSQL: run ./crm test")
    folder = tmp_path_factory.mktemp("production")
    env = production(folder)
    subprocess.run([*MANAGE, "collectstatic", "--noinput", "-v", "0"], cwd=BACKEND, env=env, check=True)
    web = free_port()
    with ExitStack() as stack:
        stack.enter_context(server((*GUNICORN, "--bind", f"127.0.0.1:{web}"), env, web, folder / "web.log"))
        socket_port, _ = stack.enter_context(socket_server(env, folder / "ws.log"))
        http = httpx.Client(base_url=f"http://127.0.0.1:{web}", headers=THROUGH_NGINX, timeout=30)
        yield Site(stack.enter_context(http), socket_port, env, folder)


@pytest.fixture
def site(transactional_db: None, running: Site) -> Site:
    return running


@pytest.fixture
def manager(anna: User) -> User:
    """Anna with a hash of production: the one of the tests is fast and unknown there."""
    anna.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt-of-the-tests")
    anna.save()
    return anna


def log_in(site: Site) -> str:
    """Anna's access token."""
    answer = site.http.post("/api/token/", json={"username": "anna", "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access"]
    return token


@contextmanager
def open_socket(port: int) -> Iterator[ClientConnection]:
    raw = socket.create_connection(("127.0.0.1", port))
    with connect(f"ws://{HOST}/ws/phone/", sock=raw) as phone:
        yield phone


@contextmanager
def open_phone(site: Site, port: int) -> Iterator[ClientConnection]:
    with open_socket(port) as phone:
        frame = {"type": "auth", "token": log_in(site), "device_id": "prod-1", "instance": uuid.uuid4().hex}
        phone.send(json.dumps(frame))
        yield phone


def frames_until(phone: ClientConnection, wanted: str) -> dict[str, object]:
    while True:
        frame: dict[str, object] = json.loads(phone.recv(timeout=20))
        if frame["type"] == wanted:
            return frame


def test_log_in_page_over_gunicorn_has_the_headers_of_production(site: Site) -> None:
    page = site.http.get("/login/")
    assert page.status_code == 200
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert all("Secure" in cookie for cookie in page.headers.get_list("Set-Cookie"))
    assert site.http.get("/no-such-page/").status_code == 404
    assert "Traceback" not in site.http.get("/no-such-page/").text


def test_unknown_host_is_refused(site: Site) -> None:
    assert site.http.get("/login/", headers={"Host": "evil.example"}).status_code == 400


def test_health_is_ready_with_both_servers_of_data(site: Site) -> None:
    body = site.http.get("/health/ready").json()
    assert (body["status"], body["redis"]) == ("ok", "ok")


def test_phone_command_travels_from_gunicorn_to_the_socket_server(site: Site, manager: User) -> None:
    with open_phone(site, site.socket_port) as phone:
        frames_until(phone, "synced")
        headers = {"Authorization": f"Bearer {log_in(site)}"}
        made = site.http.post("/api/v1/calls/", json={"phone": "+73430123456"}, headers=headers)
        assert made.status_code == 201, made.text
        offer = frames_until(phone, "offer")
    assert offer["call_id"] == made.json()["id"]


def test_socket_with_a_wrong_token_is_closed_with_4001(site: Site) -> None:
    with open_socket(site.socket_port) as phone:
        phone.send(json.dumps({"type": "auth", "token": "wrong", "device_id": "d", "instance": "i"}))
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                phone.recv(timeout=20)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4001


def test_sigterm_lets_the_phones_go_in_order(site: Site, manager: User) -> None:
    with socket_server(site.env, site.folder / "drained.log") as (port, process):
        with open_phone(site, port) as phone:
            frames_until(phone, "synced")
            process.send_signal(signal.SIGTERM)
            frames_until(phone, "drain")
        assert process.wait(30) == 0


def test_log_holds_no_token(site: Site, manager: User) -> None:
    token = log_in(site)
    site.http.get("/api/v1/calls/", headers={"Authorization": f"Bearer {token}"})
    written = "".join(path.read_text() for path in (site.folder / "logs").glob("*.log"))
    written += (site.folder / "web.log").read_text()
    assert token not in written
    assert PASSWORD not in written


REFUSALS = [
    ({"DJANGO_DEBUG": "1"}, "DJANGO_DEBUG=0"),
    ({"DJANGO_SECRET_KEY": "short"}, "DJANGO_SECRET_KEY"),
    ({"DJANGO_SECRET_KEY": ""}, "DJANGO_SECRET_KEY"),
    ({"REDIS_URL": ""}, "REDIS_URL"),
    ({"MAILER_FERNET_KEY": ""}, "MAILER_FERNET_KEY"),
    ({"DJANGO_ALLOWED_HOSTS": "*"}, "DJANGO_ALLOWED_HOSTS"),
]


def refusal(command: tuple[str, ...], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=BACKEND, env=env, capture_output=True, text=True, check=False, timeout=60)


def complete(folder: Path) -> dict[str, str]:
    """A full environment that needs no running server: a refusal comes before the first connection."""
    made_up = {"POSTGRES_PASSWORD": "long-enough-password", "REDIS_URL": "redis://127.0.0.1:1/0"}
    return production(folder) | made_up


@pytest.mark.parametrize(("wrong", "named"), REFUSALS)
def test_production_refuses_a_bad_setting_with_one_line(tmp_path: Path, wrong: dict[str, str], named: str) -> None:
    serve = (*MANAGE, "serve", "--host", "127.0.0.1", "--port", str(free_port()))
    done = refusal(serve, complete(tmp_path) | wrong)
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert named in lines[0]
    assert any("а" <= letter <= "я" for letter in lines[0])


def test_gunicorn_ends_with_the_same_line_and_starts_no_worker(tmp_path: Path) -> None:
    command = (*GUNICORN, "--bind", f"127.0.0.1:{free_port()}")
    done = refusal(command, complete(tmp_path) | {"DJANGO_DEBUG": "1"})
    assert done.returncode != 0
    assert "DJANGO_DEBUG=0" in done.stderr
    assert "Booting worker" not in done.stderr
    assert "Traceback" not in done.stderr
