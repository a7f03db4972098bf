"""How every output writes a text, a moment, a link, a name, so that all of them say the same."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath
from urllib.parse import quote, urlsplit

from aggregator.languages import language
from aggregator.models import Enclosure, Person, Publication, Related, Source, Story
from aggregator.text import one_line, printable
from aggregator.uris import canonical, is_sound

MOST_TAGS = 20
MOST_RELATED = 10

# RFC 3986, 2: what may stand in a URI, less the brackets, which only an address in the host may have, and
# the number sign, of which there is one at most.
_URI_CHARACTERS = ";/?:@&=+$,-_.!~*'()%"
_WEB_URL = re.compile(r"(https?)://([^/?#\\\s]+)([^#]*)(#?)(.*)", re.IGNORECASE | re.DOTALL)
_PLAIN = r"[A-Za-z0-9;/?:@&=+$,._!~*'()-]*"
_PLAIN_URL = re.compile(rf"https?://[A-Za-z0-9._-]+(?::[0-9]+)?(?:[/?]{_PLAIN})?(?:#{_PLAIN})?")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w!#$&^.+-]*/[A-Za-z0-9][\w!#$&^.+-]*", re.ASCII)
_LINE_END = re.compile("\r\n?|\x85")

# A table of our own, since the one of `mimetypes` differs between machines and Python versions.
_MEDIA_TYPES = {
    ".aac": "audio/aac",
    ".avif": "image/avif",
    ".epub": "application/epub+zip",
    ".flac": "audio/flac",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".torrent": "application/x-bittorrent",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt",
    ".zip": "application/zip",
}


def markup(html: str) -> str:
    """HTML without what XML forbids, its lines ended as HTML parsers end them."""
    text = printable(html)
    if "\r" in text or "\x85" in text:  # in few, and the expression looks at each character
        text = _LINE_END.sub("\n", text)
    return text.strip()


def web_link(url: str | None) -> str | None:
    """The URL where it is http or https, in the characters of RFC 3986; None for every other.

    Browsers leave `|`, `[` or a stray `%` in a URL as they are; validators of feeds and pages do not.
    """
    if url and _PLAIN_URL.fullmatch(url):
        return url  # as nearly all are
    found = _WEB_URL.fullmatch(printable(url).strip()) if url else None
    if found is None:
        return None
    scheme, host, rest, sharp, fragment = found.groups()
    rest, fragment = (quote(part, safe=_URI_CHARACTERS) for part in (rest, fragment))
    written = f"{quote(host, safe=_URI_CHARACTERS + '[]')}{rest}{sharp}{fragment}"
    return f"{scheme.lower()}://{_STRAY_PERCENT.sub('%25', written)}"


def language_tag(*candidates: str | None) -> str | None:
    """The first that names a language, as BCP 47 writes it."""
    return next((tag for tag in map(language, candidates) if tag), None)


def title_of(story: Story) -> str:
    """The title on one line, never empty."""
    return one_line(story.title) or "Untitled"


@lru_cache(1024)  # asked with every entry
def name_of(source: Source) -> str:
    """The source's name on one line, never empty."""
    return one_line(source.name) or one_line(urlsplit(web_link(source.url) or "").netloc) or "Unknown source"


@lru_cache(1024)
def id_of(source: Source) -> str:
    """The source's own id where it is a URI that can be compared letter by letter, else its address as such."""
    if source.id and is_sound(source.id):
        return source.id
    address = canonical(web_link(source.url) or "")
    return address if address and is_sound(address) else f"urn:x-feed:{source.feed_id}"


def authors_of(story: Story) -> tuple[Person, ...]:
    """At least one, each with a name; e-mail addresses are left out, lest we spread them."""
    named = tuple(
        Person(name=one_line(person.name), url=web_link(person.url))
        for person in story.authors
        if one_line(person.name)
    )
    return named or (Person(name=name_of(story.source), url=web_link(story.source.link)),)


