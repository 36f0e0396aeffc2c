from django.urls import path

from phonebridge.api import app, lookup, phone, pull, remarks, sessions

urlpatterns = [
    path("calls/pull/", pull.PullCallView.as_view(), name="phone_pull"),
    path("calls/update/", phone.UpdateCallInfoView.as_view(), name="phone_update"),
    path("calls/state/", phone.StateView.as_view(), name="phone_state"),
    path("calls/reject/", phone.RejectView.as_view(), name="phone_reject"),
    path("calls/lookup/", lookup.LookupView.as_view(), name="phone_lookup"),
    path("calls/note/", remarks.NoteView.as_view(), name="phone_note"),
    path("devices/register/", phone.RegisterDeviceView.as_view(), name="phone_register"),
    path("devices/heartbeat/", phone.DeviceHeartbeatView.as_view(), name="phone_heartbeat"),
    path("telemetry/", phone.PhoneTelemetryView.as_view(), name="phone_telemetry"),
    path("logs/", phone.PhoneLogUploadView.as_view(), name="phone_logs"),
    path("qr/create/", sessions.QrTokenCreateView.as_view(), name="phone_qr_create"),
    path("qr/exchange/", sessions.QrTokenExchangeView.as_view(), name="phone_qr_exchange"),
    path("app/latest/", app.LatestAppView.as_view(), name="phone_app_latest"),
    path("app/<int:build_id>/download/", app.DownloadAppView.as_view(), name="phone_app_download"),
    path("logout/", sessions.LogoutView.as_view(), name="phone_logout"),
    path("logout/all/", sessions.LogoutAllView.as_view(), name="phone_logout_all"),
    path("user/info/", sessions.UserInfoView.as_view(), name="phone_user_info"),
]
