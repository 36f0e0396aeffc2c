from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Фоновая работа"

    def ready(self) -> None:
        from django.conf import settings

        from common.realtime import while_serving
        from jobs.alone import keep
        from jobs.watching import may_watch_job
        from notifications import topics

        topics.register("job", may_watch_job)
        if not settings.CELERY_BROKER_URL:
            while_serving(keep)
