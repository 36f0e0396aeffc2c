from django.urls import path

from ui.imports import acts, views

urlpatterns = [
    path("imports/", views.show_list, name="import_list"),
    path("imports/new/", acts.upload, name="import_new"),
    path("imports/<uuid:pk>/", views.show_import, name="import_detail"),
    path("imports/<uuid:pk>/live/", views.show_live, name="import_live"),
    path("imports/<uuid:pk>/columns/", acts.columns, name="import_columns"),
    path("imports/<uuid:pk>/reading/", acts.read_otherwise, name="import_reading"),
    path("imports/<uuid:pk>/people/", acts.people, name="import_people"),
    path("imports/<uuid:pk>/start/", acts.start, name="import_start"),
    path("imports/<uuid:pk>/stop/", acts.stop, name="import_stop"),
    path("imports/<uuid:pk>/resume/", acts.resume, name="import_resume"),
    path("imports/<uuid:pk>/undo/", acts.undo, name="import_undo"),
    path("imports/<uuid:pk>/delete/", acts.delete, name="import_delete"),
    path("imports/<uuid:pk>/errors/", views.download_errors, name="import_errors"),
]
