"""What axe finds on a page that hinders people."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE = Axe()
STILL = """() => document.getAnimations().every(
    (motion) => motion.playState !== "running" || motion.effect.getTiming().iterations === Infinity
)"""


def serious(page: Page, part: str = "body") -> list[str]:
    """The rules that are broken seriously or critically, each with the first place; seen twice, what fades is not."""
    return _seen(page, part) and _seen(page, part)


def _seen(page: Page, part: str) -> list[str]:
    page.wait_for_function(STILL)  # what fades in has too little contrast on the way
    found = AXE.run(page, context=part, options={"resultTypes": ["violations"]}).response["violations"]
    hard = [rule for rule in found if rule["impact"] in {"serious", "critical"}]
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:200]} (×{len(rule['nodes'])})" for rule in hard]
