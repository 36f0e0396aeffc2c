"""People, numbers and addresses of a card: each a small form in a dialog."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from common.errors import DomainError
from companies.edits import numbers, people
from companies.edits.effects import Card
from companies.edits.fields import Clash, Edit, change_contact
from companies.edits.numbers import Line, line_of
from companies.edits.values import CONTACT
from companies.models import Company, Contact, EmailAddress, PhoneNumber
from ui.actor import actor
from ui.companies.edit import FIELDS, clash_notes, company_or_404, redrawn, said
from ui.companies.forms import EmailLineForm, LineForm, NewPersonForm, PersonForm
from ui.dialogs import CLASH, INVALID, done, show_form

PERSON = tuple(CONTACT)
Row = PhoneNumber | EmailAddress


def card_url(card: Card) -> str:
    """The page where the person or the number is seen."""
    company_id = card.pk if isinstance(card, Company) else card.company_id
    return reverse("company_detail", args=[company_id]) if company_id else reverse("contact_list")


def contact_or_404(user: User, pk: int) -> Contact:
    contact = Contact.objects.visible_to(user).select_related("company").filter(pk=pk).first()
    if contact is None:
        raise Http404
    return contact


# --- people


@login_required
@require_http_methods(["GET", "POST"])
def new_person(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    company = company_or_404(user, pk)
    context = {"title": "Новый контакт", "back": card_url(company), "button": "Добавить"}
    form = NewPersonForm(PERSON, {}, request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID if form.is_bound else 200)
    try:
        phone = form.cleaned_data["phone"]
        contact = people.new_contact(actor=user, company_id=pk, values=form.values(), phone=phone)
    except DomainError as refusal:
        form.refuse(refusal)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    return done(request, card_url(company), f"Добавлен контакт: {contact.full_name}.")


@login_required
@require_http_methods(["GET", "POST"])
def new_lone_person(request: HttpRequest) -> HttpResponse:
    """A person without a company."""
    context = {"title": "Новый контакт", "back": reverse("contact_list"), "button": "Создать"}
    form = NewPersonForm(PERSON, {}, request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID if form.is_bound else 200)
    try:
        contact = people.new_lone_contact(actor=actor(request), values=form.values(), phone=form.cleaned_data["phone"])
    except DomainError as refusal:
        form.refuse(refusal)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    return done(request, reverse("contact_list"), f"Добавлен контакт: {contact.full_name}.")


@login_required
@require_http_methods(["GET", "POST"])
def edit_person(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    contact = contact_or_404(user, pk)
    current = {name: CONTACT[name].read(contact) for name in PERSON}
    context: dict[str, Any] = {"title": contact.full_name, "back": card_url(contact), "links": _lone_links(contact)}
    if contact.company_id is None:
        context["away"] = ("Добавить в компанию", reverse("contact_join", args=[pk]))
    if request.method != "POST":
        form = PersonForm(PERSON, current, initial={"version": contact.version})
        return show_form(request, FIELDS, {**context, "form": form})
    form = PersonForm(PERSON, current, request.POST)
    if not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    chosen = {name: value for name, value in form.values().items() if name not in request.POST.getlist("theirs")}
    try:
        saved = change_contact(contact.pk, Edit(user, chosen, base_version=form.cleaned_data["version"]))
    except Clash as clash:
        form = PersonForm(PERSON, current, redrawn(request.POST, clash))
        context |= {"refusal": clash.detail, "clashes": clash_notes(clash, user), "form": form}
        return show_form(request, FIELDS, context, CLASH)
    except DomainError as refusal:
        form.refuse(refusal)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    return done(request, card_url(contact), said(saved.others))


def _lone_links(contact: Contact) -> list[tuple[str, str]]:
    """What the menu of a card offers: a person of no company has no card for it."""
    if contact.company_id:
        return []
    phones = [(f"Изменить {row}", reverse("phone_edit", args=[row.pk])) for row in contact.phones.all()]
    emails = [(f"Изменить {row}", reverse("email_edit", args=[row.pk])) for row in contact.emails.all()]
    acts = (("Добавить номер", "contact_phone_new"), ("Добавить e-mail", "contact_email_new"))
    rest = (
        ("Снять запрет звонить" if contact.do_not_call else "Не звонить", "contact_stop"),
        ("Удалить", "contact_delete"),
    )
    return [*phones, *emails, *((label, reverse(name, args=[contact.pk])) for label, name in (*acts, *rest))]


@login_required
@require_http_methods(["GET", "POST"])
def delete_person(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    contact = contact_or_404(user, pk)
    where = "с карточки" if contact.company_id else "из списка"
    words = f"{contact.full_name} исчезнет {where} вместе с номерами. Вернуть можно тридцать дней."
    return _confirm(
        request,
        title="Удалить контакт?",
        text=words,
        back=card_url(contact),
        act=lambda: people.delete_contact(actor=user, contact_id=contact.pk),
        told="Контакт удалён.",
    )


@login_required
@require_http_methods(["GET", "POST"])
def make_primary(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    contact = contact_or_404(user, pk)
    return _confirm(
        request,
        title="Сделать основным?",
        text=f"{contact.full_name} будет первым среди контактов компании.",
        back=card_url(contact),
        act=lambda: people.make_primary(actor=user, contact_id=contact.pk),
        told="Основной контакт изменён.",
        button="Сделать основным",
        kind="primary",
    )


# --- numbers and addresses


@login_required
@require_http_methods(["GET", "POST"])
def new_company_phone(request: HttpRequest, pk: int) -> HttpResponse:
    return _new_line(request, company_or_404(actor(request), pk), LineForm, "Новый номер", numbers.add_phone)


@login_required
@require_http_methods(["GET", "POST"])
def new_contact_phone(request: HttpRequest, pk: int) -> HttpResponse:
    return _new_line(request, contact_or_404(actor(request), pk), LineForm, "Новый номер", numbers.add_phone)


@login_required
@require_http_methods(["GET", "POST"])
def new_company_email(request: HttpRequest, pk: int) -> HttpResponse:
    return _new_line(request, company_or_404(actor(request), pk), EmailLineForm, "Новый адрес", numbers.add_email)


@login_required
@require_http_methods(["GET", "POST"])
def new_contact_email(request: HttpRequest, pk: int) -> HttpResponse:
    return _new_line(request, contact_or_404(actor(request), pk), EmailLineForm, "Новый адрес", numbers.add_email)


@login_required
@require_http_methods(["GET", "POST"])
def edit_phone(request: HttpRequest, pk: int) -> HttpResponse:
    row, holder = row_or_404(PhoneNumber, actor(request), pk)

    def act(line: Line, base: Line | None) -> None:
        numbers.change_phone(actor=actor(request), phone_id=row.pk, line=line, base=base)

    return _edit_line(request, row, holder, LineForm, act)


@login_required
@require_http_methods(["GET", "POST"])
def edit_email(request: HttpRequest, pk: int) -> HttpResponse:
    row, holder = row_or_404(EmailAddress, actor(request), pk)

    def act(line: Line, base: Line | None) -> None:
        numbers.change_email(actor=actor(request), email_id=row.pk, line=line, base=base)

    return _edit_line(request, row, holder, EmailLineForm, act)


@login_required
@require_http_methods(["GET", "POST"])
def delete_phone(request: HttpRequest, pk: int) -> HttpResponse:
    row, holder = row_or_404(PhoneNumber, actor(request), pk)
    return _delete_line(request, row, holder, lambda: numbers.delete_phone(actor=actor(request), phone_id=row.pk))


@login_required
@require_http_methods(["GET", "POST"])
def delete_email(request: HttpRequest, pk: int) -> HttpResponse:
    row, holder = row_or_404(EmailAddress, actor(request), pk)
    return _delete_line(request, row, holder, lambda: numbers.delete_email(actor=actor(request), email_id=row.pk))


def row_or_404(model: type[Row], user: User, pk: int) -> tuple[Row, Card]:
    """A row of a card that the person sees."""
    row = model._default_manager.select_related("company", "contact__company").filter(pk=pk).first()
    holder: Card | None = (row.company or row.contact) if row else None
    if row is None or holder is None:
        raise Http404
    if not type(holder)._default_manager.visible_to(user).filter(pk=holder.pk).exists():
        raise Http404
    return row, holder


def _new_line(
    request: HttpRequest, holder: Card, form_class: type[LineForm], title: str, add: Callable[..., Row]
) -> HttpResponse:
    context = {"title": title, "back": card_url(holder), "button": "Добавить", "text": str(holder)}
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID if form.is_bound else 200)
    try:
        row = add(actor=actor(request), holder=holder, line=form.line())
    except DomainError as refusal:
        form.add_error("raw" if refusal.code != "not_allowed" else None, refusal.detail)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    return done(request, card_url(holder), f"Добавлено: {row}.")


def _edit_line(
    request: HttpRequest,
    row: Row,
    holder: Card,
    form_class: type[LineForm],
    act: Callable[[Line, Line | None], None],
) -> HttpResponse:
    now = line_of(row)
    context = {"title": str(row), "back": card_url(holder), "text": str(holder)}
    if request.method != "POST":
        said_now = {"raw": now.raw, "type": now.type, "comment": now.comment, "is_primary": now.is_primary}
        base = [now.raw, now.type, now.comment, now.is_primary]
        return show_form(request, FIELDS, {**context, "form": form_class(initial={**said_now, "base": base})})
    form = form_class(request.POST)
    if not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    try:
        act(form.line(), form.seen())
    except DomainError as refusal:
        again = request.POST.copy()
        if refusal.code == "clash":
            again["base"] = json.dumps([now.raw, now.type, now.comment, now.is_primary])
        form = form_class(again)
        form.add_error("raw", refusal.detail)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    return done(request, card_url(holder), "Сохранено.")


def _delete_line(request: HttpRequest, row: Row, holder: Card, act: Callable[[], object]) -> HttpResponse:
    text = f"{row} исчезнет с карточки. Звонки и письма останутся в истории."
    return _confirm(request, title="Удалить?", text=text, back=card_url(holder), act=act, told="Удалено.")


def _confirm(
    request: HttpRequest,
    *,
    title: str,
    text: str,
    back: str,
    act: Callable[[], object],
    told: str,
    button: str = "Удалить",
    kind: str = "danger",
) -> HttpResponse:
    """A question, and the act after «yes»."""
    context = {"title": title, "text": text, "back": back, "button": button, "kind": kind}
    if request.method != "POST":
        return show_form(request, "ui/dialogs/words.html", context)
    try:
        act()
    except DomainError as refusal:
        return show_form(request, "ui/dialogs/words.html", {**context, "refusal": refusal.detail}, INVALID)
    return done(request, back, told)
