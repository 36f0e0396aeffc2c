"""`./crm shots`: the pictures of the manager's guide, made anew from a demonstration of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, FilePayload, FloatRect, Locator, Page, expect, sync_playwright

from devkit import browser, paths, png, services
from devkit.errors import ToolError

IMAGES = paths.ROOT / "docs" / "images"
WIDTH, HEIGHT = 1280, 800
EDGE = 12
LONGEST_BYTES = 150_000
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
TABLE = """Название;ИНН;Телефон;E-mail;ФИО;Должность;Ответственный
ООО «Горный лист»;;8 343 000-41-01;info@gorny-list.example;Котов Иван Петрович;директор;Зайцева Анна Сергеевна
ООО «Медная гора»;;8 343 000-41-02;info@mednaya-gora.example;Лебедева Ольга Игоревна;закупки;Зайцева Анна Сергеевна
АО «Речной порт»;123;8 343 000-41-03, 8 343 000-41-04;port@rechnoy.example;Сомов Пётр;снабжение;Зайцева Анна Сергеевна
ООО «Тихий двор»;;звонить в офис;dvor@tihiy.example;Волков Олег;директор;Зайцева Анна Сергеевна
ООО «Сухой док»;;8 343 000-41-06;dok@suhoy.example;Ершов Глеб;главный инженер;Никто
;;;;Безымянный;;
"""


@contextmanager
def _demo(state: Path) -> Iterator[dict[str, Any]]:
    """The demonstration on a free port: what its line of JSON says."""
    command = [sys.executable, "-m", "devkit", "demo", "--port", "0", "--json", "--state", str(state)]
    with subprocess.Popen(command, cwd=paths.BACKEND, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise ToolError("Демонстрация не запустилась.")
            yield json.loads(line)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            services.wipe(state)


class Studio:
    """A person of the demonstration at a browser, with a camera."""

    def __init__(self, chromium: Browser, said: dict[str, Any], username: str) -> None:
        context = chromium.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, locale="ru-RU", color_scheme="light", reduced_motion="reduce"
        )
        self.page: Page = context.new_page()
        self.url: str = said["url"]
        password = next(user["password"] for user in said["users"] if user["username"] == username)
        self.open("/login/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", password)
        self.page.click("form [type=submit]")
        self.page.wait_for_url(f"{self.url}/")

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def live(self, path: str) -> Page:
        page = self.open(path)
        expect(page.get_by_text("Онлайн").first).to_be_visible()
        return page

    def shoot(self, name: str, *parts: Locator, height: int = HEIGHT) -> None:
        """The window from its top, or the rectangle around `parts`."""
        self.page.mouse.move(WIDTH - 1, HEIGHT - 1)
        clip = _around(parts) if parts else FloatRect(x=0, y=0, width=WIDTH, height=height)
        made = png.pack(self.page.screenshot(clip=clip, animations="disabled", caret="hide"))
        (IMAGES / f"{name}.png").write_bytes(made)
        sys.stdout.write(f"{name}.png {len(made)}\n")
        if len(made) > LONGEST_BYTES:
            raise ToolError(f"Снимок {name}.png больше {LONGEST_BYTES} байт.")


def _around(parts: tuple[Locator, ...]) -> FloatRect:
    boxes = [box for part in parts if (box := part.bounding_box())]
    left, top = min(b["x"] for b in boxes) - EDGE, min(b["y"] for b in boxes) - EDGE
    right, bottom = max(b["x"] + b["width"] for b in boxes) + EDGE, max(b["y"] + b["height"] for b in boxes) + EDGE
    x, y = max(left, 0), max(top, 0)
    return FloatRect(x=x, y=y, width=min(right, WIDTH) - x, height=min(bottom, HEIGHT) - y)


def _dialog(page: Page) -> Locator:
    dialog = page.locator("#form-dialog")
    expect(dialog).to_be_visible()
    return dialog


def _cards(page: Page) -> list[str]:
    """Addresses of the cards that the list shows."""
    return [str(link.get_attribute("href")) for link in page.locator("[data-list-row]").all()]


def shoot_list(anna: Studio) -> list[str]:
    """The list with its filters and a saved view; the addresses of her own cold cards."""
    page = anna.live("/companies/?sort=name")
    for name in ("Мои", "Тёплые"):
        page.locator("[data-list-body]").get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_label(re.compile("^Убрать: ")).first).to_be_visible()
    page.locator("[data-list-body] summary").first.click()
    page.get_by_role("link", name="Сохранить как представление").click()
    _dialog(page).locator("[name=name]").fill("Мои тёплые")
    page.get_by_role("button", name="Сохранить").click()
    page.wait_for_url("**/companies/?view=*")
    anna.live(page.url.removeprefix(anna.url))
    anna.shoot("company-list", height=620)
    found = anna.open("/companies/?responsible=me&lead_state=cold&sort=name")
    return _cards(found)


def shoot_note(anna: Studio, card: str) -> None:
    page = anna.live(card)
    page.locator("#note-text").press_sequentially("Смету отправила. Скидку подтвердит @кла")
    page.get_by_role("option", name="Клара Орлова").click()
    file = FilePayload(name="смета.pdf", mimeType="application/pdf", buffer=PDF)
    page.set_input_files(".composer [type=file]", [file])
    expect(page.locator(".composer progress")).to_have_count(0)
    page.locator(".composer").get_by_role("button", name="Сохранить").click()
    note = page.locator(".timeline li", has_text="Смету отправила")
    expect(note).to_be_visible()
    anna.open(card)
    anna.shoot("company-card", height=720)
    page.locator("#note-text").press_sequentially("Отгрузка в пятницу, машину заказывает @бор")
    expect(page.get_by_role("option", name="Борис Мельник")).to_be_visible()
    anna.shoot("company-note", page.locator(".composer"), note)


def shoot_clash(anna: Studio, clara: Studio, card: str) -> None:
    for studio in (anna, clara):
        page = studio.live(card)
        page.locator("dd", has=page.get_by_label("Изменить: Адрес", exact=True)).hover()
        page.get_by_label("Изменить: Адрес", exact=True).click()
        _dialog(page).locator("[name=address]").fill("ул. Мира, 2" if studio is anna else "ул. Малышева, 45")
    clara.page.locator("#form-dialog").get_by_role("button", name="Сохранить").click()
    expect(clara.page.locator("#form-dialog")).to_be_hidden()
    dialog = _dialog(anna.page)
    dialog.get_by_role("button", name="Сохранить").click()
    expect(dialog).to_contain_text("Сейчас: ")
    anna.shoot("edit-clash", dialog)


def _chosen(anna: Studio, action: str) -> Locator:
    """The dialog of an action over the first rows, some of them of colleagues."""
    page = anna.open("/companies/?sort=name")
    for box in page.locator("[data-list-body] [name=ids]").all()[:8]:
        box.check()
    page.locator(f"#selection-bar button[value={action}]").click()
    return _dialog(anna.page)


def shoot_bulk(anna: Studio) -> None:
    anna.shoot("export-dialog", _chosen(anna, "export"))
    dialog = _chosen(anna, "status")
    dialog.locator("select").select_option(label="В работе")
    anna.shoot("bulk-dialog", dialog)
    dialog.locator(".btn-primary").click()
    expect(anna.page.get_by_label("Результат")).to_be_visible()
    anna.live(anna.page.url.removeprefix(anna.url))
    anna.shoot("bulk-job", height=560)


def shoot_import(anna: Studio) -> None:
    page = anna.live("/imports/")
    file = FilePayload(name="выставка.csv", mimeType="text/csv", buffer=TABLE.encode("cp1251"))
    page.get_by_label("Таблица с компаниями").set_input_files(file)
    page.get_by_role("button", name="Прочитать файл").click()
    page.get_by_role("button", name="Проверить").click()
    start = page.get_by_role("button", name=re.compile("^Загрузить "))
    expect(start).to_be_visible()
    anna.shoot("import-check", height=680)
    start.click()
    expect(page.get_by_role("link", name="Отменить загрузку")).to_be_visible()
    anna.live(page.url.removeprefix(anna.url))
    anna.shoot("import-result", height=640)


def shoot_requests(anna: Studio, clara: Studio, cards: list[str]) -> None:
    for card in cards:
        page = anna.live(card)
        page.get_by_label("Действия", exact=True).click()
        page.get_by_role("link", name="Состояние").click()
        _dialog(page).locator("textarea").fill("Просят счёт, договорились о встрече")
        page.get_by_role("button", name="Попросить").click()
        expect(page.locator("#form-dialog")).to_be_hidden()
    clara.live("/requests/")
    clara.shoot("requests", height=420)


def shoot_others(galina: Studio) -> None:
    """The palette, people, and the choice before two cards become one."""
    page = galina.live("/companies/?sort=name")
    first, second = _cards(page)[:2]
    word = re.findall(r"«(\w+)", page.locator("[data-list-row]").first.inner_text())[0]
    for card in (first, second):
        galina.open(card)
    page = galina.live("/calls/")
    page.keyboard.press("Control+KeyK")
    page.keyboard.type(word.lower())
    expect(page.locator("#palette [role=option]:visible").first).to_contain_text(word)
    galina.shoot("palette", page.locator("#palette"))
    galina.live("/contacts/")
    galina.shoot("contact-list", height=560)
    galina.live(f"{first}merge/{second.strip('/').rsplit('/', 1)[1]}/")
    galina.shoot("merge-choice", height=680)


def _shoot(chromium: Browser, said: dict[str, Any]) -> None:
    anna, clara, galina = (Studio(chromium, said, name) for name in ("anna", "clara", "galina"))
    cold = shoot_list(anna)
    shoot_note(anna, cold[0])
    shoot_clash(anna, clara, cold[1])
    shoot_others(galina)
    shoot_bulk(anna)
    shoot_requests(anna, clara, cold[:3])
    shoot_import(anna)


def main(arguments: list[str]) -> int:
    if arguments:
        raise ToolError("У команды shots нет параметров.")
    browser.ensure()
    found = browser.chromium()
    if not found:
        raise ToolError("Нет Chromium: снимать нечем.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=60_000)
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="crm-"))
        said = stack.enter_context(_demo(Path(folder) / "state"))
        playwright = stack.enter_context(sync_playwright())
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        stack.callback(chromium.close)
        _shoot(chromium, said)
    return 0
