"""Follows redirects one by one: each step is checked, and the chain tells whether the feed has moved.

A step from https down to http is followed, since the feed would be lost otherwise; but what anyone on the
way could have forged is never remembered as a move.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from aggregator.fetch.address import Address, address_of
from aggregator.fetch.errors import FetchProblem

MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})  # RFC 9110, 15.4.2 and 15.4.9


@dataclass(slots=True)
class RedirectChain:
    """One request and its redirects so far."""

    start: Address
    private: bool = False  # the request brings along what no other host may see
    here: Address = field(init=False)
    answered: bool = False  # the server at `here` has begun to answer
    spent: float = 0.0  # seconds, of the exchanges so far
    _seen: list[str] = field(default_factory=list)
    _permanent: bool = True

    def __post_init__(self) -> None:
        self.here = self.start

    @property
    def moved_to(self) -> str | None:
        """The address that every step said is the new one for good.

        A feed behind a password is not moved: its owner would have to decide whether to take it along.
        """
        moved = self._seen and self._permanent and not (self.private or self.start.authorization)
        return self.here.text if moved else None

    @property
    def words(self) -> str:
        """For the end of a message: where the redirects led."""
        if not self._seen:
            return ""
        lost = "; without the password" if self.start.authorization and not self.here.authorization else ""
        return f" (redirected to {self.here.shown()}{lost})"

    def follow(self, status: int, location: bytes | None) -> None:
        """Follows one redirect. Raises FetchProblem if it has no target, loops, or leads where it must not."""
        if not location:
            raise FetchProblem("redirect", f"a redirect ({status}) without Location")
        if len(self._seen) == MOST_REDIRECTS:
            raise FetchProblem("redirect", f"more than {MOST_REDIRECTS} redirects")
        target = self._next(location)
        self._seen.append(self.here.text)
        downgraded = self.here.url.scheme == "https" and target.url.scheme == "http"
        self._permanent = self._permanent and status in _PERMANENT and not downgraded
        self.here, self.answered = target, False
        if self.here.text in self._seen:
            raise FetchProblem("redirect", "redirect loop; the server may require cookies")

    def _next(self, location: bytes) -> Address:
        try:
            target = address_of(_text(location), self.here)
        except FetchProblem as problem:
            raise FetchProblem(problem.kind, f"the redirect cannot be followed: {problem}") from problem
        # What the target brings along is not ours to send; what the feed brought stays at its origin.
        authorization = self.start.authorization if target.origin == self.start.origin else None
        return Address(target.url, target.text, authorization)


def _text(location: bytes) -> str:
    """A Location as text: UTF-8 where it is not ASCII, as browsers read it."""
    try:
        return location.decode()
    except UnicodeDecodeError:
        return location.decode("latin-1")
