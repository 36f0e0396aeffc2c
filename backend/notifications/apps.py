from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Уведомления"

    def ready(self) -> None:
        from common.realtime import while_serving
        from notifications.lobby import keep

        while_serving(keep)
