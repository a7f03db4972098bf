"""A mail server on loopback that keeps what it accepts, and refuses whom it is told to."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


@dataclass(slots=True)
class MailBox:
    port: int = 0
    refuse: str = ""  # a recipient
    messages: list[tuple[str, EmailMessage, int]] = field(default_factory=list)  # to, message, bytes
    greeting: Callable[[], None] = lambda: None  # called before it says a word
    meanwhile: Callable[[], None] = lambda: None  # called before a message is accepted

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@contextlib.contextmanager
def mail_server(refuse: str = "") -> Iterator[MailBox]:
    """RFC 5321 as far as smtplib speaks it."""
    box = MailBox(refuse=refuse)

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        def handle(self) -> None:
            box.greeting()
            self.say("220 ready")
            to = ""
            while line := self.rfile.readline().decode().strip():
                word = line[:4].upper()
                if word == "QUIT":
                    self.say("221 bye")
                    return
                if word == "RCPT":
                    to = line.partition("<")[2].partition(">")[0]
                    self.say("550 no such mailbox" if to == box.refuse else "250 ok")
                elif word == "DATA":
                    self.say("354 go on")
                    lines = []
                    while (text := self.rfile.readline()) != b".\r\n":
                        lines.append(text.removeprefix(b"."))
                    raw = b"".join(lines)
                    message = message_from_bytes(raw, policy=default)
                    assert isinstance(message, EmailMessage)
                    box.messages.append((to, message, len(raw)))
                    box.meanwhile()
                    self.say("250 accepted")
                else:
                    self.say("250 ok")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
