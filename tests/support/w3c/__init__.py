"""What the W3C feed validator would say of an Atom document: its rules as facts, in words of our own.

Of its rules all are here that a document like ours can break (https://github.com/w3c/feedvalidator); elements
that we never write are an error, whatever that validator has against them.
"""

from support.w3c.document import Finding, found, problems
from support.w3c.podcast import PODCAST_CHANNEL, PODCAST_ITEM, podcast_problems

__all__ = ["PODCAST_CHANNEL", "PODCAST_ITEM", "Finding", "found", "podcast_problems", "problems"]
