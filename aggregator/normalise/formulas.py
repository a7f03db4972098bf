"""Formulas, which have no way through the sanitiser, said in what HTML has.

MathML becomes its words, with powers, indices and fractions; TeX in a script for MathJax stays as it is written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence

from aggregator.normalise import tables

_OPEN = re.compile(r"<(?:\w{1,20}:)?math(?=[\s>])", re.I)
_CLOSE = re.compile(r"</(?:\w{1,20}:)?math\s*>", re.I)
_TEX = re.compile(r"<script\b[^<>]*\btype\s*=\s*[\"']?math/tex\b[^<>]*>(.*?)</script\s*>", re.I | re.S)
# Around it where XML was to take it as it is: CDATA marks in comments of TeX.
_TEX_MARKS = re.compile(r"^%\s*(?:<!\[CDATA\[)?|(?<!\\)%\s*(?:\]\]>)?$")
_PART = re.compile(r"<(/?)(?:\w{1,20}:)?([A-Za-z-]+)((?:\s[^<>]*)?)>|[^<]+|<")
_SIMPLE = re.compile(r"[^\W_]+(?:\.\d+)?(?:<su([bp])>[^<>]*</su\1>)?|\([^()]*\)")
_TAG = re.compile(rf"</?(?:\w{{1,20}}:)?(?:{'|'.join(sorted(tables.MATH))})(?:\s[^<>]*)?/?>", re.I)
_DEEPEST = 50
_SILENT = frozenset({"annotation", "annotation-xml", "mphantom"})
_ELEMENTS = tables.MATH | _SILENT


def has_formulas(text: str) -> bool:
    """Whether there may be formulas; cheap, since it is asked of every text."""
    return "math/tex" in text or "<math" in text or ":math" in text or "<MATH" in text or "<Math" in text


def formulas_as_html(text: str) -> str:
    """The HTML with each formula in it as letters, <sup> and <sub>; everything else stays to the letter."""
    text = _TEX.sub(_tex, text)
    done: list[str] = []
    position = 0
    while begin := _OPEN.search(text, position):
        close = _CLOSE.search(text, begin.end())
        if close is None:
            return "".join([*done, text[position : begin.start()], _TAG.sub("", text[begin.start() :])])
        end = close.end()
        done += [text[position : begin.start()], _words(text[begin.start() : end])]
        position = end
    return "".join([*done, text[position:]])


def _tex(script: re.Match[str]) -> str:
    return html.escape(html.unescape(_TEX_MARKS.sub("", script[1].strip()).strip()), quote=False)


def _words(formula: str) -> str:
    """One formula. Elements that are not closed, or too many in each other, count as what is in them."""
    open_elements: list[tuple[str, list[str]]] = [("math", [])]
    for part in _PART.finditer(formula):
        name = (part[2] or "").lower()
        if name not in _ELEMENTS:
            text = part[0]
            if open_elements[-1][0] != "mtext":
                text = text.strip()
            if text:
                open_elements[-1][1].append(text)
        elif part[1]:
            if name in [each for each, _ in open_elements[1:]]:
                while _close(open_elements) != name:
                    pass
        elif part[3].endswith("/"):
            if name == "mspace":
                open_elements[-1][1].append(" ")
        elif len(open_elements) < _DEEPEST:
            open_elements.append((name, []))
    while len(open_elements) > 1:
        _close(open_elements)
    return "".join(open_elements[0][1])


def _close(open_elements: list[tuple[str, list[str]]]) -> str:
    """Puts the words of the innermost element into the one around it; the name of the one that was closed."""
    name, parts = open_elements.pop()
    words = "" if name in _SILENT else _FORMS.get(name, "".join)(parts)
    open_elements[-1][1].append(words)
    return name


def _with(*forms: str) -> Callable[[Sequence[str]], str]:
    """How an element of so many parts is written; any other number of parts is written one after another."""

    def write(parts: Sequence[str]) -> str:
        if len(parts) != len(forms):
            return "".join(parts)
        return "".join(form.format(part) for form, part in zip(forms, parts, strict=True))

    return write


def _operand(words: str) -> str:
    return words if _SIMPLE.fullmatch(words) else f"({words})"


def _fraction(parts: Sequence[str]) -> str:
    return "/".join(map(_operand, parts))


def _root(parts: Sequence[str]) -> str:
    return f"√{_operand(''.join(parts))}"


def _root_of_degree(parts: Sequence[str]) -> str:
    return f"<sup>{parts[1]}</sup>√{_operand(parts[0])}" if len(parts) == 2 else _root(parts)


_SUB, _SUP = "<sub>{}</sub>", "<sup>{}</sup>"
_FORMS: dict[str, Callable[[Sequence[str]], str]] = {
    "msup": _with("{}", _SUP),
    "msub": _with("{}", _SUB),
    "munder": _with("{}", _SUB),
    "msubsup": _with("{}", _SUB, _SUP),
    "munderover": _with("{}", _SUB, _SUP),
    "mfrac": _fraction,
    "msqrt": _root,
    "mroot": _root_of_degree,
    "mfenced": lambda parts: f"({', '.join(parts)})",
    "mtr": " ".join,
    "mtable": "; ".join,
}