def texts_of(story: Story, publication: Publication) -> tuple[str, str]:
    """The plain summary and the HTML, each "" where there is none or is left out.

    How much, the story's source says, else the publication. With `attribution` the HTML begins with a line that
    names the source and who else has the story.
    """
    content = story.source.content or publication.content
    summary = summary_of(story, publication)
    text = markup(story.content) if content == "full" else ""
    if publication.attribution:
        rest = text or (f"<p>{html.escape(summary, quote=False)}</p>" if summary else "")
        text = f"<p><small>{_attribution(story)}</small></p>{rest}"
    return summary, text


def summary_of(story: Story, publication: Publication) -> str:
    """The plain summary, "" where there is none or content is left out."""
    return one_line(story.summary) if (story.source.content or publication.content) != "none" else ""


def _attribution(story: Story) -> str:
    """As "The Daily Example, also at Second Look", with links."""
    names = [_linked(name_of(story.source), web_link(story.source.link))]
    seen = {story.source.feed_id}
    for also in story.also:
        if also.source.feed_id not in seen:
            seen.add(also.source.feed_id)
            link = web_link(also.link)
            site = web_link(also.source.link)
            names.append(
                _linked(name_of(also.source), site if link in (None, web_link(story.link)) else link)
            )
    return names[0] + (f", also at {', '.join(names[1:])}" if names[1:] else "")


def _linked(name: str, link: str | None) -> str:
    text = html.escape(name, quote=False)
    return f'<a href="{html.escape(link)}">{text}</a>' if link else text


def picture_of(story: Story, text: str) -> str | None:
    """The story's picture, unless the text that is shown with it has it."""
    url = web_link(story.image)
    shown = url is not None and (url in text or html.escape(url) in text or (story.image or url) in text)
    return None if shown else url


def tags_of(story: Story) -> tuple[str, ...]:
    """Each once, none empty, at most 20."""
    distinct = dict.fromkeys(one_line(tag) for tag in story.tags)
    return tuple(tag for tag in distinct if tag)[:MOST_TAGS]


def related_of(story: Story) -> tuple[Related, ...]:
    """Stories that probably tell of the same event, the most alike first, at most 10.

    Each leads to another page than the story and those that tell it too.
    """
    seen = {web_link(story.link), *(web_link(also.link) for also in story.also)}
    found = []
    for related in story.related:
        link = web_link(related.link)
        if link and link not in seen:
            seen.add(link)
            words = tuple(word for word in map(one_line, related.words) if word)
            title = one_line(related.title) or "Untitled"
            found.append(replace(related, link=link, title=title, words=words))
    return tuple(found[:MOST_RELATED])


def enclosures_of(story: Story) -> tuple[Enclosure, ...]:
    """Those on the web, each address once, with a media type where it can be known."""
    found = {}
    for enclosure in story.enclosures:
        url = web_link(enclosure.url)
        if url and url not in found:
            length = enclosure.length if enclosure.length and enclosure.length > 0 else None
            found[url] = Enclosure(url, _media_type(enclosure.media_type, url), length)
    return tuple(found.values())


def recording_of(story: Story) -> Enclosure | None:
    """What there is to hear or to watch: the first such file with a type."""
    return next(
        (each for each in enclosures_of(story) if (each.media_type or "").startswith(("audio/", "video/"))),
        None,
    )


def file_of(file: Enclosure | None) -> Enclosure | None:
    """The file, if it is on the web and of a known type."""
    url = web_link(file.url) if file else None
    kind = _media_type(file.media_type, url) if file and url else None
    return Enclosure(url, kind) if url and kind else None


def _media_type(given: str | None, url: str) -> str | None:
    if given and _MEDIA_TYPE.fullmatch(given.strip()):
        return given.strip().lower()
    return _MEDIA_TYPES.get(PurePosixPath(urlsplit(url).path).suffix.lower())
