"""Call statistics: every figure of the page, the API, the export and the wallboard comes from `report`.

What each number means stands in docs/call-analytics.md and, for the machine, in `metrics.METRICS` and `figures`.
"""

from phonebridge.stats.asked import BadFilter, Filter, NotYourPerson, read_filter
from phonebridge.stats.behind import calls_behind
from phonebridge.stats.figures import Figures
from phonebridge.stats.metrics import METRICS, Metric
from phonebridge.stats.period import Period
from phonebridge.stats.report import ALL_PARTS, CallReport, Part, PersonRow, report
from phonebridge.stats.wire import as_dict

__all__ = [
    "ALL_PARTS",
    "METRICS",
    "BadFilter",
    "CallReport",
    "Figures",
    "Filter",
    "Metric",
    "NotYourPerson",
    "Part",
    "Period",
    "PersonRow",
    "as_dict",
    "calls_behind",
    "read_filter",
    "report",
]
