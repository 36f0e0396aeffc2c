"""The browser's half of realtime, in a real Chromium: frames come from the test, files from static/ui/js."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect, sync_playwright

JS = Path(__file__).parents[1] / "static/ui/js"
ORIGIN = "http://crm.test"
SCRIPTS = "".join(
    f'<script type="module" src="/js/{name}.js"></script>'
    for name in ("connection", "live", "presence", "bell", "toast", "timer", "call", "socket")
)
PAGE = f"""<!DOCTYPE html><html><head>
<meta name="crm-socket" content="/ws/ui/"><meta name="crm-login" content="/login/"></head><body>
<span data-connection hidden><span data-connection-text></span></span>
<div id="connection-banner" hidden><p data-connection-message></p></div>
<a data-bell><span data-unread>0</span><span data-unread-badge hidden>0</span></a>
<span class="tone-success" data-presence-user="7"><span data-presence-text>в сети</span></span>
<div id="rows" data-live-src="/rows/" data-live-on="crm:call crm:watching crm:resync" data-live-filter="company:12"
 data-watch="company.12 calls.all">old</div>
<form data-call-form method="post" action="/calls/click/"><button>Позвонить</button></form><div id="call-box"></div>
<div id="toasts"></div><template id="toast-template"><div><span class="toast-text"></span></div></template>
{SCRIPTS}</body></html>"""
HELLO = {"type": "hello", "session": "s", "server_time": "2026-11-25T00:00:00Z", "ping_s": 25, "release": "1"}

pytestmark = [
    pytest.mark.browser,
]


class Server:
    """The other end: remembers what the page sent, says what the test wants."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sockets: list[WebSocketRoute] = []
        self.frames: list[dict[str, Any]] = []
        self.fetched: list[str] = []
        self.heard = 0
        self.answer: Callable[[Route], None] = lambda route: route.fulfill(status=404)
        page.route(f"{ORIGIN}/**", self._serve)
        page.route_web_socket(f"{ORIGIN.replace('http', 'ws')}/ws/ui/", self._accept)

    def _serve(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path.startswith("/js/"):
            route.fulfill(body=(JS / path.removeprefix("/js/")).read_text(), content_type="text/javascript")
        elif path == "/rows/":
            self.fetched.append(path)
            route.fulfill(body=f'<p data-key="row">{len(self.fetched)}</p>', content_type="text/html")
        elif path == "/calls/click/":
            self.answer(route)
        else:
            route.fulfill(body=PAGE, content_type="text/html; charset=utf-8")

    def _accept(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda text: self.frames.append(json.loads(text)))
        socket.send(json.dumps(HELLO))

    def say(self, **frame: Any) -> None:
        self.sockets[-1].send(json.dumps(frame))

    def pass_time(self) -> None:
        """All that was said is heard, then two seconds of the page's own clock go by."""
        self.heard += 1
        self.say(type="notification", unread=self.heard)
        expect(self.page.locator("[data-unread]")).to_have_text(str(self.heard))
        self.page.clock.run_for(2000)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until the condition holds; the limit is generous, the page decides the time."""
        for _ in range(200):
            if condition():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("the condition never held")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield found
        found.close()


@pytest.fixture
def server(browser: Browser) -> Iterator[Server]:
    page = browser.new_page()
    made = Server(page)
    page.goto(f"{ORIGIN}/companies/12/")
    expect(page.locator("[data-connection-text]")).to_have_text("Онлайн")
    yield made
    page.close()


@pytest.fixture
def frozen(browser: Browser) -> Iterator[Server]:
    """The same with a clock that the test moves."""
    page = browser.new_page()
    page.clock.install()
    made = Server(page)
    page.goto(f"{ORIGIN}/companies/12/")
    expect(page.locator("[data-connection-text]")).to_have_text("Онлайн")
    yield made
    page.close()


def test_topics_are_watched_after_hello(server: Server) -> None:
    server.wait(lambda: len(server.frames) >= 2)
    assert {"type": "watch", "topic": "company.12"} in server.frames
    assert {"type": "watch", "topic": "calls.all"} in server.frames


def test_topic_that_left_the_page_is_unwatched(server: Server) -> None:
    server.page.locator("#rows").evaluate("element => element.dataset.watch = 'company.12'")
    server.wait(lambda: {"type": "unwatch", "topic": "calls.all"} in server.frames)


def test_ping_is_answered(server: Server) -> None:
    server.say(type="ping", ts=41)
    server.wait(lambda: {"type": "pong", "ts": 41} in server.frames)


def test_older_revision_is_dropped(server: Server) -> None:
    server.page.locator("body").evaluate(
        """body => body.addEventListener("crm:call", ({ detail }) => {
            body.dataset.seen = (body.dataset.seen ?? "") + detail.rev;
        })"""
    )
    for rev in (5, 4, 6):
        server.say(type="call", id="a", company=12, rev=rev)
    expect(server.page.locator("body")).to_have_attribute("data-seen", "56")


def test_region_looks_again_when_its_topic_is_heard(server: Server) -> None:
    server.say(type="watching", topic="company.12")
    expect(server.page.locator("#rows")).to_have_text("1")


def test_call_redraws_its_region(server: Server) -> None:
    server.say(type="call", id="a", company=12, rev=1)
    expect(server.page.locator("#rows")).to_have_text("1")


def test_call_of_another_company_leaves_the_region_alone(frozen: Server) -> None:
    frozen.say(type="call", id="b", company=99, rev=1)
    frozen.pass_time()
    assert frozen.fetched == []


def test_burst_becomes_two_requests_at_most(frozen: Server) -> None:
    for rev in range(20):
        frozen.say(type="call", id="a", company=12, rev=rev)
    frozen.pass_time()
    frozen.wait(lambda: bool(frozen.fetched))
    frozen.pass_time()
    assert len(frozen.fetched) <= 2


def test_drained_socket_comes_back_and_regions_look_again(server: Server) -> None:
    server.sockets[-1].close(code=4200)
    server.wait(lambda: len(server.sockets) == 2)
    expect(server.page.locator("#rows")).to_have_text("1")


def test_lost_socket_comes_back(server: Server) -> None:
    server.sockets[-1].close(code=1011)
    server.wait(lambda: len(server.sockets) == 2)
    expect(server.page.locator("[data-connection-text]")).to_have_text("Онлайн")


def test_refusal_stops_and_says_so(server: Server) -> None:
    server.sockets[-1].close(code=4001)
    expect(server.page.locator("#connection-banner")).to_be_visible()
    expect(server.page.locator("[data-connection-text]")).to_have_text("Нет связи")
    assert len(server.sockets) == 1


def test_log_out_leads_to_log_in(server: Server) -> None:
    server.sockets[-1].close(code=4401)
    server.page.wait_for_url(f"{ORIGIN}/login/?next=%2Fcompanies%2F12%2F")


def test_bell_presence_and_toast_follow(server: Server) -> None:
    server.say(type="notification", id=1, unread=3, title="Пропущенный звонок", url="/calls/")
    server.say(type="presence", user=7, state="offline", text="не в сети 5 мин", tone="danger", rtt_ms=None)
    expect(server.page.locator("[data-unread-badge]")).to_have_text("3")
    expect(server.page.locator("#toasts a")).to_have_attribute("href", "/calls/")
    expect(server.page.locator("[data-presence-user]")).to_have_class("tone-danger")
    expect(server.page.locator("[data-presence-text]")).to_have_text("не в сети 5 мин")


def test_click_puts_the_box_in_its_place(server: Server) -> None:
    html = '<section class="call-box" data-call-id="x">Отправлено</section>'
    server.answer = lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8")
    server.page.get_by_text("Позвонить").click()
    expect(server.page.locator("#call-box .call-box")).to_have_text("Отправлено")


def test_refused_click_says_why_beside_the_button(server: Server) -> None:
    server.answer = lambda route: route.fulfill(status=409, json={"detail": "Уже идёт другой звонок."})
    server.page.get_by_text("Позвонить").click()
    expect(server.page.locator("form .field-error")).to_have_text("Уже идёт другой звонок.")


def test_click_without_network_says_so(server: Server) -> None:
    server.answer = lambda route: route.abort()
    server.page.get_by_text("Позвонить").click()
    expect(server.page.locator("form .field-error")).to_contain_text("Нет связи с сервером.")
