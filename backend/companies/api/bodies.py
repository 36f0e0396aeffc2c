"""What programs may send, for the description; companies/edits/whole.py and whole_contact.py read it."""

from __future__ import annotations

from rest_framework import serializers

from common.api import ApiSerializer
from companies.api.shapes import EmailSerializer, PhoneSerializer
from companies.edits.values import COMPANY, CONTACT
from companies.models import Company, Contact

NUMBERS = ["phone", "email", "phones", "emails"]


class CompanyBodySerializer(ApiSerializer[Company]):
    """What may be written of a company."""

    inn = serializers.CharField(required=False, allow_null=True, max_length=255)
    contract_type = serializers.CharField(required=False, allow_null=True, help_text="код вида договора")
    workday_start = serializers.CharField(required=False, allow_null=True, help_text="09:30")
    workday_end = serializers.CharField(required=False, allow_null=True, help_text="18:00")
    phone = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=64)
    email = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=254)
    phones = PhoneSerializer(many=True, required=False)
    emails = EmailSerializer(many=True, required=False)
    contact_name = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    contact_position = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    is_cold_call = serializers.BooleanField(required=False, help_text="то же, что lead_state = cold")

    class Meta:
        model = Company
        fields = [
            *(name for name in COMPANY if name not in {"responsible"}),
            *NUMBERS,
            "contact_name",
            "contact_position",
            "lead_state",
            "is_cold_call",
            "responsible",
        ]
        validators: list[object] = []


class NewCompanySerializer(CompanyBodySerializer):
    """A company that is not there yet."""

    allow_duplicates = serializers.BooleanField(required=False, help_text="создать, хотя похожие уже есть")

    class Meta(CompanyBodySerializer.Meta):
        fields = [*CompanyBodySerializer.Meta.fields, "allow_duplicates"]


class ContactBodySerializer(ApiSerializer[Contact]):
    """What may be written of a contact."""

    phone = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=64)
    email = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=254)
    phones = PhoneSerializer(many=True, required=False)
    emails = EmailSerializer(many=True, required=False)
    is_cold_call = serializers.BooleanField(required=False)
    cold_reason = serializers.CharField(required=False, help_text="нужна, чтобы снять отметку")

    class Meta:
        model = Contact
        fields = [*CONTACT, *NUMBERS, "company", "is_primary", "is_cold_call", "cold_reason"]
        validators: list[object] = []
