from django.apps import AppConfig


class PhonebridgeConfig(AppConfig):
    name = "phonebridge"
    verbose_name = "Телефония"

    def ready(self) -> None:
        from django.db.models import F

        from common.realtime import while_serving
        from companies.merging import policies
        from notifications import topics
        from phonebridge.hall import keep
        from phonebridge.stats.live import keep as keep_statistics
        from phonebridge.watching import may_watch_calls, may_watch_fleet, may_watch_stats, may_watch_wall

        topics.register("calls", may_watch_calls)
        topics.register("stats", may_watch_stats)
        topics.register("wall", may_watch_wall)
        topics.register("fleet", may_watch_fleet)
        for name in ("company", "contact"):
            policies.register(
                f"phonebridge.CallRequest.{name}", policies.Policy.MOVE, "Звонки", touch={"rev": F("rev") + 1}
            )
            policies.register(f"phonebridge.CallBack.{name}", policies.Policy.MOVE, "Просьбы перезвонить")
        while_serving(keep)
        while_serving(keep_statistics)
