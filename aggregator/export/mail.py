"""The digest as an e-mail message (RFC 5322), text and HTML beside each other, ready for sendmail."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from urllib.parse import urlsplit

from aggregator.errors import ExportError
from aggregator.export.days import Day, days_of, newest_of, split
from aggregator.export.pages import Pages, own_pages
from aggregator.export.plain import render_text
from aggregator.links import is_loopback
from aggregator.models import Publication
from aggregator.text import counted, one_line

# Lines that any server on the way lets pass, and nothing beyond ASCII on the wire.
_POLICY = default.clone(cte_type="7bit", max_line_length=78)

# Gmail shows about 100 KB of a message: both forms together stay below that, however they are encoded.
_NAMED = re.compile(r"([^<>]*)<([^<>]+)>")
MOST, LARGEST = 150, 36_000


def render_mail_page(
    publication: Publication, pages: Pages | None = None, dates: Sequence[int] | None = None
) -> bytes:
    """The digest as HTML that mail programs show: no style sheet, every address in full. `dates`: as of `days_of`."""
    days = _first(publication, dates)
    total = len(publication.stories if dates is None else dates)
    return (pages or own_pages()).render(
        "mail.html",
        publication,
        days=days,
        stories=total,
        more=total - sum(len(day.items) for day in days),
        public=not is_loopback(publication.base_url),
        images=False,
    )


def _first(publication: Publication, dates: Sequence[int] | None) -> Sequence[Day]:
    """The stories that the message has room for."""
    return split(days_of(publication, own_pages=False, dates=dates), MOST, LARGEST)[0]


def render_mail(
    publication: Publication,
    pages: Pages | None = None,
    sender: str | None = None,
    to: str | Sequence[str] | None = None,
    *,
    date: datetime | None = None,
    dates: Sequence[int] | None = None,
) -> bytes:
    """The message; the same stories, addresses and date give the same bytes.

    `sender`: an address, else one of base_url's host; `to`: some too, else sendmail is told; `date`: when it is
    sent, else when the newest story came; `dates`: as of `days_of`. Raises ExportError where one of them is not an address.
    """
    total = len(publication.stories if dates is None else dates)
    message = EmailMessage(policy=_POLICY)
    title = one_line(publication.title) or "News Feed"
    host = _host(publication.base_url)
    message["Subject"] = f"{title}: {counted(total, 'story', 'stories')}"
    message["From"] = _address(sender_of(publication.base_url, sender), title)
    if to:
        message["To"] = [_address(each) for each in ([to] if isinstance(to, str) else to)]
    message["Date"] = date or newest_of(publication.stories) or publication.updated
    message["List-Id"] = f"<digest.{host}>"  # RFC 2919: what filters of mail programs go by
    name = uuid.uuid5(uuid.NAMESPACE_URL, "\n".join(story.atom_id for story in publication.stories))
    message["Message-ID"] = f"<{name}@{host}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice need answer it
    message.set_content(render_text(publication, _first(publication, dates), total).decode())
    message.add_alternative(render_mail_page(publication, pages, dates).decode(), subtype="html")
    message.set_boundary(f"=_{name.hex}")  # else it would be another each time
    return message.as_bytes()


def render_note(title: str, words: str, base_url: str, *, sender: str, to: str, date: datetime) -> bytes:
    """A message of text alone, as of changes of the service's state. Raises ExportError as `render_mail`."""
    message = EmailMessage(policy=_POLICY)
    message["Subject"] = one_line(title)
    message["From"] = _address(sender)
    message["To"] = _address(to)
    message["Date"] = date
    message["Message-ID"] = f"<{uuid.uuid4()}@{_host(base_url)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(words)
    return message.as_bytes()


def sender_of(base_url: str, given: str | None = None) -> str:
    """The address of the sender: as given, else news@ the host of base_url."""
    return given or f"news@{_host(base_url)}"


def _host(base_url: str) -> str:
    host = urlsplit(base_url).hostname or "localhost"
    try:
        host = host.encode("idna").decode()
    except UnicodeError:
        return "localhost"
    # An address literal would need brackets, and no mail comes back to it anyway.
    return "localhost" if ":" in host or host.replace(".", "").isdigit() else host


def bare_address(text: str) -> str:
    """The address alone, of "me@example.org" and of "Me <me@example.org>". Raises ExportError."""
    return _address(text).addr_spec


def _address(text: str, name: str = "") -> Address:
    """`name`: where the text has none. Raises ExportError."""
    found = _NAMED.fullmatch(text.strip())
    try:
        if found:
            return Address(found[1].strip('" ') or name, addr_spec=found[2])
        return Address(name, addr_spec=text.strip())
    except Exception as error:  # what the parser of headers makes of oddities is not documented
        raise ExportError(f"{one_line(text)!r} is no e-mail address") from error
