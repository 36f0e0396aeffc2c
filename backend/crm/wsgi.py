"""HTTP for gunicorn; start it with --preload, so that a refusal ends the whole server and not one worker."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
application = get_wsgi_application()

from crm.checks import refuse_to_start  # noqa: E402 (settings must be loaded first)

refuse_to_start()
