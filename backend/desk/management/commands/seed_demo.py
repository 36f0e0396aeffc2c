"""`seed_demo`: a believable base. A second run keeps what is there and adds what is missing.

The telephones are «+7 (код города) 0NN-NN-NN»: no subscriber's number in Russia begins with 0, so they ring
nobody (desk/demo/numbers.py). Sites and e-mails end in `.example`, which belongs to nobody (RFC 2606).
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from companies.models import Company
from desk.demo.base import BaseMaker
from desk.demo.calls import CallMaker
from desk.demo.dictionaries import make_dictionaries
from desk.demo.passwords import choose_passwords, hash_passwords, holding
from desk.demo.staff import PEOPLE, make_branches, make_people
from notifications.models import Kind, Notification
from phonebridge.models import CallRequest

MOST = 1_000_000


class Command(BaseCommand):
    help = "Демонстрационная база: филиалы, сотрудники всех ролей, компании, звонки за несколько месяцев."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--companies", type=int, default=200, help="сколько компаний должно быть в базе")
        parser.add_argument("--calls", type=int, default=3000, help="сколько звонков должно быть в базе")
        parser.add_argument("--password", default="", help="общий пароль; без него вне демонстрации — случайные")
        parser.add_argument("--json", action="store_true", help="одна строка JSON со списком сотрудников")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = {name: options[name] for name in ("companies", "calls")}
        if any(not 0 <= number <= MOST for number in wanted.values()):
            raise CommandError(f"Числа --companies и --calls: от 0 до {MOST}.")
        passwords = choose_passwords(options["password"])
        with transaction.atomic():
            people, made = self._fill(wanted["companies"], wanted["calls"], passwords)
        self._report(people, passwords, made, as_json=options["json"])

    def _fill(self, companies: int, calls: int, passwords: dict[str, str]) -> tuple[list[User], dict[str, int]]:
        now = timezone.now()
        branches = make_branches()
        known = set(User.objects.filter(username__in=passwords).values_list("username", flat=True))
        hashes = hash_passwords({name: word for name, word in passwords.items() if name not in known})
        people = make_people(branches, hashes)
        maker = BaseMaker(people, branches, make_dictionaries(), now)
        made = {"companies": maker.make(max(companies - Company.objects.count(), 0))}
        before = CallRequest.objects.count()
        made["calls"] = CallMaker(people, now, f"calls {before}").make(max(calls - before, 0))
        self._greet(people)
        return people, made

    def _greet(self, people: list[User]) -> None:
        """One unread line in every bell, so that the bell has something to show."""
        Notification.objects.bulk_create(
            [
                Notification(
                    user=user,
                    kind=Kind.SYSTEM,
                    title="Демонстрационная база готова",
                    body="Откройте карточку компании и нажмите «Позвонить»: команду примет имитация телефона.",
                    url="/companies/",
                    dedupe_key="demo-ready",
                )
                for user in people
            ],
            ignore_conflicts=True,
        )

    def _report(self, people: list[User], passwords: dict[str, str], made: dict[str, int], *, as_json: bool) -> None:
        sure = holding(people, passwords)
        users = [
            {
                "username": user.username,
                "password": passwords[user.username] if user.username in sure else None,
                "role": str(user.role),
                "branch": user.branch.code if user.branch else None,
                "phone": person.has_phone,
            }
            for person, user in zip(PEOPLE, people, strict=True)
        ]
        if as_json:
            self.stdout.write(json.dumps({"users": users, "made": made}, ensure_ascii=False))
            return
        self.stdout.write(f"Добавлено: компаний {made['companies']}, звонков {made['calls']}.")
        for row in users:
            self.stdout.write(f"{row['username']:8} {row['password'] or '(прежний пароль)':24} {row['role']}")
