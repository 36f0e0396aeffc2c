from django.urls import path

from ui.wall import plans, tv, views

urlpatterns = [
    path("wallboard/", views.show_wall, name="wallboard"),
    path("wallboard/board/", views.show_board, name="wallboard_board"),
    path("settings/calls/plans/", plans.show_plans, name="call_plans"),
    path("settings/calls/tv/", views.show_links, name="tv_links"),
    path("settings/calls/tv/<int:link_id>/revoke/", views.revoke, name="tv_revoke"),
    path("tv/", tv.show_screen, name="tv"),
    path("tv/board/", tv.show_board, name="tv_board"),
    path("tv/<str:token>/", tv.enter, name="tv_enter"),
]
