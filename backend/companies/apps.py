from django.apps import AppConfig


class CompaniesConfig(AppConfig):
    name = "companies"
    verbose_name = "Компании"

    def ready(self) -> None:
        from companies.watching import may_watch_company, may_watch_requests
        from notifications import topics

        topics.register("company", may_watch_company)
        topics.register("requests", may_watch_requests)
