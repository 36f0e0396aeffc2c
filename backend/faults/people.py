"""`python -m faults.people N`: a branch with N managers and a head; one JSON line each, with tokens and a session."""

from __future__ import annotations

import json
import os
import sys

import django


def main(count: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    django.setup()
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.cached_db import SessionStore
    from django.core.management import call_command

    from accounts import sessions, tokens
    from accounts.models import Branch, User
    from accounts.roles import Role

    call_command("migrate", verbosity=0)
    branch, _ = Branch.objects.get_or_create(code="ekb", defaults={"name": "Екатеринбург", "area_code": "343"})
    names = [*(f"p{n}" for n in range(count)), "head"]
    for name in names:
        role = Role.SALES_HEAD if name == "head" else Role.MANAGER
        user, _ = User.objects.get_or_create(
            username=name, defaults={"password": "!", "branch": branch, "role": role, "first_name": name}
        )
        store = SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        sessions.stamp(store, user)
        store.save()
        pair = tokens.issue_pair(user, rotating=True)
        said = {
            "id": user.pk,
            "branch": branch.pk,
            "username": name,
            "access": pair.access,
            "refresh": pair.refresh,
            "session": store.session_key,
        }
        sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
