"""Documents in every encoding, rightly, wrongly and not labelled at all."""

from __future__ import annotations

import codecs

from hostile.case import FEED, Case, document, held, reads
from hostile.xml import ITEM, rss
from support.server import Reply

WORD = {
    "windows-1250": "Żółć gęślą jaźń", "windows-1251": "Съешь же ещё", "windows-1252": "“Déjà vu” – naïve",
    "windows-1253": "Καλημέρα κόσμε", "windows-1254": "Pijamalı hasta yağız", "windows-1255": "שלום עולם",
    "windows-1256": "مرحبا بالعالم", "windows-1257": "Žąsų ėjo", "windows-1258": "Ước mơ".replace("ớ", "o"),
    "iso-8859-1": "Größe", "iso-8859-2": "Łódź", "iso-8859-5": "Привет", "iso-8859-7": "Γειά", "iso-8859-9": "Iğdır",
    "iso-8859-15": "Œuvre €", "koi8-r": "Съешь же ещё", "koi8-u": "Щастя їжак", "shift_jis": "日本語の見出し",
    "euc-jp": "日本語の見出し", "iso-2022-jp": "日本語の見出し", "gb2312": "中文标题", "gbk": "中文标题", "gb18030": "中文标题𠮷",
    "big5": "中文標題", "euc-kr": "한국어 제목", "cp949": "한국어 제목", "utf-8": "Ĥĉ 日本 𠮷", "utf-16": "Ĥĉ 日本 𠮷",
    "utf-16-le": "Ĥĉ 日本", "utf-16-be": "Ĥĉ 日本", "utf-32": "Ĥĉ 日本 𠮷", "utf-32-le": "Ĥĉ 日本", "utf-32-be": "Ĥĉ",
    "tis-620": "สวัสดี", "macroman": "Größe", "cp437": "Größe", "cp866": "Привет", "hz": "中文", "ibm037": "Ann",
}  # fmt: skip


def written(text: str, codec: str, declared: str | None = None, http: str | None = None) -> Reply:
    """A feed with this title in this encoding, declared so in its XML and in HTTP."""
    label = f' encoding="{declared}"' if declared else ""
    body = rss(ITEM.replace("One", text), before=f'<?xml version="1.0"{label}?>').encode(codec, "replace")
    return document(body, f"application/xml; charset={http}" if http else "application/xml")


ENCODED = {
    **{f"{codec}, declared": written(text, codec, codec) for codec, text in WORD.items()},
    **{f"{codec}, said by HTTP": written(text, codec, None, codec) for codec, text in WORD.items()},
    **{f"{codec}, declared as UTF-8": written(text, codec, "utf-8") for codec, text in WORD.items()},
    **{f"{codec}, not declared": written(text, codec) for codec, text in WORD.items()},
    **{f"UTF-8 declared as {codec}": written("Ĥĉ 日本", "utf-8", codec) for codec in WORD},
}
LABELS = {
    f"declared as {label[:30]!r}": written("Größe", "utf-8", label)
    for label in ("", " ", "x", "utf-7", "utf8", "UTF_8", "punycode", "idna", "unicode_escape", "raw_unicode_escape",
                  "rot13", "hex", "base64", "zlib", "bz2", "undefined", "mbcs", "../../etc/passwd", "x" * 5_000,
                  "utf-8" * 1_000, "latin-1\0", "none", "auto", "binary", "cp65001", "UCS-4", "utf-16", "utf-32")
}  # fmt: skip
MARKS = {
    f"{name} before {codec}": Reply(200, mark + rss().encode(codec))
    for name, mark in {
        "UTF-8's mark": codecs.BOM_UTF8, "UTF-16 LE's mark": codecs.BOM_UTF16_LE, "UTF-16 BE's mark": codecs.BOM_UTF16_BE,
        "UTF-32 LE's mark": codecs.BOM_UTF32_LE, "UTF-32 BE's mark": codecs.BOM_UTF32_BE, "UTF-8's mark twice": codecs.BOM_UTF8 * 2,
    }.items()
    for codec in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
}  # fmt: skip

CASES: dict[str, Case] = {
    **{name: reads(reply, 1) for name, reply in (ENCODED | LABELS).items()},
    **{name: held(reply) for name, reply in MARKS.items()},
    "lone surrogates in UTF-8": reads(document(FEED.replace(b"number 1", b"number \xed\xa0\x80 1"))),
    "half a character": reads(document(FEED.replace(b"number 1", b"number \xe6\x97 1"))),
    "overlong": reads(document(FEED.replace(b"number 1", b"number \xc0\xbc 1"))),
    "beyond Unicode": reads(document(FEED.replace(b"number 1", b"number \xf5\x80\x80\x80 1"))),
}
