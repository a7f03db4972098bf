"""The one place that names the HTTP library: its continuation, httpx2, is a switch of these two lines."""

from __future__ import annotations

import httpcore as httpcore
import httpx as httpx
