"""Notes: a day to edit with versions, three pins, colleagues told once, deletion with a way back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import DataScope
from common.errors import DomainError
from companies.models import Company, CompanyNote
from companies.notes import mentions, services
from companies.selectors.notices import note_words
from companies.services import create_company
from companies.timeline import pinned_notes, timeline_items
from notifications.models import Notification

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(anna: User) -> Company:
    return create_company(actor=anna, name="ООО «Северный лес»", responsible=anna)


def narrow(user: User) -> User:
    User.objects.filter(pk=user.pk).update(data_scope=DataScope.SELF)
    return User.objects.get(pk=user.pk)


def write(user: User, card: Company, text: str = "Просят прайс") -> CompanyNote:
    return services.add_note(actor=user, company_id=card.pk, text=text)


def refusal(act: object, **kwargs: object) -> str:
    with pytest.raises(DomainError) as caught:
        act(**kwargs)  # type: ignore[operator]
    return caught.value.code


def test_whoever_sees_the_card_writes_and_nobody_else(boris: User, dan: User, card: Company) -> None:
    assert write(boris, card).author == boris
    assert refusal(services.add_note, actor=narrow(dan), company_id=card.pk, text="x") == "not_found"
    for bad in ("", "  \n ", "a\x00b", "x" * 10_001):
        assert refusal(services.add_note, actor=boris, company_id=card.pk, text=bad) == "bad_record"
    assert CompanyNote.objects.count() == 1


def test_author_edits_for_a_day_and_versions_stay(anna: User, clara: User, ada: User, card: Company) -> None:
    note = write(anna, card)
    for stranger in (clara, ada):
        assert refusal(services.edit_note, actor=stranger, note_id=note.pk, text="y") == "not_allowed"
    services.edit_note(actor=anna, note_id=note.pk, text="Просят новый прайс", base_version=1)
    assert [revision.text for revision in note.revisions.all()] == ["Просят прайс"]
    assert refusal(services.edit_note, actor=anna, note_id=note.pk, text="z", base_version=1) == "stale"
    services.edit_note(actor=anna, note_id=note.pk, text="Просят новый прайс")
    assert note.revisions.count() == 1, "the same words leave no version"
    CompanyNote.objects.filter(pk=note.pk).update(created_at=timezone.now() - timedelta(hours=24, seconds=5))
    assert refusal(services.edit_note, actor=anna, note_id=note.pk, text="поздно") == "too_late"
    note.refresh_from_db()
    assert note.text == "Просят новый прайс"


def test_three_pins_a_card(anna: User, boris: User, clara: User, card: Company) -> None:
    notes = [write(anna, card, f"{n}") for n in range(4)]
    pin = services.set_pin
    assert refusal(pin, actor=boris, note_id=notes[0].pk, is_pinned=True) == "not_allowed"
    assert [pin(actor=clara, note_id=note.pk, is_pinned=True) for note in notes[:3]] == [True] * 3
    assert pin(actor=anna, note_id=notes[0].pk, is_pinned=True) is False
    assert refusal(pin, actor=anna, note_id=notes[3].pk, is_pinned=True) == "too_many_pins"
    assert [note.text for note in pinned_notes(card.pk)] == ["2", "1", "0"]
    services.delete_note(actor=anna, note_id=notes[1].pk)
    assert pin(actor=anna, note_id=notes[3].pk, is_pinned=True)
    assert pin(actor=anna, note_id=notes[3].pk, is_pinned=False)


def test_author_deletes_and_brings_back_an_administrator_needs_a_reason(
    anna: User, boris: User, ada: User, card: Company
) -> None:
    note = write(anna, card)
    assert refusal(services.delete_note, actor=boris, note_id=note.pk) == "not_allowed"
    assert refusal(services.delete_note, actor=ada, note_id=note.pk, reason="   ") == "bad_record"
    services.delete_note(actor=anna, note_id=note.pk)
    assert refusal(services.edit_note, actor=anna, note_id=note.pk, text="y") == "not_found"
    assert [item.id for item in timeline_items([card.pk], anna, None, 5)] == [str(note.pk)]
    assert timeline_items([card.pk], boris, None, 5) == []
    assert refusal(services.restore_note, actor=boris, note_id=note.pk) == "not_found"
    services.restore_note(actor=anna, note_id=note.pk)
    assert [item.id for item in timeline_items([card.pk], boris, None, 5)] == [str(note.pk)]
    services.delete_note(actor=ada, note_id=note.pk, reason="Личные сведения")
    assert refusal(services.restore_note, actor=anna, note_id=note.pk) == "not_found"
    CompanyNote.objects.filter(pk=note.pk).update(deleted_at=timezone.now() - timedelta(days=31))
    assert services.purge_deleted() == 1


def test_mentioned_colleague_is_told_once_for_ever(anna: User, boris: User, clara: User, card: Company) -> None:
    text = mentions.spell("@Борис Мельник, позвони им", [boris])
    note = write(anna, card, text)
    assert text == f"@[user:{boris.pk}], позвони им"
    services.edit_note(actor=anna, note_id=note.pk, text="без имён")
    services.edit_note(actor=anna, note_id=note.pk, text=f"@[user:{boris.pk}] @[user:{clara.pk}] @[user:{anna.pk}]")
    told = Notification.objects.order_by("pk").values_list("user", "title", "body", "url")
    page = f"/companies/{card.pk}/?show=note#note-{note.pk}"
    words = "Анна Зайцева: упоминание в заметке"
    assert list(told) == [(boris.pk, words, "", page), (clara.pk, words, "", page)]


def test_nobody_is_named_who_does_not_see_the_card(anna: User, boris: User, dan: User, card: Company) -> None:
    narrow(dan)
    assert [person.pk for person in mentions.offer(anna, card, "")] == [boris.pk]
    assert mentions.offer(anna, card, "мел бор") == [boris]
    for pk in (dan.pk, 999_999, 0):
        assert refusal(services.add_note, actor=anna, company_id=card.pk, text=f"@[user:{pk}]") == "bad_record"
    note = write(anna, card, f"@[user:{boris.pk}] цена 100")
    assert note_words(boris, [note.pk]) == {note.pk: "ООО «Северный лес»: @Борис Мельник цена 100"}
    assert note_words(narrow(boris), [note.pk]) == {}, "a notice shows no words to whoever has lost sight"
    services.edit_note(actor=anna, note_id=note.pk, text=f"@[user:{boris.pk}] цена 200")


def test_text_with_a_name_is_the_same_after_a_form() -> None:
    names = {7: "Анна Зайцева"}
    stored = "Спросить @[user:7] и @[user:8]; @[user:x] остаётся"
    assert mentions.read_back(stored, names) == "Спросить @Анна Зайцева и @сотрудник; @[user:x] остаётся"
    assert [piece.text for piece in mentions.pieces(stored, names) if piece.is_person] == [
        "@Анна Зайцева",
        "@сотрудник",
    ]
