from django.urls import path

from ui.bulk import handover, views

urlpatterns = [
    path("companies/bulk/", views.ask, name="company-bulk"),
    path("people/<int:pk>/handover/", handover.hand_over, name="person_handover"),
]
