from django.apps import AppConfig


class CompaniesConfig(AppConfig):
    name = "companies"
    verbose_name = "Компании"

    def ready(self) -> None:
        from companies.watching import may_watch_company
        from notifications import topics

        topics.register("company", may_watch_company)
