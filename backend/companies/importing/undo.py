"""Taking a batch back, newest first; what people have done since stays (rules of the import, «Undo»)."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Now

from accounts.models import User
from audit.models import FieldChange, Source
from audit.trail import Change
from companies import access, records
from companies.edits import effects
from companies.edits.values import COMPANY
from companies.importing.brought import things
from companies.importing.erasing import erase_untouched
from companies.importing.places import SOURCE
from companies.importing.storing import EXTERNAL
from companies.models import (
    Company,
    CompanyNote,
    Contact,
    DoNotCall,
    EmailAddress,
    ExternalRef,
    LeadState,
    PhoneNumber,
)
from jobs.handlers import UndoOutcome
from jobs.models import ChangeLog, Job, Op, UndoStatus

GONE = UndoOutcome(UndoStatus.UNDONE, "gone", "Уже нет.")
DONE = UndoOutcome(UndoStatus.UNDONE)
CARDS = ("company", "contact__company")


def kept(code: str, reason: str) -> UndoOutcome:
    return UndoOutcome(UndoStatus.KEPT, code, reason)


class Undo:
    """The entries of one chunk, newest first."""

    def __init__(self, job: Job, actor: User) -> None:
        self.job, self.actor = job, actor

    def run(self, entries: list[ChangeLog]) -> list[UndoOutcome]:
        """What nobody has touched goes at once; the rest is asked one by one."""
        settled = erase_untouched(self.job, self.actor, entries)
        return [DONE if entry.pk in settled else self._one(entry) for entry in entries]

    def _one(self, entry: ChangeLog) -> UndoOutcome:
        if entry.model == "companies.company":
            return self._company(entry)
        acts = {
            "companies.contact": self._contact,
            "companies.phonenumber": self._number,
            "companies.emailaddress": self._address,
            "companies.companynote": self._note,
        }
        return acts[entry.model](entry)

    # --- the card

    def _company(self, entry: ChangeLog) -> UndoOutcome:
        company = Company.objects.select_for_update(of=("self",)).filter(pk=entry.object_id).first()
        if company is None:
            return GONE
        if stop := self._stop(company):
            return stop
        if entry.op == Op.CREATE:
            # what nobody has touched is gone by now
            return kept("in_use", self._why_it_stays(entry, company))
        if entry.field == "spheres":
            company.spheres.remove(int(str(entry.new)))
            return DONE
        if entry.field == EXTERNAL:
            ExternalRef.objects.filter(source=SOURCE, external_id=str(entry.new), company=company).delete()
            return DONE
        return self._changed(entry, company)

    def _stop(self, company: Company | None) -> UndoOutcome | None:
        """Why nothing on this card may be touched by whoever undoes; the other card of a merge may be out of sight."""
        if company is None:
            return None
        if company.merged_into_id is not None:
            into = Company.objects.visible_to(self.actor).filter(pk=company.merged_into_id).first()
            return kept("merged", f"Объединена с «{into}»." if into else "Объединена с другой компанией.")
        if company.deleted_at is not None:
            return kept("deleted", "Компания в корзине.")
        if not access.can(self.actor, "import_row", company).ok:
            return kept("not_yours", "Компания теперь у другого сотрудника.")
        return None

    def _why_it_stays(self, entry: ChangeLog, company: Company) -> str:
        """A card that the batch made stays whole, with what the batch gave it."""
        edited = FieldChange.objects.filter(entity_type="company", entity_id=company.pk).exclude(batch=self.job.pk)
        last = edited.select_related("actor").order_by("-pk").first()
        if last is not None:
            return f"Изменена: {last.actor.label if isinstance(last.actor, User) else 'система'}."
        own = {(label, key) for label, key, _ in things(entry)}
        for name, words in HANGING.items():
            held = getattr(company, name).values_list("pk", flat=True)
            count = sum((held.model._meta.label_lower, str(pk)) not in own for pk in held)
            if count:
                return f"{words}: {count}."
        return "Контакт, номер, адрес или заметку изменили, или на номер уже звонили."

    def _changed(self, entry: ChangeLog, company: Company) -> UndoOutcome:
        """The old value comes back when nobody has written there since."""
        name = entry.field
        later = FieldChange.objects.filter(
            entity_type="company", entity_id=company.pk, field=name, version__gt=entry.version or 0
        )
        other = later.exclude(batch=self.job.pk).select_related("actor").order_by("-pk").first()
        if other is not None:
            who = other.actor.label if isinstance(other.actor, User) else "система"
            return kept("edited", f"Изменено: {who}.")
        now = self._read(company, name)
        if now == entry.old:
            return DONE
        self._write(company, name, entry.old)
        columns = ("lead_state",) if name == "lead_state" else COMPANY[name].columns
        values = {c: getattr(company, c) for c in (*columns, "folded", "site_host")}
        Company.objects.filter(pk=company.pk).update(**values, version=company.version + 1, updated_at=Now())
        company.version += 1
        effects.leave_trail(
            company,
            [Change(name, now, entry.old)],
            actor=self.actor,
            source=Source.IMPORT,
            batch=self.job.pk,
            message="Загрузка отменена",
        )
        return DONE

    @staticmethod
    def _read(company: Company, name: str) -> Any:
        return company.lead_state if name == "lead_state" else COMPANY[name].read(company)

    @staticmethod
    def _write(company: Company, name: str, value: Any) -> None:
        if name == "lead_state":
            company.lead_state = LeadState(value)
            return
        COMPANY[name].write(company, value)
        records.prepare_company(company)

    # --- what hangs on it

    def _contact(self, entry: ChangeLog) -> UndoOutcome:
        contact = Contact.objects.select_related("company").filter(pk=entry.object_id).first()
        if contact is None:
            return GONE
        if stop := self._stop(contact.company):
            return stop
        if contact.version > 1:
            return kept("edited", "Контакт изменён.")
        for name, words in (("calls", "Звонки"), ("notes", "Заметки"), ("phones", "Номера"), ("emails", "Адреса")):
            count = getattr(contact, name).count()
            if count:
                return kept("in_use", f"{words}: {count}.")
        company, was_primary = contact.company, contact.is_primary
        contact.delete()
        if was_primary and company is not None:
            first = Contact.objects.filter(company=company, deleted_at__isnull=True).order_by("pk").first()
            if first is not None:
                Contact.objects.filter(pk=first.pk).update(is_primary=True)
        return DONE

    def _number(self, entry: ChangeLog) -> UndoOutcome:
        phone = PhoneNumber.objects.select_related(*CARDS).filter(pk=entry.object_id).first()
        if phone is None:
            return GONE
        if stop := self._stop(_card_of(phone)):
            return stop
        if str(phone) != entry.new:
            return kept("edited", "Номер изменён.")
        if phone.cold_marked_at is not None or phone.last_result_at is not None:
            return kept("in_use", "На номер уже звонили.")
        if phone.e164 and DoNotCall.objects.filter(e164=phone.e164).exists():
            return kept("in_use", "Просили не звонить: номер остаётся.")
        return self._remove(phone)

    def _address(self, entry: ChangeLog) -> UndoOutcome:
        email = EmailAddress.objects.select_related(*CARDS).filter(pk=entry.object_id).first()
        if email is None:
            return GONE
        if stop := self._stop(_card_of(email)):
            return stop
        if str(email) != entry.new:
            return kept("edited", "Адрес изменён.")
        return self._remove(email)

    @staticmethod
    def _remove(row: PhoneNumber | EmailAddress) -> UndoOutcome:
        holder = {"company": row.company_id} if row.company_id else {"contact": row.contact_id}
        was_primary = row.is_primary
        row.delete()
        if was_primary:
            first = type(row)._default_manager.filter(**holder).order_by("order", "pk").first()
            if first is not None:
                type(row)._default_manager.filter(pk=first.pk).update(is_primary=True)
        return DONE

    def _note(self, entry: ChangeLog) -> UndoOutcome:
        note = CompanyNote.objects.select_related("company").filter(pk=entry.object_id).first()
        if note is None:
            return GONE
        if stop := self._stop(note.company):
            return stop
        if note.edited_at is not None or note.is_pinned or note.attachments.exists():
            return kept("edited", "Заметку изменили или закрепили.")
        note.delete()
        return DONE


def _card_of(row: PhoneNumber | EmailAddress) -> Company | None:
    """The card that a number or an address stands on, its own or its person's."""
    return row.company or (row.contact.company if row.contact else None)


# what a card that is erased would take along
HANGING = {
    "calls": "Звонки",
    "callbacks": "Просьбы перезвонить",
    "notes": "Заметки",
    "contacts": "Контакты",
    "phones": "Номера",
    "emails": "Адреса",
    "lead_state_requests": "Запросы",
    "deletion_requests": "Запросы",
    "branches": "Подчинённые компании",
    "merged_from": "Объединённые компании",
}
