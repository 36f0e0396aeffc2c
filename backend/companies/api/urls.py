"""One router, mounted under /api/v1/ and at the seed's paths under /api/ (D28)."""

from typing import Any

from django.urls import URLPattern, path

from companies.api import search
from companies.api.companies import CompaniesView, CompanyView
from companies.api.contacts import ContactsView, ContactView
from companies.api.notes import NotesView, NoteView


def _records(suffix: str, **said: Any) -> list[URLPattern]:
    return [
        path("companies/", CompaniesView.as_view(), said, name=f"api_companies{suffix}"),
        path("companies/<int:company_id>/", CompanyView.as_view(), said, name=f"api_company{suffix}"),
        path("contacts/", ContactsView.as_view(), said, name=f"api_contacts{suffix}"),
        path("contacts/<int:contact_id>/", ContactView.as_view(), said, name=f"api_contact{suffix}"),
        path("company-notes/", NotesView.as_view(), said, name=f"api_notes{suffix}"),
        path("company-notes/<int:note_id>/", NoteView.as_view(), said, name=f"api_note{suffix}"),
    ]


# here If-Match stays optional and pages have numbers, as old programs expect
seed = [
    path("search/", search.SearchView.as_view(), name="api_search_short"),
    *_records("_short", is_seed=True),
]
urlpatterns = [
    path("search/", search.SearchView.as_view(), name="api_search"),
    path("search/recent/", search.RecentView.as_view(), name="api_search_recent"),
    *_records(""),
]
