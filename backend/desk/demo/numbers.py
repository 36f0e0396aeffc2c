"""Numbers of the demonstration base that belong to nobody.

Telephones: «+7 (код города) 0NN-NN-NN». In the Russian numbering plan a subscriber's number never begins with 0
(0 and 8 are prefixes of services and of long distance), so no exchange can route such a call; the library calls
them possible, so the product treats them as any other number. Mobile codes are not used: all of their numbers,
also those with zeros, may belong to somebody.

INN, KPP, OGRN: a real region, tax office 00 (the region's board, which registers no organisations), right check
digits.
"""

from __future__ import annotations

from common.requisites import complete_inn, is_inn

SUBSCRIBERS = 1_000_000  # 0NN-NN-NN
STEP = 377_831  # coprime with SUBSCRIBERS: walks over all of them without a repeat


def phone(area_code: str, number: int) -> str:
    """The `number`-th telephone of the city, as digits of E.164: «+73430123456»."""
    code = area_code[:3]
    return f"+7{code}0{number * STEP % SUBSCRIBERS:06}"


def spelled(e164: str, way: int) -> str:
    """The number as people write it; four ways."""
    code, a, b, c = e164[2:5], e164[5:8], e164[8:10], e164[10:]
    return (
        f"+7 ({code}) {a}-{b}-{c}",
        f"8 ({code}) {a}-{b}-{c}",
        f"8{code}{a}{b}{c}",
        f"+7 {code} {a} {b} {c}",
    )[way % 4]


def inn_of_company(region: str, number: int) -> str:
    return complete_inn(f"{region}00{number:05}")


def inn_of_person(region: str, number: int) -> str:
    """Twelve digits; the two check digits are found by trying."""
    body = f"{region}00{number:06}"
    return next(f"{body}{end:02}" for end in range(100) if is_inn(f"{body}{end:02}"))


def kpp(region: str) -> str:
    return f"{region}0001001"


def ogrn(region: str, year: int, number: int) -> str:
    body = f"1{year % 100:02}{region}00{number:05}"
    return f"{body}{int(body) % 11 % 10}"
