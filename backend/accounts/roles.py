"""Roles, data scopes and reaches: the words that the rights matrix is written in."""

from __future__ import annotations

from enum import IntEnum

from django.db import models


class Role(models.TextChoices):
    MANAGER = "manager", "Менеджер"
    SALES_HEAD = "sales_head", "Руководитель отдела продаж"
    BRANCH_DIRECTOR = "branch_director", "Директор филиала"
    GROUP_MANAGER = "group_manager", "Управляющий группой"
    ADMIN = "admin", "Администратор"


class DataScope(models.TextChoices):
    GLOBAL = "global", "Вся база"
    BRANCH = "branch", "Свой филиал"
    SELF = "self", "Только свои компании"


class Reach(IntEnum):
    """How far a role reaches with a verb; a wider reach contains the narrower ones."""

    NONE = 0
    OWN = 1
    BRANCH = 2
    ALL = 3
