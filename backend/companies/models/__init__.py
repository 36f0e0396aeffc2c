"""The records of the companies domain (inventory C-1 … C-21)."""

from companies.models.company import Company, CompanyQuerySet
from companies.models.contact import Contact, ContactQuerySet
from companies.models.dictionaries import CompanySphere, CompanyStatus, ContractType
from companies.models.exports import ExportDay
from companies.models.imports import ImportMapping
from companies.models.links import DoNotCall, ExternalRef, NotDuplicate
from companies.models.merges import CardKind, Merge, MergeEntry, MergeOp
from companies.models.notes import CompanyNote, NoteAttachment, NoteRevision, Scan
from companies.models.numbers import EmailAddress, EmailType, PhoneNumber, PhoneQuerySet, PhoneType
from companies.models.requests import ClosedBy, CompanyDeletionRequest, CompanyLeadStateRequest, RequestStatus
from companies.models.search import SearchRow, SearchWord
from companies.models.shared import ColdMark, LeadState
from companies.models.views import DefaultView, Density, SavedView, Sharing, Subject

__all__ = [
    "CardKind",
    "ClosedBy",
    "ColdMark",
    "Company",
    "CompanyDeletionRequest",
    "CompanyLeadStateRequest",
    "CompanyNote",
    "CompanyQuerySet",
    "CompanySphere",
    "CompanyStatus",
    "Contact",
    "ContactQuerySet",
    "ContractType",
    "DefaultView",
    "Density",
    "DoNotCall",
    "EmailAddress",
    "EmailType",
    "ExportDay",
    "ExternalRef",
    "ImportMapping",
    "LeadState",
    "Merge",
    "MergeEntry",
    "MergeOp",
    "NotDuplicate",
    "NoteAttachment",
    "NoteRevision",
    "PhoneNumber",
    "PhoneQuerySet",
    "PhoneType",
    "RequestStatus",
    "SavedView",
    "Scan",
    "SearchRow",
    "SearchWord",
    "Sharing",
    "Subject",
]
