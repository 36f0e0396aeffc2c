"""The real nginx with our configuration: what it answers when the application is there and when it is not."""

from __future__ import annotations

import json
import os
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

from crm.tests.edge import NGINX, Ports, lay_out

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


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def nginx(folder: Path, ports: Ports) -> Iterator[Edge]:
    if not NGINX:
        pytest.skip("nginx is not installed")
    config = lay_out(folder, ports)
    # workers of root become another user, who may not read a test's folder
    user = "user root;" if os.geteuid() == 0 else ""
    command = [NGINX, "-p", str(folder), "-c", str(config), "-g", f"daemon off; {user}"]
    log = folder / "stderr"
    with log.open("wb") as errors, subprocess.Popen(command, stderr=errors) as process:
        deadline = time.monotonic() + 20
        while not listens(ports.tls):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        try:
            yield Edge(ports.tls, folder)
        finally:
            process.terminate()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Edge]:
    """nginx while the application is restarted."""
    with nginx(tmp_path, Ports.free()) as edge:
        yield edge


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with nginx(tmp_path, Ports.free(server.server_port)) as found:
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
