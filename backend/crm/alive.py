"""Health check of a container: `python crm/alive.py PORT` ends with 0 when the process on PORT answers.

Standard library only: it runs every few seconds and must not load Django.
"""

from __future__ import annotations

import http.client
import os
import sys


def own_host() -> str:
    """A name that the site accepts in the Host header."""
    first = os.environ.get("DJANGO_ALLOWED_HOSTS", "").split(",")[0].strip()
    return first.lstrip(".") or "localhost"


def is_alive(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/health/live", headers={"Host": own_host()})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    raise SystemExit(0 if is_alive(int(sys.argv[1])) else 1)
