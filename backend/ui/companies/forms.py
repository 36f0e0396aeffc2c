"""Forms of the card: they read and write the plain values of companies/edits/values.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from django import forms

from accounts.models import Branch, User
from common.clock import ZONES
from companies.edits.numbers import Line
from companies.edits.values import COMPANY, CONTACT, Field, Json
from companies.models import CompanySphere, CompanyStatus, ContractType, EmailType, LeadState, PhoneType
from ui.companies.picking import Unclear, meant
from ui.forms import StyledForm

NONE = ("", "—")
REQUISITES = ("inn", "kpp", "ogrn")
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Компания", ("name", "legal_name", "status", "spheres", "activity_kind")),
    ("Реквизиты", (*REQUISITES, "bank_details")),
    ("Где и когда", ("region", "city", "address", "website", "zone", "workday_start", "workday_end")),
    ("Договор", ("contract_type", "contract_until", "contract_amount")),
    ("Связи", ("head_company", "branch")),
)
# What opens together when one of them is clicked on the card.
TOGETHER: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(REQUISITES, REQUISITES),
    **dict.fromkeys(("contract_type", "contract_until", "contract_amount"), GROUPS[3][1]),
    **dict.fromkeys(("region", "city", "address"), ("region", "city", "address")),
    **dict.fromkeys(("zone", "workday_start", "workday_end"), ("zone", "workday_start", "workday_end")),
    **dict.fromkeys(("name", "legal_name"), ("name", "legal_name")),
}
ROWS = forms.Textarea(attrs={"rows": 3})


def _choice(label: str, pairs: Iterable[tuple[Any, Any]], current: Json) -> forms.ChoiceField:
    """A select that keeps a value which is not offered any more."""
    choices = [NONE, *((str(value), str(name)) for value, name in pairs)]
    if current not in (None, "") and str(current) not in {value for value, _ in choices}:
        choices.append((str(current), f"{current} (больше не предлагается)"))
    return forms.ChoiceField(label=label, choices=choices, required=False)


LISTS: Mapping[str, Callable[[], Iterable[tuple[Any, Any]]]] = {
    "status": lambda: CompanyStatus.objects.filter(is_active=True).values_list("pk", "name"),
    "contract_type": lambda: ContractType.objects.filter(is_active=True).values_list("pk", "name"),
    "branch": lambda: Branch.objects.values_list("pk", "name"),
    "zone": lambda: ZONES,
}
INPUTS = {
    **dict.fromkeys(("contract_until", "birthday"), "date"),
    **dict.fromkeys(("workday_start", "workday_end"), "time"),
}


def _make_field(field: Field, current: Json) -> forms.Field:
    name, label = field.name, field.label
    if name in LISTS and field is not CONTACT.get(name):  # a contact's status is words of its own
        return _choice(label, LISTS[name](), current)
    if name == "spheres":
        pairs = [(str(pk), sphere) for pk, sphere in CompanySphere.objects.values_list("pk", "name")]
        widget = forms.CheckboxSelectMultiple
        return forms.MultipleChoiceField(label=label, choices=pairs, required=False, widget=widget)
    if name in INPUTS:
        attrs = {"type": INPUTS[name]}
        return forms.CharField(label=label, required=False, widget=forms.TextInput(attrs=attrs))
    if name in {"bank_details", "note"}:
        return forms.CharField(label=label, required=False, widget=ROWS, max_length=20_000)
    help_text = "Название, ИНН или номер карточки" if name == "head_company" else ""
    return forms.CharField(label=label, required=False, max_length=2_000, help_text=help_text)


class RecordForm(StyledForm):
    """Some fields of a card. Lengths and shapes are checked by the services, so that all doors say the same."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)
    table: Mapping[str, Field] = COMPANY

    def __init__(
        self,
        names: Iterable[str],
        current: Mapping[str, Json],
        *args: Any,
        viewer: User | None = None,
        **kwargs: Any,
    ) -> None:
        self.names, self.viewer = tuple(names), viewer
        shown = {name: _shown(value) for name, value in current.items()}
        super().__init__(*args, initial={**shown, **kwargs.pop("initial", {})}, **kwargs)
        for name in self.names:
            self.fields[name] = _make_field(self.table[name], current.get(name))
        self.restyle()

    def clean_head_company(self) -> str:
        """The number of the card that is meant by what people know of it."""
        typed = str(self.cleaned_data.get("head_company", "")).strip()
        if self.viewer is None or not typed:
            return typed
        try:
            return meant(self.viewer, typed)
        except Unclear as unclear:
            raise forms.ValidationError(str(unclear)) from unclear

    def values(self) -> dict[str, Any]:
        """Plain values by field, as the services take them."""
        said = {name: self.cleaned_data.get(name) for name in self.names}
        if "spheres" in said:
            said["spheres"] = [int(pk) for pk in said["spheres"] or []]
        return said


class PersonForm(RecordForm):
    table = CONTACT


class NewPersonForm(PersonForm):
    """A person with a first number."""

    said_as: ClassVar[dict[str, str]] = {"raw": "phone"}

    phone = forms.CharField(label="Телефон", max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["last_name", "first_name", "middle_name", "position", "phone"])


def _shown(value: Json) -> Any:
    if isinstance(value, list):
        return [str(item) for item in value]
    return "" if value is None else value


class LineForm(StyledForm):
    """One number or one address."""

    raw = forms.CharField(label="Номер", max_length=300, error_messages={"required": "Заполните это поле."})
    type = forms.ChoiceField(label="Вид", choices=PhoneType.choices)
    comment = forms.CharField(label="Комментарий", max_length=1_000, required=False)
    is_primary = forms.BooleanField(label="основной", required=False)
    base = forms.JSONField(widget=forms.HiddenInput, required=False)

    def line(self) -> Line:
        said = self.cleaned_data
        return Line(said["raw"], said["type"], said["comment"], said["is_primary"])

    def seen(self) -> Line | None:
        """What the person saw of the row when the form was drawn."""
        base = self.cleaned_data.get("base")
        if not isinstance(base, list) or len(base) != 4:
            return None
        raw, kind, comment, is_primary = base
        return Line(str(raw), str(kind), str(comment), bool(is_primary))


class EmailLineForm(LineForm):
    raw = forms.CharField(label="Адрес", max_length=300, error_messages={"required": "Заполните это поле."})
    type = forms.ChoiceField(label="Вид", choices=EmailType.choices)


class ReasonForm(StyledForm):
    reason = forms.CharField(
        label="Причина", max_length=500, widget=ROWS, error_messages={"required": "Напишите причину."}
    )


class TransferForm(StyledForm):
    to = forms.ChoiceField(label="Кому", error_messages={"required": "Выберите сотрудника."})

    def __init__(self, people: Iterable[User], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_branch: dict[str, list[tuple[str, str]]] = {}
        for person in people:
            by_branch.setdefault(person.branch.name if person.branch else "Без филиала", []).append(
                (str(person.pk), person.label)
            )
        choices: list[Any] = [("", "Выберите"), *by_branch.items()]
        self.fields["to"].choices = choices  # type: ignore[attr-defined]  # a select has choices


class LeadForm(StyledForm):
    state = forms.ChoiceField(label="Состояние", choices=LeadState.choices)
    note = forms.CharField(label="Почему", max_length=500, required=False, widget=ROWS)
