"""Hands a finished message to a mail server or to a command such as sendmail; nothing else sends mail."""

from __future__ import annotations

import ipaddress
import shlex
import smtplib
import ssl
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aggregator.errors import AggregatorError
from aggregator.hangup import hang_up_after
from aggregator.text import one_line

TIMEOUT = 60.0  # seconds for each step of the conversation; for the whole command twice that
LONGEST = 300.0  # seconds for the whole conversation
_PORTS = {"smtp": 25, "smtps": 465}


class MailError(AggregatorError):
    """The message was not accepted; the text says why, without secrets."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where messages go: a command, or a server, with its secrets already looked up."""

    smtp: str | None = None  # smtp://HOST:PORT or smtps://HOST:PORT
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    command: str | None = None  # reads the message from its standard input, as `sendmail -t`


def send(
    server: MailServer,
    message: bytes,
    sender: str,
    recipients: Sequence[str],
    longest: float = LONGEST,
    *,
    confirm: Callable[[], None] = lambda: None,
) -> None:
    """Returns once the message was accepted for every recipient. Raises MailError.

    `confirm`: called as late as can be, when only the message is still to be handed over; what it raises stops it.
    """
    if server.command:
        confirm()
        _run(server.command, message)
    elif server.smtp:
        _deliver(server, (message, sender, recipients), longest, confirm)
    else:
        raise MailError(
            "no mail server; write `mail: {smtp: smtp://HOST:PORT}` or `mail: {command: sendmail -t}` in feeds.yaml"
        )


def _run(command: str, message: bytes) -> None:
    try:
        words = shlex.split(command)
        # Without a shell: the words are those of feeds.yaml, which its owner wrote.
        done = subprocess.run(words, input=message, capture_output=True, timeout=2 * TIMEOUT, check=False)  # noqa: S603
    except ValueError as error:
        raise MailError(f"mail.command cannot be read: {error}") from None
    except OSError as error:
        raise MailError(f"mail.command cannot be run: {error.strerror or error}") from None
    except subprocess.TimeoutExpired:
        raise MailError(f"mail.command did not end within {2 * TIMEOUT:g} seconds") from None
    if done.returncode:
        why = one_line(done.stderr.decode(errors="replace"))[:300]
        raise MailError(f"mail.command failed with exit code {done.returncode}" + (f": {why}" if why else ""))


def _deliver(
    server: MailServer, mail: tuple[bytes, str, Sequence[str]], longest: float, confirm: Callable[[], None]
) -> None:
    parts = urlsplit(server.smtp or "")
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 25)
    secure = parts.scheme == "smtps"
    context = ssl.create_default_context()
    opened: list[smtplib.SMTP] = []
    try:
        with (
            hang_up_after(longest, lambda: opened[0].sock if opened else None),
            _connect((host, port), context if secure else None, opened) as connection,
        ):
            connection.ehlo_or_helo_if_needed()
            if not secure and connection.has_extn("starttls"):
                connection.starttls(context=context)
                secure = True
            if server.user:
                if not secure and not _is_loopback(host):
                    raise MailError(f"{host} offers no encryption, so the password was not sent to it")
                connection.login(server.user, server.password or "")
            confirm()
            refused = connection.sendmail(mail[1], list(mail[2]), mail[0])
    except MailError:
        raise
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except smtplib.SMTPAuthenticationError as error:
        raise MailError(f"{host} refused the user name or password (code {error.smtp_code})") from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise MailError(f"{host}:{port} did not take the message: {one_line(str(error))[:300]}") from None
    if refused:
        who, (code, why) = next(iter(refused.items()))
        raise MailError(f"{host} refused {who}: {code} {one_line(why.decode(errors='replace'))[:200]}")


def _connect(place: tuple[str, int], tls: ssl.SSLContext | None, opened: list[smtplib.SMTP]) -> smtplib.SMTP:
    """A connection, which is in `opened` before the server has said a word: it may be hung up on meanwhile."""

    class Plain(smtplib.SMTP):
        def connect(self, *arguments: Any, **named: Any) -> tuple[int, bytes]:
            opened.append(self)
            return super().connect(*arguments, **named)

    class Secure(smtplib.SMTP_SSL):
        def connect(self, *arguments: Any, **named: Any) -> tuple[int, bytes]:
            opened.append(self)
            return super().connect(*arguments, **named)

    return Secure(*place, timeout=TIMEOUT, context=tls) if tls else Plain(*place, timeout=TIMEOUT)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
