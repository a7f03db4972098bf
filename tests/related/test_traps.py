"""Headlines that share words and no event: each pair must stay apart, alone and among everything else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.related import judge
from support.events import EVENTS, Telling
from support.related import weighed

TRAPS: dict[str, tuple[Telling, Telling]] = {
    "chapter 11 filings": (
        (
            "Harlow Fabrics files for Chapter 11 bankruptcy protection",
            "The retailer listed debts of $80 million.",
        ),
        (
            "Zenith Media files for Chapter 11 bankruptcy protection",
            "The publisher listed debts of $90 million.",
        ),
    ),
    "quarterly results": (
        ("Norvik Shipping Inc. reports third quarter results, raises full-year guidance", ""),
        ("Calder Foods Inc. reports third quarter results, raises full-year guidance", ""),
    ),
    "scores of other matches": (
        ("Premier League: Harrow City 2-1 Dunmore United", "Late winner in the Premier League at Harrow."),
        ("Premier League: Ashby Rovers 2-0 Kingsmere Town", "Early goal in the Premier League at Ashby."),
    ),
    "the same score in other matches": (
        ("Harrow City beat Dunmore United 2-1 in Premier League", ""),
        ("Ashby Rovers beat Kingsmere Town 2-1 in Premier League", ""),
    ),
    "things to know about one thing and another": (
        ("5 things to know about the new Orchid tablet before you buy", ""),
        ("5 things to know about the new harbour tunnel before it opens", ""),
    ),
    "things to know of the day": (
        ("5 things to know for Monday: budget, trains, storm", ""),
        ("5 things to know this Monday: budget, elections, cricket", ""),
    ),
    "weather warnings for other places": (
        (
            "Yellow weather warning for heavy rain and wind issued for Northmoor",
            "The Met Office expects flooding.",
        ),
        (
            "Yellow weather warning for heavy rain and wind issued for Southdale",
            "The Met Office expects flooding.",
        ),
    ),
    "Unwetterwarnungen": (
        (
            "Amtliche Warnung vor Sturmböen für den Kreis Lindenau",
            "Der DWD warnt vor Sturmböen und Gewitter.",
        ),
        (
            "Amtliche Warnung vor Sturmböen für den Kreis Moosbach",
            "Der DWD warnt vor Sturmböen und Gewitter.",
        ),
    ),
    "market closes": (
        (
            "Dow closes higher as tech stocks rally ahead of rate decision",
            "Wall Street ended the session higher.",
        ),
        (
            "Nikkei closes higher as tech stocks rally ahead of rate decision",
            "Tokyo ended the session higher.",
        ),
    ),
    "market closes of one place on two days": (
        ("Wall Street closes lower as oil prices slide", ""),
        ("Wall Street opens higher as oil prices rise", ""),
    ),
    "recipes": (
        (
            "Easy lemon garlic chicken recipe for busy weeknights",
            "Ready in 30 minutes with lemon and garlic.",
        ),
        ("Lemon garlic shrimp: an easy recipe for summer", "Ready in 20 minutes with lemon and garlic."),
    ),
    "job adverts": (
        (
            "Senior Python developer (remote, full time) at Harlow Labs",
            "We are looking for a senior developer.",
        ),
        (
            "Senior Python developer (remote, full time) at Zenith Works",
            "We are looking for a senior developer.",
        ),
    ),
    "status pages": (
        (
            "Elevated error rates on the API and dashboard",
            "We are investigating elevated error rates on the API.",
        ),
        (
            "Investigating elevated error rates on our API",
            "We are investigating errors on the API, dashboard slow.",
        ),
    ),
    "horoscopes": (
        (
            "Horoscope for Monday: Scorpio finds love, Leo saves money",
            "What the stars hold for Scorpio and Leo.",
        ),
        ("Daily horoscope: Leo saves money while Scorpio waits for love", "The stars for Leo and Scorpio."),
    ),
    "a live blog and one of its subjects": (
        (
            "Politics live: Brandt resigns over Lisbon hotel bills, rail strike grows",
            "All of the day's politics.",
        ),
        ("Senator Ilse Brandt resigns over Lisbon hotel bills", "The Senator said the bills were a mistake."),
    ),
    "a live blog by its label": (
        ("Live: Brandt resigns over Lisbon hotel bills", "All of the day's politics."),
        ("Senator Ilse Brandt resigns over Lisbon hotel bills", "The Senator said the bills were a mistake."),
    ),
    "en direct": (
        ("En direct : la halle de Montreval ravagée par un incendie", "Suivez les événements de la journée."),
        ("La halle de Montreval ravagée par un incendie", "La charpente s'est effondrée."),
    ),
    "one politician in two stories": (
        ("French President Armand Delacroix visits Ostrava for energy talks", "Gas supplies were discussed."),
        ("French President Armand Delacroix defends pension reform", "Unions have called for strikes."),
    ),
    "one politician and his name only": (
        ("Donald Armitage says his tariffs will bring factories home", ""),
        ("President Donald Armitage attacks judge over ruling on migrants", ""),
    ),
    "one company in two stories": (
        (
            "Vitmet chief executive Pavel Dudek to retire in spring",
            "Dudek has led the steelmaker for ten years.",
        ),
        (
            "Vitmet fined for river pollution by steelmaker's rolling mill",
            "Inspectors found zinc in the Oder.",
        ),
    ),
    "numbers that differ": (
        (
            "Earthquake of magnitude 5.8 strikes off coast of Tarsia",
            "No tsunami warning was issued for Tarsia.",
        ),
        (
            "Earthquake of magnitude 6.4 strikes off coast of Tarsia",
            "No tsunami warning was issued for Tarsia.",
        ),
    ),
    "one place, two accidents": (
        ("Man dies in crash on A40 near Northmoor", "Police closed the road for hours."),
        ("Woman injured in crash on A38 near Northmoor", "Police closed the road for hours."),
    ),
    "episodes": (
        ("The Lighthouse season 2 episode 5 recap: the storm", ""),
        ("Kitchen Wars season 2 episode 5 recap: the dessert", ""),
    ),
    "names that stand together": (
        ("North Korea holds party congress", "Delegates gathered in Pyongyang."),
        ("North Korea fires missile into sea", "The missile fell east of Pyongyang."),
    ),
    "прогноз погоды": (
        ("Прогноз погоды в Озерске на 17 мая: дождь и ветер", ""),
        ("Прогноз погоды в Лугове на 17 мая: дождь и ветер", ""),
    ),
    "где смотреть": (
        ("Где смотреть онлайн матч «Маяк» — «Заря»: трансляция", ""),
        ("Где смотреть онлайн матч «Волна» — «Нева»: трансляция", ""),
    ),
}


def _more_traps() -> Iterator[tuple[str, tuple[Telling, Telling]]]:
    text = Path(__file__).with_name("more-traps.txt").read_text(encoding="utf-8")
    for block in text.split("\n\n")[1:]:
        kind, *told = block.strip().splitlines()
        (one, one_summary), (other, other_summary) = (line.split(" | ") for line in told)
        yield kind.removeprefix("@"), ((one, one_summary), (other, other_summary))


TRAPS |= dict(_more_traps())


@pytest.mark.parametrize("pair", TRAPS.values(), ids=TRAPS)
def test_headlines_of_a_kind_are_not_related_in_a_new_store(pair: tuple[Telling, Telling]) -> None:
    assert _links(pair, []) == []


@pytest.mark.parametrize("pair", TRAPS.values(), ids=TRAPS)
def test_nor_among_other_news(pair: tuple[Telling, Telling]) -> None:
    others = [telling for _, told in EVENTS for telling in told]
    others += [telling for other in TRAPS.values() if other != pair for telling in other]
    assert _links(pair, others) == []


def _links(pair: tuple[Telling, Telling], others: list[Telling]) -> list[tuple[str, ...]]:
    entries = {entry.id: entry for entry in weighed([*pair, *others])}
    link = judge(entries[1], entries[2]) if 1 in entries and 2 in entries else None
    return [link.words] if link else []
