"""How cards look on the wire. The serializers describe and write answers; bodies are read by companies/edits/."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Exists, Model, OuterRef, Prefetch, QuerySet
from rest_framework import serializers

from accounts.models import User
from common.api import ApiSerializer
from companies.models import (
    Company,
    Contact,
    DoNotCall,
    EmailAddress,
    ExternalRef,
    LeadState,
    PhoneNumber,
)

AMOCRM = "amocrm"
COLD = ["cold_marked_at", "cold_marked_by", "cold_marked_call"]


class PhoneSerializer(ApiSerializer[PhoneNumber]):
    """A number of a company or of a contact."""

    id = serializers.IntegerField(required=False, help_text="строка, которая уже есть; без него — новая")
    e164 = serializers.CharField(read_only=True, allow_null=True, help_text="null: номер не распознан")
    is_cold_call = serializers.BooleanField(required=False)
    cold_reason = serializers.CharField(write_only=True, required=False, help_text="нужна, чтобы снять отметку")
    do_not_call = serializers.BooleanField(read_only=True, source="is_stopped", help_text="просили не звонить")
    shown = serializers.CharField(read_only=True, help_text="для людей: «+7 (343) 200-00-01, доб. 12»")

    class Meta:
        model = PhoneNumber
        fields = [
            "id",
            "raw",
            "e164",
            "ext",
            "shown",
            "type",
            "comment",
            "order",
            "is_primary",
            "is_invalid",
            "do_not_call",
            "is_cold_call",
            "cold_reason",
            *COLD,
        ]
        read_only_fields = ["ext", "order", "is_invalid", *COLD]


class EmailSerializer(ApiSerializer[EmailAddress]):
    """An address of a company or of a contact."""

    id = serializers.IntegerField(required=False, help_text="строка, которая уже есть; без него — новая")

    class Meta:
        model = EmailAddress
        fields = [
            "id",
            "raw",
            "type",
            "comment",
            "order",
            "is_primary",
            "is_invalid",
            "bounced_at",
            "unsubscribed_at",
        ]
        read_only_fields = ["order", "is_invalid", "bounced_at", "unsubscribed_at"]


class HolderSerializer[M: Model](ApiSerializer[M]):
    """What companies and contacts share: numbers, addresses, and the first of each by itself."""

    phone = serializers.SerializerMethodField(help_text="основной номер, как записан; запись: см. описание")
    email = serializers.SerializerMethodField(help_text="основной адрес; запись: см. описание")
    phones = PhoneSerializer(many=True, required=False)
    emails = EmailSerializer(many=True, required=False)
    raw_fields = serializers.SerializerMethodField(help_text="как загружено; видит администратор, остальным null")

    def get_phone(self, row: Any) -> str:
        return next((number.raw for number in row.phones.all() if number.is_primary), "")

    def get_email(self, row: Any) -> str:
        return next((address.raw for address in row.emails.all() if address.is_primary), "")

    def get_raw_fields(self, row: Any) -> dict[str, Any] | None:
        viewer = cast("User", self.context["viewer"])
        return row.raw_fields if viewer.is_admin else None


def _amocrm_id(row: Any) -> str | None:
    return next((ref.external_id for ref in row.external_refs.all() if ref.source == AMOCRM), None)


class CompanySerializer(HolderSerializer[Company]):
    """A company; moments are ISO 8601 in UTC."""

    contact_name = serializers.SerializerMethodField()
    contact_position = serializers.SerializerMethodField()
    contract_type = serializers.CharField(
        source="contract_type.code",
        default=None,
        allow_null=True,
        help_text="код: frame, tender, legal, individual или свой",
    )
    workday_start = serializers.TimeField(format="%H:%M", allow_null=True, help_text="09:30")
    workday_end = serializers.TimeField(format="%H:%M", allow_null=True, help_text="18:00")
    is_cold_call = serializers.SerializerMethodField(help_text="то же, что lead_state = cold")
    amocrm_company_id = serializers.SerializerMethodField()
    status_name = serializers.CharField(source="status.name", default=None, allow_null=True)
    responsible_name = serializers.CharField(source="responsible.label", default=None, allow_null=True)
    branch_name = serializers.CharField(source="branch.name", default=None, allow_null=True)

    class Meta:
        model = Company
        fields = [
            "id",
            "version",
            "name",
            "legal_name",
            "inn",
            "inn_raw",
            "kpp",
            "ogrn",
            "bank_details",
            "address",
            "region",
            "city",
            "website",
            "activity_kind",
            "zone",
            "workday_start",
            "workday_end",
            "phone",
            "email",
            "contact_name",
            "contact_position",
            "phones",
            "emails",
            "lead_state",
            "is_cold_call",
            *COLD,
            "status",
            "status_name",
            "spheres",
            "contract_type",
            "contract_until",
            "contract_amount",
            "responsible",
            "responsible_name",
            "branch",
            "branch_name",
            "head_company",
            "do_not_call",
            "amocrm_company_id",
            "raw_fields",
            "created_by",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    def _primary(self, company: Company) -> Contact | None:
        return next(iter(getattr(company, "primary_contacts", ())), None)

    def get_contact_name(self, company: Company) -> str:
        contact = self._primary(company)
        return contact.full_name if contact else ""

    def get_contact_position(self, company: Company) -> str:
        contact = self._primary(company)
        return contact.position if contact else ""

    def get_is_cold_call(self, company: Company) -> bool:
        return company.lead_state == LeadState.COLD

    def get_amocrm_company_id(self, company: Company) -> str | None:
        return _amocrm_id(company)


class ContactSerializer(HolderSerializer[Contact]):
    """A person; responsible and branch are null where the company says them."""

    full_name = serializers.CharField(read_only=True)
    is_cold_call = serializers.BooleanField(read_only=True, help_text="отметка «холодный звонок» самого контакта")
    amocrm_contact_id = serializers.SerializerMethodField()
    company_name = serializers.CharField(source="company.name", default=None, allow_null=True)

    class Meta:
        model = Contact
        fields = [
            "id",
            "version",
            "company",
            "company_name",
            "last_name",
            "first_name",
            "middle_name",
            "full_name",
            "position",
            "decision_role",
            "status",
            "note",
            "birthday",
            "is_primary",
            "phone",
            "email",
            "phones",
            "emails",
            "is_cold_call",
            *COLD,
            "do_not_call",
            "responsible",
            "branch",
            "amocrm_contact_id",
            "raw_fields",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    def get_amocrm_contact_id(self, contact: Contact) -> str | None:
        return _amocrm_id(contact)


def with_numbers(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows with what their answers read, in a fixed number of queries."""
    stopped = Exists(DoNotCall.objects.filter(e164=OuterRef("e164")))
    numbers = PhoneNumber.objects.annotate(is_stopped=stopped)
    return rows.prefetch_related(
        Prefetch("phones", numbers), "emails", Prefetch("external_refs", ExternalRef.objects.filter(source=AMOCRM))
    )


def shown_companies(rows: QuerySet[Company]) -> QuerySet[Company]:
    primary = Contact.objects.filter(deleted_at__isnull=True, is_primary=True)
    rows = rows.select_related("status", "contract_type", "responsible", "branch")
    return with_numbers(rows).prefetch_related("spheres", Prefetch("contacts", primary, to_attr="primary_contacts"))


def shown_contacts(rows: QuerySet[Contact]) -> QuerySet[Contact]:
    return with_numbers(rows.select_related("company"))
