"""HTTP and the two sockets for Daphne; any ASGI server can serve it."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
os.environ.setdefault("CRM_SERVER", "asgi")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402 (apps must be loaded first)
from django.conf import settings  # noqa: E402

from crm import garbage  # noqa: E402
from crm.routing import websockets  # noqa: E402

application = ProtocolTypeRouter({"http": django_application, "websocket": websockets})
if settings.IS_ASGI:
    garbage.take_over()
