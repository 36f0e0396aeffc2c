"""What the tests of pages need: a logged-in browser without scripts, and a card to look at."""

from __future__ import annotations

from django.test import Client

from accounts.models import User
from accounts.roles import DataScope
from companies.models import Company
from companies.services import add_contact, add_phone, create_company
from phonebridge.models import CallRequest

NUMBER = "+7 (343) 000-12-34"
LIVE = {"X-Fragment": "call-box", "X-Requested-With": "fetch"}


def client_of(user: User, **options: bool) -> Client:
    client = Client(**options)  # type: ignore[arg-type]
    client.force_login(user)
    return client


def limit(scope: DataScope, *users: User) -> None:
    """Give these people a narrower view."""
    for user in users:
        user.data_scope = scope
        user.save(update_fields=["data_scope"])


def make_card(owner: User, name: str = "ООО «Сибирь-Профиль»") -> Company:
    """A company of `owner` with a number and a contact."""
    company = create_company(actor=owner, name=name, inn="6671000003", responsible=owner)
    add_phone(holder=company, raw=NUMBER)
    person = add_contact(company=company, last_name="Дёмин", first_name="Кирилл", position="директор")
    add_phone(holder=person, raw="+7 (343) 000-56-78")
    return company


def calls_of(user: User) -> list[CallRequest]:
    return list(CallRequest.objects.filter(user=user).order_by("created_at"))
