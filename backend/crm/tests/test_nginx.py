"""The real nginx with our configuration: what it answers when the application is there and when it is not."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from crm.tests.test_deployment_files import NGINX, lay_out

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("nginx")]


class Application(BaseHTTPRequestHandler):
    """Stands where gunicorn and Daphne stand: says what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, "headers": dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        return


@dataclass(frozen=True)
class Edge:
    port: int
    folder: Path

    def client(self, host: str = "crm.example") -> httpx.Client:
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.port}",
            headers={"Host": host},
            verify=False,  # noqa: S501 (its own certificate, on the loopback)
            timeout=10,
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def nginx(folder: Path, web: int) -> Iterator[Edge]:
    if not NGINX:
        pytest.skip("nginx is not installed")
    folder.chmod(0o755)
    config = lay_out(folder)
    site = folder / "conf.d/crm.conf"
    plain, tls, alive = free_port(), free_port(), free_port()
    text = site.read_text(encoding="utf-8").replace("127.0.0.1:8000", f"127.0.0.1:{web}")
    text = text.replace("127.0.0.1:9000", f"127.0.0.1:{web}").replace(
        "listen 127.0.0.1:8080", f"listen 127.0.0.1:{alive}"
    )
    text = re.sub(r"listen 80\b", f"listen 127.0.0.1:{plain}", text)
    site.write_text(re.sub(r"listen 443\b", f"listen 127.0.0.1:{tls}", text), encoding="utf-8")
    errors = folder / "errors"
    shutil.copytree(Path(__file__).resolve().parents[3] / "nginx/errors", errors)
    (folder / "static").mkdir()
    (folder / "static/app.css").write_text("body{}")
    locations = folder / "snippets/locations.conf"
    moved = locations.read_text(encoding="utf-8").replace("/srv/crm/", f"{folder}/")
    locations.write_text(moved, encoding="utf-8")
    command = [
        NGINX,
        "-p",
        str(folder),
        "-c",
        str(config),
        "-g",
        f"daemon off; user root; error_log {folder}/error.log crit;",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 20
        while not listens(tls):
            assert process.poll() is None and time.monotonic() < deadline, process.stderr
            time.sleep(0.05)
        try:
            yield Edge(tls, folder)
        finally:
            process.terminate()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Edge]:
    """nginx while the application is restarted."""
    with nginx(tmp_path, free_port()) as edge:
        yield edge


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with nginx(tmp_path, server.server_port) as found:
            yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_result_without_an_application_gets_503_so_that_old_dialers_keep_it(alone: Edge) -> None:
    with alone.client() as http:
        answer = http.post("/api/phone/calls/update/", json={})
    assert answer.status_code == 503
    assert "Повторите" in answer.json()["detail"]
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["Retry-After"] == "20"


def test_api_without_an_application_answers_json_and_pages_in_russian(alone: Edge) -> None:
    with alone.client() as http:
        api, page = http.get("/api/v1/calls/"), http.get("/companies/")
    assert (api.status_code, page.status_code) == (502, 502)
    assert api.json()["detail"]
    assert "Сервер перезапускается" in page.text


def test_unknown_host_gets_no_answer(edge: Edge) -> None:
    with edge.client("evil.example") as http, pytest.raises(httpx.TransportError):
        http.get("/login/")


@pytest.mark.parametrize(
    "path", ["/metrics", "/.git/config", "/static/.env", "/protected/secret.pdf", "/errors/502.html"]
)
def test_what_is_not_public_is_404(edge: Edge, path: str) -> None:
    with edge.client() as http:
        assert http.get(path).status_code == 404


def test_claims_of_a_client_about_its_address_end_here(edge: Edge) -> None:
    with edge.client() as http:
        seen = http.get("/login/", headers={"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "http"}).json()[
            "headers"
        ]
    assert seen["X-Forwarded-For"] == "127.0.0.1"
    assert seen["X-Forwarded-Proto"] == "https"
    assert seen["Host"] == "crm.example"
    assert seen["X-Request-ID"]


def test_socket_upgrade_reaches_the_application(edge: Edge) -> None:
    with edge.client() as http:
        seen = http.get("/ws/phone/", headers={"Upgrade": "websocket", "Connection": "Upgrade"}).json()["headers"]
    assert seen["Upgrade"] == "websocket"
    assert seen["Connection"].lower() == "upgrade"


def test_log_holds_the_path_and_no_query(edge: Edge) -> None:
    with edge.client() as http:
        http.get("/api/phone/calls/pull/?device_id=secret-device")
        http.get("/mail/u/secret-token/")
    log = edge.folder / "access.log"
    deadline = time.monotonic() + 10
    while "/mail/u/-" not in (written := log.read_text()):
        assert time.monotonic() < deadline, written
        time.sleep(0.05)
    assert "/api/phone/calls/pull/" in written
    assert "secret" not in written


def test_signing_in_is_slowed_for_one_address_and_results_are_not(edge: Edge) -> None:
    with edge.client() as http:
        answers = [http.post("/api/token/", json={}) for _ in range(40)]
        results = [http.post("/api/phone/calls/update/", json={}).status_code for _ in range(60)]
        refreshes = [http.post("/api/token/refresh/", json={}).status_code for _ in range(60)]
    codes = [answer.status_code for answer in answers]
    assert codes[:30] == [200] * 30
    assert codes[-1] == 429
    assert answers[-1].json()["detail"].startswith("Слишком много")
    assert set(results) == set(refreshes) == {200}


def test_too_large_a_body_is_refused_in_the_caller_s_language(edge: Edge) -> None:
    with edge.client() as http:
        answer = http.post("/api/phone/heartbeat/", content=b"x" * (1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.json()["detail"] == "Слишком большой запрос."


def test_static_files_are_immutable_and_read_only(edge: Edge) -> None:
    with edge.client() as http:
        found = http.get("/static/app.css")
        assert http.post("/static/app.css").status_code in {403, 405}
    assert found.headers["Cache-Control"] == "public, max-age=2592000, immutable"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
