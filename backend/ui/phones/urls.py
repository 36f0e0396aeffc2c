from django.urls import path

from ui.phones import builds, views

urlpatterns = [
    path("settings/mobile/", views.show_mine, name="settings_mobile"),
    path("settings/mobile/devices/", views.show_devices, name="mobile_devices"),
    path("settings/mobile/qr/", views.show_qr, name="mobile_qr"),
    path("settings/mobile/devices/<int:device_id>/primary/", views.make_primary, name="mobile_primary"),
    path("settings/mobile/devices/<int:device_id>/remove/", views.remove, name="mobile_remove"),
    path("settings/mobile/builds/", builds.show_builds, name="mobile_builds"),
    path("settings/mobile/builds/<int:build_id>/", builds.change, name="mobile_build"),
]
