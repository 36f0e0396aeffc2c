from django.urls import path

from ui.styleguide import views

urlpatterns = [
    path("", views.show_components, name="styleguide"),
    path("record/", views.show_record, name="styleguide_record"),
    path("list/", views.show_list, name="styleguide_list"),
    path("errors/<slug:name>/", views.show_error, name="styleguide_error"),
]
