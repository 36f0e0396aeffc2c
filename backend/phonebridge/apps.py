from django.apps import AppConfig


class PhonebridgeConfig(AppConfig):
    name = "phonebridge"
    verbose_name = "Телефония"

    def ready(self) -> None:
        from common.realtime import with_first_socket
        from notifications import topics
        from phonebridge.hall import keep
        from phonebridge.watching import may_watch_calls

        topics.register("calls", may_watch_calls)
        with_first_socket(keep)
