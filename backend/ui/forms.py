"""The look of form controls, given once to every form of the site."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.forms.widgets import Input, Widget

from common.errors import DomainError

CLASSES: tuple[tuple[type[Widget], str], ...] = (
    (forms.CheckboxInput, "checkbox"),
    (forms.CheckboxSelectMultiple, "checkbox"),
    (forms.RadioSelect, "radio"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.HiddenInput, ""),
    (Input, "input"),
)


def style_widget(widget: Widget) -> None:
    """Add the class that the style sheet knows; a class of the form's own stays before it."""
    known = next((name for kind, name in CLASSES if isinstance(widget, kind)), "")
    own = str(widget.attrs.get("class", ""))
    if known and known not in own.split():
        widget.attrs["class"] = f"{own} {known}".strip()


class StyledForm(forms.Form):
    """A form whose fields `ui/components/field.html` shows.

    `said_as` gives the fields of the form to names that services use for them.
    """

    said_as: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.restyle()

    def refuse(self, refusal: DomainError) -> None:
        """Put the words of a service beside the field that they are about, if people see it."""
        said = str(refusal.extra.get("field", ""))
        name = self.said_as.get(said, said)
        field = self.fields.get(name)
        self.add_error(name if field is not None and not field.widget.is_hidden else None, refusal.detail)

    def restyle(self) -> None:
        """Once more for fields that were added later."""
        for field in self.fields.values():
            style_widget(field.widget)


class StyledModelForm(forms.ModelForm):  # type: ignore[type-arg]  # the model is the subclass's word
    """The same for a form over a model."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            style_widget(field.widget)
