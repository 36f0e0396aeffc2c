from django.urls import path

from ui.stats import views

urlpatterns = [
    path("settings/calls/stats/", views.show_stats, name="settings_calls_stats"),
    path("settings/calls/stats/figures/", views.show_figures, name="stats_figures"),
    path("settings/calls/stats/unique/", views.show_unique, name="stats_unique"),
    path("settings/calls/stats/export/", views.download, name="stats_export"),
]
