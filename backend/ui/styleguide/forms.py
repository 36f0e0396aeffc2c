from django import forms

from ui.forms import StyledForm


class SampleForm(StyledForm):
    """One field of each kind."""

    name = forms.CharField(label="Название", max_length=200)
    phone = forms.CharField(label="Телефон", min_length=5, help_text="В любом виде: 8 (343) 000-45-67 доб. 12")
    kind = forms.ChoiceField(label="Тип", choices=[("warm", "тёплый"), ("cold", "холодный")])
    meeting_on = forms.DateField(label="Договор до", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(
        label="Заметка", required=False, widget=forms.Textarea(attrs={"rows": 3, "placeholder": "О чём договорились"})
    )
    is_private = forms.BooleanField(label="Видна только мне", required=False)
