"""Authors as feeds name them, "mail (Name)" and all, to names, addresses and home pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from aggregator import links
from aggregator.models import Person
from aggregator.normalise.plain_text import label

_MOST = 10
_LONGEST = 200  # characters of a name

_MAIL = r"(?:mailto:)?(?P<mail>[^\s@()<>\[\]\",;:]+@[^\s@()<>\[\]\",;:]+)"
_FORMS = tuple(
    re.compile(form, re.I)
    for form in (
        rf"{_MAIL}",
        rf"{_MAIL}\s*\((?P<name>.*)\)",  # RSS 2.0
        rf"\"?(?P<name>[^\"<>]*?)\"?\s*<{_MAIL}>",  # RFC 5322
        rf"(?P<name>[^()]*?)\s*\({_MAIL}\)",
        rf"\((?P<name>[^()]*)\)\s*{_MAIL}",
        rf"(?P<name>[^\s@(),]+(?:\s+[^\s@(),]+)*)\s*,\s*{_MAIL}",
    )
)


def people(persons: Iterable[Person], base: str) -> tuple[Person, ...]:
    """At most ten, each once, each with a name."""
    found: dict[str, Person] = {}
    for person in persons:
        clean = _person(person, base)
        if clean is not None:
            found.setdefault(clean.name.casefold(), clean)
    return tuple(found.values())[:_MOST]


@lru_cache(256)  # a feed's authors are few
def _person(person: Person, base: str) -> Person | None:
    name, mail = _parted(person.name)
    mail = _parted(person.email or "")[1] or mail
    url = links.absolute(person.url, base) if person.url else None
    if name.startswith(("http://", "https://")):
        name, url = "", url or links.absolute(name)
    name = label(name, _LONGEST) or (mail or "").partition("@")[0] or (links.host(url) if url else "")
    return Person(name, url, mail) if name else None


def _parted(text: str) -> tuple[str, str | None]:
    """The name and the mail address in a text; the text itself where it holds no address."""
    text = label(text, 1_000)
    for form in _FORMS:
        if parts := form.fullmatch(text):
            return (parts.groupdict().get("name") or "").strip(), parts["mail"]
    return text, None
