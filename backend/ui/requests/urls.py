from django.urls import path

from ui.requests import views

urlpatterns = [
    path("requests/", views.show_inbox, name="request_list"),
    path("requests/rows/", views.show_rows, name="request_rows"),
    path("requests/<slug:kind>/<int:pk>/approve/", views.approve, name="request_approve"),
    path("requests/<slug:kind>/<int:pk>/reject/", views.reject, name="request_reject"),
    path("requests/<slug:kind>/<int:pk>/withdraw/", views.withdraw, name="request_withdraw"),
]
