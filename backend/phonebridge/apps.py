from django.apps import AppConfig


class PhonebridgeConfig(AppConfig):
    name = "phonebridge"
    verbose_name = "Телефония"

    def ready(self) -> None:
        from common.realtime import while_serving
        from notifications import topics
        from phonebridge.hall import keep
        from phonebridge.watching import may_watch_calls

        topics.register("calls", may_watch_calls)
        while_serving(keep)
