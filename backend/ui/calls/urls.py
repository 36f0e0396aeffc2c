from django.urls import path

from ui.calls import after, callbacks, commands, detail, incoming, views

urlpatterns = [
    path("calls/", views.show_list, name="call_list"),
    path("calls/rows/", views.show_rows, name="call_rows"),
    path("calls/mine/", views.show_mine, name="call_mine"),
    path("calls/click/", commands.click, name="call_click"),
    path("calls/after/", after.after_list, name="after_list"),
    path("calls/after/rows/", after.after_rows, name="after_rows"),
    path("calls/after/badge/", after.after_badge, name="after_badge"),
    path("calls/<uuid:pk>/after/", after.call_after, name="call_after"),
    path("calls/callbacks/", callbacks.show_list, name="callback_list"),
    path("calls/callbacks/rows/", callbacks.show_rows, name="callback_rows"),
    path("calls/callbacks/count/", callbacks.show_count, name="callback_count"),
    path("calls/callbacks/<int:pk>/close/", callbacks.close, name="callback_close"),
    path("calls/private/", incoming.show_private, name="call_private_list"),
    path("calls/<uuid:pk>/card/", incoming.pick, name="call_pick"),
    path("calls/<uuid:pk>/hand/", incoming.hand, name="call_hand"),
    path("calls/<uuid:pk>/private/", incoming.make_private, name="call_private"),
    path("calls/<uuid:pk>/private/undo/", incoming.take_back, name="call_private_undo"),
    path("calls/<uuid:pk>/", detail.show_call, name="call_detail"),
    path("calls/<uuid:pk>/box/", detail.show_box, name="call_box"),
    path("calls/<uuid:pk>/moments/", detail.show_moments, name="call_moments"),
    path("calls/<uuid:pk>/cancel/", commands.cancel, name="call_cancel"),
]
