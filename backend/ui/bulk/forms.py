"""What a dialog asks before work over many companies; each form knows the action that it means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.models import User
from companies.bulk.services import Chosen
from companies.edits.transfer import targets
from companies.exporting.columns import BY_KEY, of_list
from companies.exporting.formats import FORMATS
from companies.listing import COMPANIES, parse
from companies.models import CompanySphere, CompanyStatus, LeadState
from ui.forms import StyledForm

ROWS = forms.Textarea(attrs={"rows": 3})
NEEDED = {"required": "Выберите значение."}
MOST_IDS = 1_000
LONGEST_QUERY = 8_000
MAX_ID = 2**63 - 1
Order = tuple[str, dict[str, Any]]


class BulkForm(StyledForm):
    """The selection travels in hidden fields; `count` is the number that the person was shown."""

    title = ""
    button = "Выполнить"
    kind = "primary"
    is_confirmed = forms.BooleanField(widget=forms.HiddenInput, initial=True)
    action = forms.CharField(widget=forms.HiddenInput, max_length=40)
    ids = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20 * MOST_IDS)
    query = forms.CharField(widget=forms.HiddenInput, required=False, max_length=LONGEST_QUERY, strip=False)
    count = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=MAX_ID)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fill()
        self.restyle()

    def fill(self) -> None:
        """Choices that depend on the moment."""

    def order(self) -> Order:
        """The action of companies/bulk and its parameters."""
        raise NotImplementedError


def _links(field: forms.Field, pairs: Iterable[tuple[int, str]], *first: tuple[str, str]) -> None:
    field.choices = [*first, *((str(pk), name) for pk, name in pairs)]  # type: ignore[attr-defined]  # a select


class ResponsibleForm(BulkForm):
    title = "Передать компании"
    button = "Передать"
    to = forms.MultipleChoiceField(
        label="Кому (если выбрать нескольких, компании разделятся поровну)",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Выберите сотрудника."},
    )

    def fill(self) -> None:
        people = [(p.pk, f"{p.label}, {p.branch.name}" if p.branch else p.label) for p in targets()]
        _links(self.fields["to"], people)

    def order(self) -> Order:
        return "responsible", {"to": [int(pk) for pk in self.cleaned_data["to"]]}


class StatusForm(BulkForm):
    title = "Изменить статус"
    button = "Изменить"
    value = forms.ChoiceField(label="Статус", required=False)

    def fill(self) -> None:
        _links(self.fields["value"], CompanyStatus.objects.values_list("pk", "name"), ("", "Без статуса"))

    def order(self) -> Order:
        return "status", {"value": self.cleaned_data["value"] or None}


class SphereForm(BulkForm):
    title = "Сферы"
    what = forms.ChoiceField(label="Что сделать", choices=(("sphere_add", "Добавить"), ("sphere_remove", "Убрать")))
    value = forms.ChoiceField(label="Сфера", error_messages=NEEDED)

    def fill(self) -> None:
        _links(self.fields["value"], CompanySphere.objects.values_list("pk", "name"), ("", "Выберите"))

    def order(self) -> Order:
        return self.cleaned_data["what"], {"value": int(self.cleaned_data["value"])}


class ColdForm(BulkForm):
    title = "Отметка «холодный звонок»"
    what = forms.ChoiceField(label="Что сделать", choices=(("cold", "Поставить"), ("cold_reset", "Снять")))
    reason = forms.CharField(label="Причина, если снимаете", required=False, max_length=500, widget=ROWS)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("what") == "cold_reset" and not said.get("reason"):
            self.add_error("reason", "Напишите причину.")
        return said

    def order(self) -> Order:
        said = self.cleaned_data
        return said["what"], {"reason": said["reason"]} if said["what"] == "cold_reset" else {}


class LeadForm(BulkForm):
    title = "Состояние компаний"
    button = "Изменить"
    value = forms.ChoiceField(label="Состояние", choices=LeadState.choices, error_messages=NEEDED)

    def order(self) -> Order:
        return "lead_state", {"value": self.cleaned_data["value"]}


class DeletionForm(BulkForm):
    title = "Попросить удалить"
    button = "Попросить"
    kind = "danger"
    reason = forms.CharField(
        label="Причина", max_length=500, widget=ROWS, error_messages={"required": "Напишите причину."}
    )

    def order(self) -> Order:
        return "delete_request", {"reason": self.cleaned_data["reason"]}


class ExportForm(BulkForm):
    title = "Выгрузить компании"
    button = "Выгрузить"
    format = forms.ChoiceField(label="Файл", choices=[(name, name.upper()) for name in FORMATS])
    columns = forms.MultipleChoiceField(
        label="Столбцы",
        widget=forms.CheckboxSelectMultiple,
        choices=[(key, column.title) for key, column in BY_KEY.items() if key != "id"],
        error_messages={"required": "Выберите хотя бы один столбец."},
    )

    def fill(self) -> None:
        """As the list shows them, at first."""
        query = self.initial.get("query") or ""
        self.fields["columns"].initial = of_list(parse(query, COMPANIES).columns)

    def order(self) -> Order:
        return "export", {"format": self.cleaned_data["format"], "columns": self.cleaned_data["columns"]}


FORMS: dict[str, type[BulkForm]] = {
    "responsible": ResponsibleForm,
    "status": StatusForm,
    "sphere": SphereForm,
    "cold": ColdForm,
    "lead_state": LeadForm,
    "delete_request": DeletionForm,
    "export": ExportForm,
}


def read_ids(texts: Iterable[str]) -> tuple[int, ...]:
    """Numbers of rows, sent one by one or with commas; what cannot be one is left out: no row has it."""
    parts = [part.strip() for text in texts for part in text.split(",")]
    found = [int(p) for p in parts if p.isascii() and p.isdigit() and len(p) <= 19]
    return tuple(dict.fromkeys(pk for pk in found if 0 < pk <= MAX_ID))[:MOST_IDS]


def read_chosen(data: Any) -> Chosen:
    """Ticked rows win over a filter; without either nothing is chosen. `data` is a query or a body."""
    ids = read_ids(data.getlist("ids"))
    count = data.get("count", "")
    seen = int(count) if count.isascii() and count.isdigit() and len(count) <= 18 else None
    if ids or "query" not in data:
        return Chosen(ids=ids, seen=seen)
    return Chosen(query=data.get("query", "").removeprefix("?"), is_whole=True, seen=seen)
