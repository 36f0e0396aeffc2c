"""Every test of the door begins with fresh counters of pace."""

from __future__ import annotations

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _fresh_pace() -> None:
    cache.clear()
