"""The cast of the tests. Anna owns it, Boris is a colleague, Clara leads the branch, Dan is from another branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.db.backends.base.operations import BaseDatabaseOperations
from psycopg.errors import DeadlockDetected

from accounts.models import Branch, User
from accounts.roles import Role

PASSWORD = "correct-horse-42"
TRIES = 5


def pytest_configure() -> None:
    """A cheap hasher, because the cast is made anew for every test; no connections left behind in threads."""
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]


def _patient(flush: Callable[..., None]) -> Callable[..., None]:
    """Servers that run beside a test read its tables while they are emptied: whoever loses that race tries again."""

    def flush_again(operations: Any, statements: list[str]) -> None:
        for _ in range(TRIES - 1):
            try:
                return flush(operations, statements)
            except OperationalError as error:
                if not isinstance(error.__cause__, DeadlockDetected):
                    raise
        return flush(operations, statements)

    return flush_again


BaseDatabaseOperations.execute_sql_flush = _patient(BaseDatabaseOperations.execute_sql_flush)  # type: ignore[method-assign]


def make_user(username: str, first: str, last: str, role: Role, branch: Branch | None) -> User:
    user = User(username=username, first_name=first, last_name=last, role=role, branch=branch)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def branch_ekb(db: None) -> Branch:
    return Branch.objects.create(code="ekb", name="Екатеринбург", zone="Asia/Yekaterinburg", area_code="343")


@pytest.fixture
def branch_krd(db: None) -> Branch:
    return Branch.objects.create(code="krd", name="Краснодар", zone="Europe/Moscow", area_code="861")


@pytest.fixture
def anna(branch_ekb: Branch) -> User:
    return make_user("anna", "Анна", "Зайцева", Role.MANAGER, branch_ekb)


@pytest.fixture
def boris(branch_ekb: Branch) -> User:
    return make_user("boris", "Борис", "Мельник", Role.MANAGER, branch_ekb)


@pytest.fixture
def clara(branch_ekb: Branch) -> User:
    return make_user("clara", "Клара", "Орлова", Role.SALES_HEAD, branch_ekb)


@pytest.fixture
def dan(branch_krd: Branch) -> User:
    return make_user("dan", "Дан", "Тимофеев", Role.MANAGER, branch_krd)


@pytest.fixture
def gleb(db: None) -> User:
    return make_user("gleb", "Глеб", "Гусев", Role.GROUP_MANAGER, None)


@pytest.fixture
def ada(db: None) -> User:
    return make_user("ada", "Ада", "Лаптева", Role.ADMIN, None)
