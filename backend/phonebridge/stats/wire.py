"""A report as JSON: the keys of `GET /api/v1/calls/stats/` (K-22), used by the export and by frames as well."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from phonebridge.stats.figures import Figures
from phonebridge.stats.period import Period
from phonebridge.stats.report import CallReport, Part, PersonRow


def as_dict(made: CallReport) -> dict[str, Any]:
    """Raw numbers: counts, seconds, percents with one decimal; 0 where there is nothing to divide by."""
    answer = {
        "period": period_dict(made.filter.period),
        "made_at": made.made_at,
        **figures_dict(made.total),
        "connected_per_manager": _number(made.connected_per_manager),
        "by_resolve_method": made.by_resolve_method,
        "by_action_source": made.by_action_source,
        "hours": list(made.hours),
        "days": [{"on": day, **counts} for day, counts in made.days.items()],
        "without_result": made.without_result,
        "rows": [row_dict(row) for row in made.rows],
    }
    if made.heat_period is not None:
        answer["heat"] = {
            "period": period_dict(made.heat_period),
            "cells": [[[cell.connected, cell.known] for cell in row] for row in made.heat],
        }
    if made.previous is not None and made.compared is not None:
        changes = {
            name: {"value": None if c.value is None else float(c.value), "word": c.word}
            for name, c in made.changes.items()
        }
        answer["previous"] = {"period": period_dict(made.compared.period), **figures_dict(made.previous)}
        answer["changes"] = changes
    if Part.UNIQUE not in made.parts:
        del answer["unique_numbers"]
    return answer


def row_dict(row: PersonRow) -> dict[str, Any]:
    return {
        "user_id": row.user.pk,
        "username": row.user.username,
        "name": row.user.label,
        **figures_dict(row.figures),
        "spark": list(row.spark),
    }


def figures_dict(figures: Figures) -> dict[str, Any]:
    return {
        **counts_dict(figures),
        "unique_numbers": figures.unique_numbers,
        "first_call_at": figures.first_call_at,
        "last_call_at": figures.last_call_at,
    }


def counts_dict(figures: Figures) -> dict[str, Any]:
    """The figures that add up and what is divided from them; also what frames carry."""
    return {
        "total_calls": figures.total_calls,
        **figures.by_status,
        "connect_rate_percent": _number(figures.connect_rate_percent),
        "outgoing_connected": figures.outgoing_connected,
        "outgoing_known": figures.outgoing_known,
        "outgoing_connect_rate_percent": _number(figures.outgoing_connect_rate_percent),
        "unknown_share_percent": _number(figures.unknown_share_percent),
        "talk_s": figures.talk_s,
        "timed": figures.timed,
        "avg_duration": figures.avg_duration or 0,
        "by_direction": figures.by_direction,
    }


def period_dict(period: Period) -> dict[str, Any]:
    return {"from": period.from_on, "to": period.to_on}


def _number(value: Decimal | None) -> float:
    return float(value) if value is not None else 0.0
