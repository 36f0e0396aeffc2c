from django.urls import path

from ui.merging import people, results, views

urlpatterns = [
    path("companies/<int:pk>/similar/", views.show_similar, name="company_similar"),
    path("companies/<int:pk>/different/<int:other>/", views.different, name="company_different"),
    path("companies/<int:pk>/merge/", views.pick, name="company_merge"),
    path("companies/<int:pk>/merge/<int:other>/", views.merge_with, name="company_merge_with"),
    path("contacts/<int:pk>/merge/", people.pick, name="contact_merge"),
    path("contacts/<int:pk>/merge/<int:other>/", people.merge_with, name="contact_merge_with"),
    path("merges/<int:pk>/", results.show, name="merge_detail"),
    path("merges/<int:pk>/undo/", results.undo, name="merge_undo"),
]
