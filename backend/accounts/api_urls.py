from django.urls import path

from accounts import api

urlpatterns = [
    path("", api.SecureTokenObtainPairView.as_view(), name="token"),
    path("refresh/", api.TokenRefreshView.as_view(), name="token_refresh"),
]
