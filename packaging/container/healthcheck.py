"""Exits with 0 where the service in this container says that it is well (/healthz)."""

import sys
import urllib.error
import urllib.request

try:
    with urllib.request.urlopen("http://127.0.0.1:8080/healthz", timeout=4) as answer:
        print(answer.read().decode().strip())
except (OSError, urllib.error.URLError) as error:
    print(error)
    sys.exit(1)
