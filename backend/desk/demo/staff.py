"""Branches and people of the demonstration base."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Branch, User
from accounts.roles import Role


@dataclass(frozen=True, slots=True)
class Place:
    code: str
    name: str
    zone: str
    area_code: str
    region: str
    region_name: str


@dataclass(frozen=True, slots=True)
class Person:
    """`has_phone`: the demonstration starts a simulated phone for this person."""

    username: str
    last_name: str
    first_name: str
    middle_name: str
    role: Role
    place: str = ""
    has_phone: bool = False


PLACES = (
    Place("ekaterinburg", "Екатеринбург", "Asia/Yekaterinburg", "343", "66", "Свердловская область"),
    Place("krasnodar", "Краснодар", "Europe/Moscow", "861", "23", "Краснодарский край"),
    Place("tyumen", "Тюмень", "Asia/Yekaterinburg", "3452", "72", "Тюменская область"),
)
PEOPLE = (
    Person("anna", "Зайцева", "Анна", "Сергеевна", Role.MANAGER, "ekaterinburg", has_phone=True),
    Person("boris", "Мельник", "Борис", "Андреевич", Role.MANAGER, "ekaterinburg", has_phone=True),
    Person("clara", "Орлова", "Клара", "Викторовна", Role.SALES_HEAD, "ekaterinburg", has_phone=True),
    Person("dan", "Тимофеев", "Даниил", "Олегович", Role.MANAGER, "krasnodar", has_phone=True),
    Person("vera", "Гусева", "Вера", "Павловна", Role.MANAGER, "krasnodar", has_phone=True),
    Person("igor", "Лысенко", "Игорь", "Петрович", Role.SALES_HEAD, "krasnodar"),
    Person("sofia", "Белова", "Софья", "Ильинична", Role.MANAGER, "tyumen", has_phone=True),
    Person("denis", "Кравцов", "Денис", "Юрьевич", Role.MANAGER, "tyumen", has_phone=True),
    Person("marina", "Соколова", "Марина", "Львовна", Role.SALES_HEAD, "tyumen"),
    Person("oleg", "Дёмин", "Олег", "Николаевич", Role.BRANCH_DIRECTOR, "ekaterinburg"),
    Person("galina", "Попова", "Галина", "Семёновна", Role.GROUP_MANAGER),
    Person("admin", "Власов", "Артём", "Игоревич", Role.ADMIN),
)


def make_branches() -> dict[str, Branch]:
    """The branches by code; those that are there stay as they are."""
    found = {}
    for place in PLACES:
        found[place.code], _ = Branch.objects.get_or_create(
            code=place.code, defaults={"name": place.name, "zone": place.zone, "area_code": place.area_code}
        )
    return found


def make_people(branches: dict[str, Branch], hashes: dict[str, str]) -> list[User]:
    """People in the order of PEOPLE; `hashes` has a password hash for each name that is new."""
    known = User.objects.in_bulk([person.username for person in PEOPLE], field_name="username")
    new = [
        User(
            username=person.username,
            last_name=person.last_name,
            first_name=person.first_name,
            middle_name=person.middle_name,
            email=f"{person.username}@crm.example",
            role=person.role,
            branch=branches.get(person.place),
            password=hashes[person.username],
            is_staff=person.role == Role.ADMIN,
            is_superuser=person.role == Role.ADMIN,
        )
        for person in PEOPLE
        if person.username not in known
    ]
    User.objects.bulk_create(new)
    known |= {user.username: user for user in new}
    return [known[person.username] for person in PEOPLE]
