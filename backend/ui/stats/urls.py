from django.urls import path

from ui.stats import overview, personal, views

urlpatterns = [
    path("settings/calls/stats/", views.show_stats, name="settings_calls_stats"),
    path("settings/calls/stats/figures/", views.show_figures, name="stats_figures"),
    path("settings/calls/stats/unique/", views.show_unique, name="stats_unique"),
    path("settings/calls/stats/export/", views.download, name="stats_export"),
    path("settings/calls/stats/<int:user_id>/", personal.show_history, name="settings_calls_manager_detail"),
    path("analytics/", overview.show_overview, name="analytics"),
    path("analytics/cold/export/", overview.download_cold, name="analytics_cold_export"),
    path("analytics/me/", personal.show_own, name="analytics_user"),
    path("analytics/<int:user_id>/", personal.show_person, name="analytics_person"),
]
