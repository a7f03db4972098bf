"""What may stand in clean HTML, and which pictures and frames are not what they seem: rules as tables."""

from __future__ import annotations


def _names(row: str) -> frozenset[str]:
    return frozenset(row.split())


TAGS = _names(
    "a abbr address article aside audio b bdi bdo blockquote br caption cite code col colgroup data dd del"
    " details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li mark ol"
    " p pre q rp rt ruby s samp section small source span strong sub summary sup table tbody td tfoot th"
    " thead time tr tt u ul var video wbr"
)

# MathML's elements, of which the words stay (see formulas.py).
MATH = _names(
    "math maction merror mfenced mfrac mi mmultiscripts mn mo mover mpadded mphantom mroot mrow ms mspace msqrt"
    " mstyle msub msubsup msup mtable mtd mtext mtr munder munderover semantics"
)

# Gone with all that is in them; of every other tag that is not allowed, the inside stays. A noscript holds
# the second copy of a picture that a script would have loaded, or a tracking pixel.
DROPPED = _names("script style noscript template applet svg title head select textarea button")

ATTRIBUTES: dict[str, frozenset[str]] = {
    "*": frozenset({"dir", "lang", "title"}),
    "a": frozenset({"href", "hreflang"}),
    "audio": frozenset({"src"}),
    "col": frozenset({"span"}),
    "colgroup": frozenset({"span"}),
    "data": frozenset({"value"}),
    "del": frozenset({"datetime"}),
    "details": frozenset({"open"}),
    "img": frozenset({"alt", "height", "src", "width"}),
    "ins": frozenset({"datetime"}),
    "li": frozenset({"value"}),
    "ol": frozenset({"reversed", "start", "type"}),
    "source": frozenset({"src", "type"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"colspan", "rowspan", "scope"}),
    "time": frozenset({"datetime"}),
    "video": frozenset({"height", "poster", "src", "width"}),
}

URL_SCHEMES = frozenset({"http", "https", "mailto"})
# Where scripts take a picture from that is not there yet: its address, or its addresses by size.
LATE = ("data-src", "data-lazy-src", "data-original")
# The same, of scripts that always leave `src` empty or to a picture as data: looked at for want of another address.
SPARE = (
    "data-lazy",
    "data-url",
    "data-orig-file",
    "data-img-src",
    "data-image",
    "data-hi-res-src",
    "data-actualsrc",
)
LATE_SIZES = ("data-srcset", "data-lazy-srcset")
SIZES = (*LATE_SIZES, "srcset")
URL_ATTRIBUTES = frozenset({"href", "src", "poster", *LATE, *SPARE})

# Given to every player, in this order (nh3, asked to set two attributes, sets them in any): nothing plays
# or loads by itself.
PLAYERS = ("audio", "video")
MEDIA = {"controls": "", "preload": "none"}

# Elements that no reader hears as a pause: "<b>W</b>ord" is one word, "<li>One<li>Two" are two.
INLINE = _names(
    "a abbr b bdi bdo cite code data del dfn em i ins kbd mark q s samp small span strong sub sup time tt u var wbr"
)

# Tags that people and programs put into titles; there, `<table>` alone is more likely the subject.
PHRASE = INLINE | _names("br div em font big strike center h1 h2 h3 h4 h5 h6 hr img nobr p acronym")

# All of HTML, old and new: what else stands between angle brackets is meant to be read.
KNOWN = (
    TAGS
    | DROPPED
    | PHRASE
    | _names(
        "base basefont bgsound body blink dialog dir embed fieldset form frame frameset html iframe input label legend"
        " link main map marquee math menu meta nav noembed noframes optgroup option output param picture plaintext"
        " object progress search slot track wbr xmp area canvas center datalist details font keygen listing meter rb rtc"
    )
)

# An end that HTML lets one leave out, or that does not exist: an opening tag says nothing of depth.
FLAT = _names(
    "area base br col dd dt embed hr img input li link meta option p param source tbody td tfoot th thead tr"
    " track wbr"
)

# Frames that show a video, by their address, and the page where a person can watch it.
FRAMES = (
    (r"https?://(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]{11})(?![\w-])", r"https://www.youtube.com/watch?v=\1"),
    (r"https?://player\.vimeo\.com/video/(\d+)", r"https://vimeo.com/\1"),
    (r"https?://(?:www\.)?dailymotion\.com/embed/video/(\w+)", r"https://www.dailymotion.com/video/\1"),
)  # fmt: skip
