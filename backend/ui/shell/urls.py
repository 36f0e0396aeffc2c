from django.urls import path

from ui.shell import views

urlpatterns = [
    path("theme/", views.set_theme, name="theme"),
    path("offline/", views.show_offline, name="offline"),
]
