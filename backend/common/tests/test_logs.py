"""What stands in a log says nothing that it should not, and costs nobody time."""

from __future__ import annotations

import time

import pytest

from common.logs import mask


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("mail ivan.petrov@example.com now", "mail i***@example.com now"),
        ("a@b.co, c+d@mail.example.org", "a***@b.co, c***@mail.example.org"),
        ("Bearer abc.def", "Bearer ***"),
        ("call +7 922 000-12-46", "call 79***46"),
        ("no at sign here", "no at sign here"),
    ],
)
def test_secrets_are_cut(said: str, kept: str) -> None:
    assert mask(said) == kept


@pytest.mark.parametrize("piece", ["a", "a.", "a@", "1", "1-", "eyJ", "token=", "bearer ", "a.b@c.", "+7 "])
def test_a_long_text_costs_no_more_than_its_length(piece: str) -> None:
    """Ten times the text may cost ten times the time; a rule that costs its square would cost a hundred times."""

    def cost(size: int) -> float:
        text = (piece * size)[:size]
        started = time.perf_counter()
        mask(text)
        return time.perf_counter() - started

    small = min(cost(5_000) for _ in range(3))
    assert cost(50_000) < max(40 * small, 0.25)
