from django.urls import path

from ui.calls import after, commands, detail, views

urlpatterns = [
    path("calls/", views.show_list, name="call_list"),
    path("calls/rows/", views.show_rows, name="call_rows"),
    path("calls/mine/", views.show_mine, name="call_mine"),
    path("calls/click/", commands.click, name="call_click"),
    path("calls/after/", after.after_list, name="after_list"),
    path("calls/after/rows/", after.after_rows, name="after_rows"),
    path("calls/after/badge/", after.after_badge, name="after_badge"),
    path("calls/<uuid:pk>/after/", after.call_after, name="call_after"),
    path("calls/<uuid:pk>/", detail.show_call, name="call_detail"),
    path("calls/<uuid:pk>/box/", detail.show_box, name="call_box"),
    path("calls/<uuid:pk>/moments/", detail.show_moments, name="call_moments"),
    path("calls/<uuid:pk>/cancel/", commands.cancel, name="call_cancel"),
]
