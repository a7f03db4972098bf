"""Log lines as the reader of the log wants them: for people, for journald, or as JSON for a machine.

Whatever writes it, a line holds no password of a URL, and one that comes again and again is counted, not repeated.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Literal

Form = Literal["text", "json"]
FORMS: tuple[Form, ...] = ("text", "json")

_OFTEN, _WINDOW = 5, 60.0  # so many equal lines in so many seconds are written
_MOST_KNOWN = 1_000  # lines remembered
_CREDENTIALS = re.compile(r"(?<=://)[^\s/@?#]+@")
# Priorities of syslog(3), which journald reads from the beginning of a line (sd-daemon(3)).
_PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (logging.DEBUG, 7))


def configure(level: int, form: Form = "text") -> None:
    """Sends what is logged to standard error, in this form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Journal() if _is_journal() else _Text())
    handler.addFilter(Repetitions())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # The libraries' own talk; what uvicorn warns of, each malformed request, anybody can cause.
    quiet = logging.WARNING if level > logging.DEBUG else logging.DEBUG
    for name in ("httpx", "httpcore", "asyncio", "apscheduler"):
        logging.getLogger(name).setLevel(quiet)
    logging.getLogger("uvicorn").setLevel(logging.ERROR if level > logging.DEBUG else logging.DEBUG)


def _is_journal() -> bool:
    """Whether standard error is journald's, which knows the time itself (systemd.exec(5), JOURNAL_STREAM)."""
    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


class Repetitions(logging.Filter):
    """Lets a line pass a few times a minute; then says how often it came beside."""

    def __init__(self) -> None:
        super().__init__()
        self._known: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()  # since when, how often

    def filter(self, record: logging.LogRecord) -> bool:
        key = (record.name, record.getMessage())
        now = time.monotonic()
        since, count = self._known.pop(key, (now, 0))
        if now - since > _WINDOW:
            left_out = count - _OFTEN
            if left_out > 0:
                record.msg, record.args = f"{key[1]} (and {left_out} times before)", None
            since, count = now, 0
        self._known[key] = since, count + 1
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return count < _OFTEN


class _Text(logging.Formatter):
    def __init__(self, form: str = "%(asctime)s %(levelname)s %(message)s") -> None:
        super().__init__(form)

    def format(self, record: logging.LogRecord) -> str:
        return _CREDENTIALS.sub("", super().format(record))


class _Journal(_Text):
    def __init__(self) -> None:
        super().__init__("%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        priority = next((each for level, each in _PRIORITIES if record.levelno >= level), 7)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).split("\n"))


class _Json(_Text):
    """One object a line: time (RFC 3339), level, logger, message, and the traceback where there is one."""

    def __init__(self) -> None:
        super().__init__("%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        trace = self.formatException(record.exc_info) if record.exc_info else None
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **({"exception": trace} if trace else {}),
        }
        return _CREDENTIALS.sub("", json.dumps(line, ensure_ascii=False))
