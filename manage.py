#!/usr/bin/env python
import gc
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "intranet.settings")
    gc.disable()  # until intranet.apps: nothing imported is garbage, and looking for some took a fifth of the start
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
