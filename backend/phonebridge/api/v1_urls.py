from django.urls import path

from phonebridge.api import after, callbacks, calls, stats

urlpatterns = [
    path("calls/", calls.CallsView.as_view(), name="api_calls"),
    path("calls/stats/", stats.StatsView.as_view(), name="api_calls_stats"),
    path("calls/callbacks/", callbacks.CallBacksView.as_view(), name="api_callbacks"),
    path("calls/callbacks/<int:callback_id>/close/", callbacks.CallBackCloseView.as_view(), name="api_callback_close"),
    path("calls/<uuid:call_id>/card/", callbacks.CallCardView.as_view(), name="api_call_card"),
    path("calls/<uuid:call_id>/hand/", callbacks.CallHandView.as_view(), name="api_call_hand"),
    path("calls/<uuid:call_id>/private/", callbacks.CallPrivateView.as_view(), name="api_call_private"),
    path("calls/<uuid:call_id>/", calls.CallView.as_view(), name="api_call"),
    path("calls/after/", after.WaitingView.as_view(), name="api_calls_after"),
    path("calls/outcomes/", after.OutcomesView.as_view(), name="api_calls_outcomes"),
    path("calls/<uuid:call_id>/after/", after.AfterView.as_view(), name="api_call_after"),
    path("calls/<uuid:call_id>/cancel/", calls.CancelView.as_view(), name="api_call_cancel"),
]
