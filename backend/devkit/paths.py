"""Where things stand in the checkout."""

from pathlib import Path

BACKEND = Path(__file__).resolve().parents[1]
ROOT = BACKEND.parent
STATE = ROOT / ".state"
TEST_STATE = ROOT / ".state-test"
BENCH_STATE = ROOT / ".state-bench"
