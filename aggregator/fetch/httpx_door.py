"""The one place that names the HTTP library: its continuation, httpx2, is a switch of these two lines."""

from __future__ import annotations

import sys

# httpx's own command line draws in `rich`, where that is installed, and is a third of its import.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # "there is none", to the import system

import httpcore as httpcore  # noqa: E402
import httpx as httpx  # noqa: E402
