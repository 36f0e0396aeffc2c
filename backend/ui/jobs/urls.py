from django.urls import path

from ui.jobs import views

urlpatterns = [
    path("jobs/", views.show_list, name="job_list"),
    path("jobs/<uuid:pk>/", views.show_job, name="job_detail"),
    path("jobs/<uuid:pk>/state/", views.show_state, name="job_state"),
    path("jobs/<uuid:pk>/rows/", views.show_rows, name="job_rows"),
    path("jobs/<uuid:pk>/rows.csv", views.send_rows, name="job_rows_file"),
    path("jobs/<uuid:pk>/file/", views.send_file, name="job_file"),
    path("jobs/<uuid:pk>/<slug:verb>/", views.act, name="job_act"),
]
