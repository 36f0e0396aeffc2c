from django.urls import path

from ui.phones import builds, fleet, letters, views

urlpatterns = [
    path("settings/mobile/", views.show_mine, name="settings_mobile"),
    path("settings/mobile/devices/", views.show_devices, name="mobile_devices"),
    path("settings/mobile/qr/", views.show_qr, name="mobile_qr"),
    path("settings/mobile/devices/<int:device_id>/primary/", views.make_primary, name="mobile_primary"),
    path("settings/mobile/devices/<int:device_id>/remove/", views.remove, name="mobile_remove"),
    path("settings/mobile/builds/", builds.show_builds, name="mobile_builds"),
    path("settings/mobile/builds/<int:build_id>/", builds.change, name="mobile_build"),
    path("settings/mobile/overview/", fleet.show_overview, name="settings_mobile_overview"),
    path("settings/mobile/overview/table/", fleet.show_table, name="mobile_fleet_table"),
    path("settings/mobile/device/<int:device_id>/", fleet.show_device, name="settings_mobile_device_detail"),
    path("settings/mobile/device/<int:device_id>/told/", fleet.show_told, name="mobile_device_told"),
    path("settings/mobile/device/<int:device_id>/log/<int:bundle_id>/", fleet.show_log, name="mobile_device_log"),
    path("settings/mobile/device/<int:device_id>/<slug:what>/", fleet.act, name="mobile_device_act"),
    path("settings/mobile/letters/", letters.show_letters, name="mobile_letters"),
    path("settings/mobile/letters/<int:letter_id>/", letters.show_letter, name="mobile_letter"),
]
