"""Languages by the tags of BCP 47, as feeds write them: "en_us" is "en-US", "iw" is "he"."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from aggregator import lists

# Language, perhaps a script, perhaps a region, perhaps variants: all that feeds have use for.
_TAG = re.compile(
    r"([a-z]{2,3})(-[a-z]{4})?(-(?:[a-z]{2}|[0-9]{3}))?((?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
)
_LONGEST = 35  # RFC 5646, 4.4.1


@cache
def _codes() -> dict[str, str]:
    """The code to write for each that stands for a language."""
    return {code: row.split()[0] for row in lists.rows("languages") for code in row.split()}


@lru_cache(256)
def language(raw: str | None) -> str | None:
    """The tag with its language in lower case, script in title case and region in capitals; None where it is none."""
    tag = _TAG.fullmatch((raw or "").strip().replace("_", "-").lower())
    if tag is None or len(tag[0]) > _LONGEST:
        return None
    primary, script, region, variants = tag.groups(default="")
    code = _codes().get(primary)
    return f"{code}{script[:2].upper()}{script[2:]}{region.upper()}{variants}" if code else None
