"""People as feeds write them in one text: RSS's "mail (name)" and the world's "name <mail>"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aggregator.models import Person

_MAIL = r"[^\s@()<>]+@[^\s@()<>]+"
_MAIL_AND_NAME = re.compile(
    rf"(?P<email>{_MAIL})(?:\s*\((?P<name>[^()]+)\))?|(?P<called>[^()<>]+?)\s*[(<](?P<mail>{_MAIL})[)>]"
)


def person_from_text(text: str) -> Person | None:
    """The person that a text names; None where it is empty."""
    if "@" in text and (parts := _MAIL_AND_NAME.fullmatch(text)):
        email = (parts["email"] or parts["mail"]).partition("?")[0]
        return Person((parts["name"] or parts["called"] or email).strip(' "'), email=email)
    return Person(text) if text else None


def distinct_people(found: Iterable[Person | None]) -> tuple[Person, ...]:
    """Each person once, in order; one that is named twice, with the address and page of either."""
    people: dict[str, Person] = {}
    for person in found:
        if person is not None:
            known = people.get(person.name)
            people[person.name] = (
                Person(known.name, known.url or person.url, known.email or person.email) if known else person
            )
    return tuple(people.values())
