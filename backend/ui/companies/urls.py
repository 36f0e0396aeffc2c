from django.urls import path

from ui.companies import card, views

urlpatterns = [
    path("companies/", views.show_list, name="company_list"),
    path("companies/<int:pk>/", card.show_card, name="company_detail"),
    path("companies/<int:pk>/live/", card.show_live, name="company_live"),
    path("companies/<int:pk>/history/", card.show_history, name="company_history"),
]
