"""A real browser without a window, spoken to over a pipe (Chrome DevTools Protocol): what a page asks for,
complains of and looks like.

    with Chromium() as browser:
        visit = browser.visit("http://127.0.0.1:8080/", width=360, dark=True)
        assert visit.complaints == []
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

PATH = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *(
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
    ),
    "--disable-dev-shm-usage",  # in a container its 64 MB do not suffice
    "--remote-debugging-pipe",
)


_OUR_NAME = "ours"
_OURS = f"\n//# sourceURL={_OUR_NAME}"
_NO_DIALOGS = "for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => undefined;"


@dataclass
class Visit:
    """What came of loading one page."""

    requests: list[str] = field(default_factory=list)  # every URL that was asked for
    kinds: list[str] = field(default_factory=list)  # what each of them was for: Document, Image, Script, ...
    complaints: list[str] = field(
        default_factory=list
    )  # console errors and warnings, CSP violations, exceptions
    ran: list[str] = field(default_factory=list)  # where the page's own scripts began, where `watched`
    values: dict[str, Any] = field(default_factory=dict)  # what each script given to visit() returned
    picture: bytes = b""  # PNG


class Chromium:
    """One browser process with a profile of its own, ended with the block; `flags` for its command line."""

    def __init__(self, *flags: str) -> None:
        self._flags = (*_FLAGS, *flags)

    def __enter__(self) -> Chromium:
        assert PATH is not None
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        # The browser reads commands on descriptor 3 and writes answers on 4.
        command_in, self._commands = os.pipe()
        self._answers, answer_out = os.pipe()
        wiring = f'exec "$@" 3<&{command_in} 4>&{answer_out}'
        self._process = subprocess.Popen(
            [
                "/bin/bash",
                "-c",
                wiring,
                "chromium",
                PATH,
                *self._flags,
                f"--user-data-dir={self._profile.name}",
            ],
            pass_fds=(command_in, answer_out),
            stderr=subprocess.DEVNULL,
        )
        os.close(command_in)
        os.close(answer_out)
        self._buffer = b""
        self._number = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._commands)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._answers)
        self._profile.cleanup()

    def visit(
        self,
        url: str,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        media: str = "",
        scripts: tuple[str, ...] = (),
        leaving: str = "",
        picture: bool = False,
        whole: bool = False,
        watched: bool = False,
    ) -> Visit:
        """Load the page, wait until it rests, run the scripts in it.

        `leaving`: a script after them that goes to another page, which is waited for too. `whole`: picture all of its height; `watched`: note each script that the browser begins to read,
        handlers of events included, and let none of them open a dialog.
        """
        visit = Visit()
        target = self._call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self._call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]

        def call(method: str, **parameters: Any) -> dict[str, Any]:
            return self._call(method, parameters, session, visit)

        for domain in ("Page", "Network", "Runtime", "Log"):
            call(f"{domain}.enable")
        call("Network.setCacheDisabled", cacheDisabled=True)
        call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        if watched:
            call("Debugger.enable")
            call("Page.addScriptToEvaluateOnNewDocument", source=_NO_DIALOGS + _OURS)
        call("Page.navigate", url=url)
        self._wait(session, visit, "Page.loadEventFired")
        for script in scripts:
            visit.values[script] = call(
                "Runtime.evaluate", expression=script + _OURS, returnByValue=True, awaitPromise=True
            )["result"].get("value")
        if leaving:  # later, as a script whose page is gone gets no answer
            call("Runtime.evaluate", expression=f"setTimeout(() => {{ {leaving} }})" + _OURS)
            self._wait(session, visit, "Page.loadEventFired")
        if picture:
            shot = call("Page.captureScreenshot", captureBeyondViewport=whole)
            visit.picture = base64.b64decode(shot["data"])
        call("Page.getNavigationHistory")  # once more there and back, for late events
        self._call("Target.closeTarget", {"targetId": target})
        return visit

    def _call(
        self, method: str, parameters: dict[str, Any], session: str | None = None, visit: Visit | None = None
    ) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result
            _note(answer, visit)

    def _wait(self, session: str, visit: Visit, event: str) -> None:
        while True:
            answer = self._read()
            _note(answer, visit)
            if answer.get("method") == event and answer.get("sessionId") == session:
                return

    def _read(self, seconds: float = 60) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(self._answers, 1 << 20) if ready else b""
            if not chunk:
                raise RuntimeError("the browser does not answer")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message


def _note(message: dict[str, Any], visit: Visit | None) -> None:
    """Keep what an event tells of the page."""
    if visit is None or "method" not in message:
        return
    about = message["params"]
    match message["method"]:
        case "Network.requestWillBeSent":
            visit.requests.append(about["request"]["url"])
            visit.kinds.append(about.get("type", "Other"))
        case "Debugger.scriptParsed" if about["url"] != _OUR_NAME:
            visit.ran.append(f"{about['url']}:{about['startLine'] + 1}:{about['startColumn']}")
        case "Log.entryAdded":
            visit.complaints.append(f"{about['entry']['level']}: {about['entry']['text']}")
        case "Runtime.exceptionThrown":
            visit.complaints.append(f"exception: {about['exceptionDetails']['text']}")
        case "Runtime.consoleAPICalled" if about["type"] in ("error", "warning"):
            visit.complaints.append(f"console: {about['args']}")
