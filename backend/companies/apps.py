from django.apps import AppConfig


class CompaniesConfig(AppConfig):
    name = "companies"
    verbose_name = "Компании"

    def ready(self) -> None:
        from companies.bulk.handler import CompanyBulk
        from companies.edits import deletion
        from companies.exporting.handler import CompanyExport
        from companies.importing.handler import CompanyImport
        from companies.importing.reading import CheckImport, LookAtFile
        from companies.merging.upkeep import purge_losers
        from companies.watching import may_watch_company, may_watch_requests
        from jobs import handlers
        from notifications import topics

        deletion.on_purge(purge_losers)
        for handler in (CompanyImport(), LookAtFile(), CheckImport(), CompanyBulk(), CompanyExport()):
            handlers.register(handler)
        topics.register("company", may_watch_company, shows_viewers=True)
        topics.register("requests", may_watch_requests)
