"""What was wrong with a row, in words for the person who has to mend the file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

WHOLE_ROW = -1


class Level(StrEnum):
    """REFUSED: the row is not imported; WARNING: imported without this value or with a doubt; NOTE: mended."""

    REFUSED = "refused"
    WARNING = "warning"
    NOTE = "note"


_R, _W, _N = Level.REFUSED, Level.WARNING, Level.NOTE
CODES: dict[str, tuple[Level, str, str]] = {
    "empty": (_R, "В строке нет ни названия, ни ИНН, ни телефона.", "Заполните хотя бы одно из них."),
    "unclosed_quote": (_R, "Кавычка открыта и не закрыта.", "Закройте кавычку или уберите её."),
    "record_too_long": (
        _R,
        "Строка длиннее мегабайта: это не строка таблицы.",
        "Проверьте, тем ли концом строк записан файл.",
    ),
    "mixed_encoding": (_W, "Строка записана в другой кодировке.", "Проверьте, что буквы прочитаны верно."),
    "cell_error": (_W, "В ячейке ошибка вместо значения.", "Исправьте формулу или впишите значение."),
    "formula_without_value": (
        _W,
        "Формула не рассчитана: значения в файле нет.",
        "Откройте файл в Excel и сохраните ещё раз.",
    ),
    "cell_too_long": (_W, "Слишком длинная ячейка.", "Сократите её: столько Excel не хранит."),
    "too_long": (_W, "Значение длиннее, чем помещается в карточке.", "Сократите его."),
    "excel_broke_number": (
        _W,
        "Excel сократил число, цифры потеряны.",
        "Задайте столбцу формат «Текстовый» и впишите число заново.",
    ),
    "inn_zero_restored": (_N, "К ИНН добавлен ноль в начале: Excel его убирает.", "Проверьте ИНН."),
    "inn_checksum": (_W, "Контрольная цифра ИНН не сходится.", "Проверьте ИНН."),
    "inn_shape": (_W, "ИНН записан не по правилам: нужно 10 или 12 цифр.", "Исправьте ИНН."),
    "kpp_zero_restored": (_N, "К КПП добавлен ноль в начале: Excel его убирает.", "Проверьте КПП."),
    "bad_kpp": (_W, "КПП записывается девятью знаками, например 667101001.", "Исправьте КПП."),
    "kpp_of_person": (_W, "У предпринимателя (ИНН из 12 цифр) нет КПП.", "Уберите КПП."),
    "bad_ogrn": (_W, "ОГРН записан не по правилам: нужно 13 или 15 цифр.", "Исправьте ОГРН."),
    "ogrn_checksum": (_W, "Контрольная цифра ОГРН не сходится.", "Проверьте ОГРН."),
    "phone_unrecognised": (
        _W,
        "Номер не распознан: записан как есть, звонить на него нельзя.",
        "Проверьте, все ли цифры на месте.",
    ),
    "bad_phone": (_W, "Это не телефон.", "Впишите номер или перенесите текст в другой столбец."),
    "too_many_phones": (_W, "Телефонов больше двадцати: лишние не записаны.", "Оставьте нужные."),
    "bad_email": (_W, "Это не адрес e-mail.", "Нужен вид имя@домен.ру."),
    "too_many_emails": (_W, "Адресов больше двадцати: лишние не записаны.", "Оставьте нужные."),
    "bad_date": (_W, "Дата не распознана.", "Запишите её как 31.12.2026."),
    "bad_lead": (_W, "Непонятно, холодный или тёплый.", "Впишите «холодный» или «тёплый»."),
    "fio_unclear": (_W, "ФИО не разобрано: записано целиком в фамилию.", "Запишите как «Иванов Иван Иванович»."),
    "no_person": (_W, "Нет ФИО: телефон и e-mail контакта записаны компании.", "Впишите ФИО контакта."),
    "position_without_person": (_W, "Должность без ФИО не записана.", "Впишите ФИО контакта."),
    "not_paired": (
        _W,
        "Число людей и число их телефонов, адресов или должностей разное: всё записано первому.",
        "Разнесите людей по строкам.",
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`column` counts from zero, WHOLE_ROW for the row; `value` is what the file held, whole."""

    code: str
    column: int
    value: str
    sentence: str
    advice: str

    @property
    def level(self) -> Level:
        return CODES[self.code][0]


class Problems(list[Problem]):
    """The problems of one row as they are met."""

    def tell(self, code: str, column: int, value: str) -> None:
        _, sentence, advice = CODES[code]
        self.append(Problem(code, column, value, sentence, advice))
