#!/usr/bin/env python
"""Django's command line."""

import gc
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    if sys.argv[1:2] == ["serve"]:  # settings are read before the command runs
        os.environ.setdefault("CRM_SERVER", "asgi")
    try:
        execute_from_command_line(sys.argv)
    finally:
        gc.freeze()  # the system takes all memory back at once; looking through it first takes a quarter of a second
