"""Makes text in words that no language has, plain and as the HTML that editors make.

Used by feedforms.py; to see some: python benchmarks/feedtext.py
"""

from __future__ import annotations

import random
from itertools import accumulate

_SOUNDS = {
    "latin": ((*"bcdfghklmnprstvw", "st", "pr", "th"), ("a", "e", "i", "o", "u", "ea", "er", "on")),
    "accents": (tuple("bcdfglmnprstvñç"), ("a", "é", "i", "o", "ü", "à", "en", "ß")),
    "cyrillic": (tuple("бвгдзклмнпрст"), ("а", "е", "и", "о", "у", "ый", "ен")),
    "cjk": (tuple(map(chr, range(0x4E00, 0x4E00 + 800, 2))), tuple(map(chr, range(0x3042, 0x3080)))),
}


class Words:
    """Sentences of words that no language has, some of them as frequent as "the"."""

    def __init__(self, rng: random.Random, script: str) -> None:
        self._rng, self._gap = rng, "" if script == "cjk" else " "
        self._stop = "。" if script == "cjk" else ". "
        self._quote = "「{}」" if script == "cjk" else "“{}”" if script == "latin" else '"{}"'
        heads, tails = _SOUNDS[script]
        syllables = 1 if script == "cjk" else 3
        self._all = [
            "".join(rng.choice(heads) + rng.choice(tails) for _ in range(rng.randint(1, syllables)))
            for _ in range(900)
        ]
        self._weights = list(accumulate(1 / (rank + 2) for rank in range(len(self._all))))

    def some(self, low: int, high: int) -> str:
        count = self._rng.randint(low, high)
        return self._gap.join(self._rng.choices(self._all, cum_weights=self._weights, k=count))

    def title(self) -> str:
        words = self.some(3, 11)
        return words[0].upper() + words[1:] + self._rng.choice(("", "", "", "", "?", " & more", " – 1"))

    def sentence(self) -> str:
        words = self.some(4, 15)
        if self._rng.random() < 0.08:
            words = self._quote.format(words)
        return words[0].upper() + words[1:] + self._stop

    def text(self, length: int) -> str:
        """Sentences of about this many bytes."""
        written, text = 0, []
        while written < length:
            text.append(self.sentence())
            written += len(text[-1].encode())
        return "".join(text).strip()


class Markup:
    """HTML such as editors make, well-formed so that XHTML can carry it too."""

    def __init__(self, rng: random.Random, words: Words, site: str) -> None:
        self._rng, self._words, self._site = rng, words, site

    def page(self, length: int) -> str:
        """Blocks of about this many bytes."""
        blocks: list[str] = []
        written = 0
        while written < length:
            make = self._rng.choices(self._BLOCKS, (60, 8, 8, 8, 4, 3))[0]
            blocks.append(make(self))
            written += len(blocks[-1].encode())
        return "\n".join(blocks)

    def _paragraph(self) -> str:
        sentences = (self._marked(self._words.sentence()) for _ in range(self._rng.randint(1, 5)))
        return f"<p>{''.join(sentences)}</p>"

    def _marked(self, sentence: str) -> str:
        kind = self._rng.random()
        if kind < 0.6:
            return sentence
        first, _, rest = sentence.partition(" ")
        if kind < 0.76:
            return f'<a href="{self.address()}">{first}</a> {rest}'
        if kind < 0.92:
            return f"<{(tag := self._rng.choice(('strong', 'em', 'i', 'b', 'code')))}>{first}</{tag}> {rest}"
        return f"{first}&nbsp;{rest}<br/>" if kind < 0.98 else f"{first} &amp; {rest}"

    def _picture(self) -> str:
        image = self.image()
        return (
            f'<figure class="wp-block-image size-large"><img src="{image}" alt="{self._words.some(1, 6)}" width="1024"'
            f' height="683" loading="lazy" srcset="{image} 1024w, {image}?w=300 300w"/></figure>'
        )

    def _heading(self) -> str:
        return f'<h2 id="{self._rng.randrange(999)}">{self._words.some(2, 6)}</h2>'

    def _list(self) -> str:
        items = "".join(f"<li>{self._marked(self._words.sentence())}</li>" for _ in range(4))
        return f"<ul>{items}</ul>"

    def _quotation(self) -> str:
        return f'<blockquote style="margin: 0">{self._paragraph()}</blockquote>'

    def _code(self) -> str:
        return f"<pre><code>if x &lt; {self._words.some(1, 3)}:\n    {self._words.some(3, 9)}\n</code></pre>"

    _BLOCKS = (_paragraph, _picture, _heading, _list, _quotation, _code)

    def address(self) -> str:
        query = "?utm_source=rss&amp;utm_medium=feed" if self._rng.random() < 0.1 else ""
        return f"{self._site}/{self._rng.randrange(2015, 2025)}/{self._rng.randrange(9999)}{query}"

    def image(self) -> str:
        return f"{self._site}/wp-content/uploads/{self._rng.getrandbits(32):08x}.jpg"


if __name__ == "__main__":
    chance = random.Random(1)
    print(Markup(chance, Words(chance, "latin"), "https://site.example").page(2_000))
