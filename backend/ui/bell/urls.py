from django.urls import path

from ui.bell import views

urlpatterns = [
    path("notifications/", views.show_list, name="notification_list"),
    path("notifications/rows/", views.show_rows, name="notification_rows"),
    path("notifications/read/", views.mark_read, name="notification_read"),
]
