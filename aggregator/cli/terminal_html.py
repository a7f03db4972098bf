"""Clean HTML -> lines for a terminal: paragraphs wrapped, lists and quotes marked, links numbered and listed below."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

from aggregator.cli.text import wrap
from aggregator.text import printable, squeeze

_BLOCKS = frozenset(
    "p div section article header footer h1 h2 h3 h4 h5 h6 ul ol li blockquote pre table tr figure figcaption "
    "dl dt dd hr details summary aside main".split()
)
_SKIPPED = frozenset({"script", "style"})


def render_text(content: str, columns: int) -> list[str]:
    """The lines of a story's content, which the sanitiser has cleaned; blocks are separated by empty lines."""
    reader = _Reader(columns)
    reader.feed(content)
    reader.close()
    reader.flush()
    lines = reader.lines[:-1] if reader.lines and not reader.lines[-1] else reader.lines
    if reader.links:
        lines = [*lines, "", *(f"[{number}] {url}" for number, url in enumerate(reader.links, 1))]
    return lines


@dataclass(eq=False, slots=True)
class _List:
    numbered: bool
    count: int = 0


class _Reader(HTMLParser):
    def __init__(self, columns: int) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.links: list[str] = []
        self._columns = columns
        self._text: list[str] = []
        self._prefix: list[str] = []  # of blocks that are open: quotes
        self._lists: list[_List] = []  # open lists
        self._last_list: _List | None = None  # the outermost of the block before
        self._bullet = ""
        self._pre = 0
        self._skip = 0
        self._targets: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _SKIPPED:
            self._skip += 1
        if tag in _BLOCKS:
            self.flush()
        if tag == "br":
            self._text.append("\n")
        elif tag == "hr":
            self._emit(["-" * min(20, self._columns)])
        elif tag == "blockquote":
            self._prefix.append("> ")
        elif tag == "pre":
            self._pre += 1
        elif tag in ("ul", "ol"):
            self._lists.append(_List(numbered=tag == "ol"))
        elif tag == "li":
            self._begin_item()
        elif tag == "a":
            href = given.get("href") or ""
            self._targets.append(href if href.startswith(("http://", "https://", "mailto:")) else None)
        elif tag == "img":
            self._text.append(f"[image: {squeeze(given.get('alt') or '') or 'no description'}]")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skip = max(0, self._skip - 1)
        if tag in _BLOCKS:
            self.flush()
        if tag == "blockquote" and self._prefix:
            self._prefix.pop()
        elif tag == "pre":
            self._pre = max(0, self._pre - 1)
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif tag == "a" and self._targets:
            target = self._targets.pop()
            if target is not None:
                self._text.append(f"[{self._number(target)}]")

    def handle_data(self, data: str) -> None:
        if not self._skip:
            self._text.append(printable(data))

    def flush(self) -> None:
        """Ends the block of text that is being collected."""
        text, self._text = "".join(self._text), []
        if not text.strip():
            return
        prefix = "".join(self._prefix) + "  " * max(0, len(self._lists) - 1)
        head = prefix + self._bullet
        rest = prefix + " " * len(self._bullet)
        room = max(20, self._columns - len(head))
        pieces = text.strip("\n").split("\n")
        lines = pieces if self._pre else [line for piece in pieces for line in wrap(piece, room)]
        self._emit([(rest if number else head) + line for number, line in enumerate(lines)])
        self._bullet = ""

    def _emit(self, lines: list[str]) -> None:
        outermost = self._lists[0] if self._lists else None
        if outermost is not None and outermost is self._last_list and self.lines:
            self.lines.pop()  # items of one list follow each other without an empty line
        self._last_list = outermost
        self.lines += [*lines, ""]

    def _begin_item(self) -> None:
        self._bullet = "- "
        if self._lists and self._lists[-1].numbered:
            self._lists[-1].count += 1
            self._bullet = f"{self._lists[-1].count}. "

    def _number(self, url: str) -> int:
        if url not in self.links:
            self.links.append(url)
        return self.links.index(url) + 1
