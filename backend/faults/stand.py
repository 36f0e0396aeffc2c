"""`python -m faults.stand FOLDER`: servers that a program of another language commands, one JSON line each way.

The first line out names the people and the ports; `{"do": …}` lines follow on standard input until it ends.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from faults.cluster import BACKEND, Cluster

# What the phone's own figures go with: the product's, not the short ones of the fault tests.
USUAL = {
    "CRM_CALL_EXPIRES_S": "60",
    "CRM_CALL_REGRANT_S": "10",
    "CRM_CALL_DIAL_WITHIN_S": "5",
    "CRM_CALL_UNCONFIRMED_S": "15",
    "CRM_PING_S": "25",
    "CRM_PONG_S": "10",
}
SHORT_TOKENS = {"CRM_ACCESS_TOKEN_S": "8"}
PEOPLE = 40


class Stand:
    """Node 1 is the product as it is, node 2 gives access tokens that end after seconds."""

    def __init__(self, root: Path) -> None:
        self.cluster = Cluster(root, PEOPLE, **USUAL)
        self.cluster.nodes[1].env = {**self.cluster.env, **SHORT_TOKENS}

    def act(self, order: dict[str, Any]) -> Any:
        orders: dict[str, Callable[[dict[str, Any]], Any]] = {
            "start": lambda o: self.cluster.nodes[o["node"]].start().port,
            "kill": lambda o: self.cluster.nodes[o["node"]].kill(),
            "rows": lambda o: self.cluster.rows(o["query"], *o["values"]),
            "revoke": lambda o: self._revoke(o["device"]),
            "company": lambda o: self._company(o["user"], o["name"], o["phone"]),
        }
        return orders[order["do"]](order)

    def _revoke(self, device_id: str) -> None:
        """As an administrator does it."""
        code = (
            "from phonebridge.models import PhoneDevice; from phonebridge.services import devices;"
            f"devices.revoke(device=PhoneDevice.objects.select_related('user').get(device_id={device_id!r}))"
        )
        self._do(code)

    def _company(self, user: int, name: str, phone: str) -> None:
        """A card of the person's own with one number."""
        self._do(
            "from accounts.models import User; from companies import services;"
            f"user = User.objects.get(pk={user!r});"
            f"company = services.create_company(actor=user, name={name!r});"
            f"services.add_phone(actor=user, holder=company, raw={phone!r})"
        )

    def _do(self, code: str) -> None:
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
        subprocess.run(command, cwd=BACKEND, env=self.cluster.env, capture_output=True, check=True)


def say(value: Any) -> None:
    sys.stdout.write(json.dumps(value, default=str) + "\n")
    sys.stdout.flush()


def main(root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    stand = Stand(root)
    try:
        stand.cluster.start()
        people = [asdict(person) for person in stand.cluster.people]
        say({"people": people, "ports": [node.port for node in stand.cluster.nodes]})
        for line in sys.stdin:
            say({"answer": stand.act(json.loads(line))})
    finally:
        stand.cluster.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
