"""What the lists of companies and of contacts can be asked."""

from __future__ import annotations

from companies.listing.grammar import Field, Grammar
from companies.listing.values import Kind
from companies.models import LeadState

ME, NONE, INACTIVE = "me", "none", "inactive"
_NONE = frozenset({NONE})
_PERSON = frozenset({ME, NONE, INACTIVE})
_BRANCH = frozenset({ME, NONE})
_LEAD = frozenset(LeadState.values)


def _by_name(*fields: Field) -> dict[str, Field]:
    return {field.name: field for field in fields}


_OWNED = (
    Field("responsible", "Ответственный", Kind.ID, _PERSON),
    Field("branch", "Филиал", Kind.ID, _BRANCH),
    Field("lead_state", "Состояние", Kind.CHOICE, _LEAD),
    Field("city", "Город", Kind.TEXT, _NONE),
    Field("region", "Регион", Kind.TEXT, _NONE),
    Field("phone", "Телефон", Kind.FLAG),
    Field("email", "E-mail", Kind.FLAG),
    Field("cold", "Отметка «холодный звонок»", Kind.FLAG),
    Field("do_not_call", "Просили не звонить", Kind.FLAG),
    Field("created", "Создано", Kind.DAY),
    Field("updated", "Изменено", Kind.DAY),
    Field("id", "Код", Kind.ID),
)

COMPANIES = Grammar(
    subject="company",
    fields=_by_name(
        *_OWNED,
        Field("status", "Статус", Kind.ID, _NONE),
        Field("sphere", "Сфера", Kind.ID, _NONE),
        Field("contract_type", "Вид договора", Kind.ID, _NONE),
        Field("contract_until", "Договор до", Kind.DAY, _NONE),
        Field("contract_amount", "Сумма договора", Kind.NUMBER, _NONE),
        Field("last_call", "Последний звонок", Kind.DAY, _NONE),
        Field("head_company", "Головная компания", Kind.ID, _NONE),
        Field("created_by", "Кто создал", Kind.ID, frozenset({ME, NONE})),
        Field("inn", "ИНН", Kind.TEXT, _NONE),
        Field("activity", "Вид деятельности", Kind.TEXT, _NONE),
        Field("website", "Сайт", Kind.FLAG),
        Field("contact", "Контакты", Kind.FLAG),
        Field("job", "Задание", Kind.JOB),
    ),
    sorts=frozenset(
        {"name", "inn", "status", "lead_state", "responsible", "branch", "city", "contract", "call", "created"}
        | {"updated"}
    ),
    default_sort="-updated",
    cols=(
        "name",
        "inn",
        "status",
        "lead_state",
        "responsible",
        "branch",
        "city",
        "spheres",
        "contract",
        "phone",
        "call",
        "created",
        "updated",
    ),
    default_cols=("name", "inn", "status", "lead_state", "responsible", "branch", "phone", "call"),
)

CONTACTS = Grammar(
    subject="contact",
    fields=_by_name(
        *_OWNED,
        Field("company", "Компания", Kind.ID, _NONE),
        Field("status", "Статус", Kind.TEXT, _NONE),
        Field("position", "Должность", Kind.TEXT, _NONE),
        Field("decision_role", "Роль в решении", Kind.TEXT, _NONE),
        Field("primary", "Основной", Kind.FLAG),
    ),
    sorts=frozenset({"name", "company", "position", "status", "responsible", "branch", "created", "updated"}),
    default_sort="-updated",
    cols=("name", "company", "position", "status", "responsible", "branch", "phone", "email", "created", "updated"),
    default_cols=("name", "company", "position", "responsible", "phone", "email"),
)
