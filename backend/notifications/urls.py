from django.urls import path

from notifications import api

urlpatterns = [
    path("notifications/", api.NotificationList.as_view(), name="api_notifications"),
    path("notifications/read/", api.NotificationRead.as_view(), name="api_notifications_read"),
]
