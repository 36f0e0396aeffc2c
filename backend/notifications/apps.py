from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Уведомления"

    def ready(self) -> None:
        from common.realtime import while_serving
        from notifications import lobby, viewers

        while_serving(lobby.keep)
        while_serving(viewers.keep)
