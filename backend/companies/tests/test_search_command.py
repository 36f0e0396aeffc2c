"""`manage rebuild_search`: differences are named, then mended; the command is the way to fill an old base."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from companies.models import Company, SearchRow, SearchWord
from companies.services import add_contact, create_company
from crm.periodic import run_periodic

pytestmark = pytest.mark.django_db


def test_differences_are_named_and_mended(capsys: pytest.CaptureFixture[str]) -> None:
    renamed, lost, deleted = (create_company(actor=None, name=name) for name in ("Лес", "Сталь", "Чугун"))
    person = add_contact(company=deleted, last_name="Иванов")
    Company.objects.filter(pk=renamed.pk).update(name="Бор")
    Company.objects.filter(pk=deleted.pk).update(deleted_at="2026-01-01T00:00Z")
    SearchRow.objects.filter(company=lost).delete()
    with pytest.raises(SystemExit) as end:
        call_command("rebuild_search", "--check")
    assert end.value.code == 1
    assert capsys.readouterr().out.splitlines() == [
        f"company {renamed.pk}: строка не по карточке",
        f"company {lost.pk}: нет строки",
        f"company {deleted.pk}: лишняя строка",
        f"contact {person.pk}: лишняя строка",
        "Расхождений: 4.",
    ]
    call_command("rebuild_search")
    assert capsys.readouterr().out == "Исправлено строк: 4.\n"
    call_command("rebuild_search", "--check")
    assert capsys.readouterr().out == "Расхождений: 0.\n"
    assert set(SearchRow.objects.values_list("folded", flat=True)) == {"бор", "сталь"}


def test_words_are_counted_by_the_clock() -> None:
    create_company(actor=None, name="Лес")
    assert run_periodic("companies.count_words") == 1
    assert SearchWord.objects.get().df == 1
