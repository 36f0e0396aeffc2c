"""The trail is read by administrators and written by nobody's hand."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.doors import knock
from audit.models import AuditLog

pytestmark = pytest.mark.django_db
TRAIL = "/admin/audit/auditlog/"


def test_an_administrator_reads_the_trail_and_changes_nothing(ada: User, anna: User) -> None:
    knock("anna")
    row = AuditLog.objects.get()
    client = Client()
    client.force_login(ada)
    page = client.get(TRAIL, {"q": "anna", "verb": "login"})
    assert page.status_code == 200
    assert "Анна Зайцева" in page.text
    assert client.get(f"{TRAIL}{row.pk}/change/").status_code == 200
    assert client.post(f"{TRAIL}{row.pk}/change/", {"message": "x"}).status_code == 403
    assert client.post(f"{TRAIL}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"{TRAIL}add/", {}).status_code == 403
    client.post(TRAIL, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert AuditLog.objects.filter(pk=row.pk).exists()


def test_others_do_not_read_it_here(clara: User) -> None:
    client = Client()
    client.force_login(clara)
    assert client.get(TRAIL, follow=True).status_code == 403
