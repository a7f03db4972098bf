"""Addresses as publishers write them by hand, to those that they meant."""

from __future__ import annotations

import re

from aggregator import links

_ESCAPED_AMPERSAND = re.compile(
    r"&(?:(?:amp|#0{0,3}38|#[xX]26);)+"
)  # an address that was escaped twice, or more
_AROUND = "\u200b\u200e\u2060\ufeff\"'<> \t\r\n\xa0"
_SCHEME_TWICE = re.compile(r"^https?:/{0,2}(?=https?:/)", re.I)


def meant(raw: str, base: str) -> str | None:
    """The absolute http or https URL that a field of a feed at `base` means; None where it means none."""
    if "&" in raw:
        raw = _ESCAPED_AMPERSAND.sub("&", raw)
    if not raw.startswith(("https://", "/")) or raw.startswith("https://http"):
        raw = _SCHEME_TWICE.sub("", raw.strip(_AROUND))
        if raw[:4].lower() == "www.":
            raw = f"{base.partition(':')[0]}://{raw}"
    return links.absolute(raw, base)
