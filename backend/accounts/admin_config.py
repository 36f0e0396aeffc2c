"""Which site Django admin is. A module of its own: settings name it before models can be imported."""

from django.contrib.admin.apps import AdminConfig


class CrmAdminConfig(AdminConfig):
    default_site = "accounts.admin_site.CrmAdminSite"
