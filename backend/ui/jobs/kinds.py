"""What people read about each kind of work: a kind that is not named here gets the plain words."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from companies.bulk.handler import KIND as BULK
from companies.exporting.handler import KIND as EXPORT
from companies.importing.handler import KIND as IMPORT
from jobs.models import Job

# codes of refusals in words; a code that is not here shows the reason of its first row
REASONS = {
    "gone": "Недоступны вам",
    "not_own": "Ведёт другой сотрудник",
    "foreign_branch": "Другой филиал",
    "no_owner": "Нет ответственного",
    "not_allowed": "Ваша роль этого не позволяет",
    "changed_since": "Тем временем изменены",
    "inactive": "Новый ответственный отключён",
    "already": "Такой запрос уже есть",
    "author_inactive": "Запустивший сотрудник отключён",
    "edited": "Изменены после этой работы",
    "not_yours": "Больше вам не доступны",
    "deleted": "В корзине",
    "merged": "Объединены с другой компанией",
    "decided": "Запрос уже решён",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """`icon`; `done` names the rows that went well; `has_cards`: rows are companies and make a list."""

    icon: str = "zap"
    done: str = "Сделано"
    has_cards: bool = False


KINDS = {
    BULK: Kind("users", "Изменено", has_cards=True),
    EXPORT: Kind("download", "Записано", has_cards=True),
    IMPORT: Kind("upload", "Записано"),
}
# kinds with a page of their own: its url name, called with the job's id
PAGES = {IMPORT: "import_detail"}
TABS = (("", "Все"), (BULK, "Массовые действия"), (EXPORT, "Выгрузки"), (IMPORT, "Загрузки"))


def kind_of(job: Job) -> Kind:
    return KINDS.get(job.kind, Kind())


def page_of(job: Job) -> str:
    return reverse(PAGES.get(job.kind, "job_detail"), args=[job.pk])


def list_of(job: Job, code: str) -> str:
    """The address that shows a group of the job's companies; '' where rows are something else."""
    if not kind_of(job).has_cards:
        return ""
    query = QueryDict(mutable=True)
    query["job"] = f"{job.pk}:{code}"
    return f"{reverse('company_list')}?{query.urlencode()}"
