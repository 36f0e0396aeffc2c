from django.urls import path

from ui.dashboard import views

urlpatterns = [
    path("", views.show_today, name="dashboard"),
    path("today/figures/", views.show_figures, name="today_figures"),
    path("today/now/", views.show_now, name="today_now"),
    path("today/latest/", views.show_latest, name="today_latest"),
]
