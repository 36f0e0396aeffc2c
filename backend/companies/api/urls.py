from django.urls import path

from companies.api import search

urlpatterns = [
    path("search/", search.SearchView.as_view(), name="api_search"),
    path("search/recent/", search.RecentView.as_view(), name="api_search_recent"),
]
