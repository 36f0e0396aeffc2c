"""Every operation of the OpenAPI description against the running server: no 5xx, nothing that is not described."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as described

from accounts import tokens
from accounts.models import User
from crm.tests.docfiles import PROTOCOL
from crm.tests.live import Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack, pytest.mark.xdist_group("openapi")]
# under /api/ stand the same views as under /api/v1/: once is enough
SEED = r"^/api/(companies|contacts|company-notes|search)/"
schema = schemathesis.openapi.from_path(PROTOCOL / "openapi.yaml").exclude(path_regex=SEED)
PROMISES = [
    checks.not_a_server_error,
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_schema_conformance,
]


@pytest.fixture(scope="module")
def running(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("openapi") / "server.log").start()
    yield server
    assert server.end() == 0


def token_of(user: User) -> str:
    """A token that the log-outs among the examples have not ended."""
    return tokens.issue_pair(User.objects.get(pk=user.pk), rotating=True).access


@schema.parametrize()
@settings(
    max_examples=20, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
def test_operation(case: Any, running: Server, anna: User) -> None:
    headers = {"Authorization": f"Bearer {token_of(anna)}"}
    case.call_and_validate(base_url=running.url, headers=headers, checks=PROMISES)
