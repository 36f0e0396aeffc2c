from django.urls import path

from phonebridge.api import calls, stats

urlpatterns = [
    path("calls/", calls.CallsView.as_view(), name="api_calls"),
    path("calls/stats/", stats.StatsView.as_view(), name="api_calls_stats"),
    path("calls/<uuid:call_id>/", calls.CallView.as_view(), name="api_call"),
    path("calls/<uuid:call_id>/cancel/", calls.CancelView.as_view(), name="api_call_cancel"),
]
