"""Ordinary life: what feeds do every day, and nobody's mistake."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .items import Item, post, words
from .scenario import Step, scenario

DAY, WEEK = 24.0, 168.0


def newest(items: Sequence[Item], count: int) -> Sequence[Item]:
    """The newest, first the last one that came."""
    return tuple(reversed(items[-count:]))


def past(feed: str, count: int, apart: float) -> list[Item]:
    """Posts from before the start, oldest first."""
    return [post(feed, number, -apart * (count - number)) for number in range(count)]


@scenario("a personal blog with two posts a week, polled when due for a month", ordinary=True, as_due=True)
def blog() -> Iterator[Step]:
    posts = past("feed", 20, 80)
    yield Step(0, {"feed": newest(posts, 10)})
    for number in range(9):
        posts.append(post("feed", 20 + number, 80.0 * number + 30))
        yield Step(80.0 * number + 30, {"feed": newest(posts, 10)})
    yield Step(31 * DAY)


@scenario(
    "a newspaper with forty pieces a day, some headlines edited within the hour, polled when due",
    ordinary=True,
    as_due=True,
)
def newspaper() -> Iterator[Step]:
    posts = past("feed", 60, 0.6)
    yield Step(0, {"feed": newest(posts, 30)})
    for number in range(100):
        at = 0.6 * number + 0.1
        posts.append(post("feed", 60 + number, at))
        if number % 5 == 2:
            old = posts[-2]
            posts[-2] = post("feed", 60 + number - 1, old.at, title=f"{old.title}, and what follows from it")
        yield Step(at, {"feed": newest(posts, 30)})
    yield Step(62)


@scenario("a newspaper after the program was off for ten hours: 16 of 30 are new", ordinary=True, quick=True)
def newspaper_after_a_night() -> Iterator[Step]:
    posts = past("feed", 30, 0.6)
    yield Step(0, {"feed": newest(posts, 30)})
    posts += [post("feed", 30 + number, 0.33 + 0.6 * number) for number in range(16)]
    yield Step(10, {"feed": newest(posts, 30)})
    posts += [post("feed", 46 + number, 10.5 + number) for number in range(30)]
    yield Step(42, {"feed": newest(posts, 30)})


@scenario(
    "three hours later 16 of 30 are unseen, dated from 20 minutes to 10 hours ago", ordinary=True, quick=True
)
def late_pieces() -> Iterator[Step]:
    posts = past("feed", 30, 0.5)
    yield Step(0, {"feed": newest(posts, 30)})
    dates = [-7 + 0.6 * number for number in range(16)]
    posts += [post("feed", 30 + number, at) for number, at in enumerate(dates)]
    posts.sort(key=lambda item: item.at or 0)
    yield Step(3, {"feed": newest(posts, 30)})


@scenario(
    "thirty links ranked by votes, their dates those of the articles, every hour",
    ordinary=True,
    ordered=False,
)
def ranked_links() -> Iterator[Step]:
    chance = random.Random(1)
    pool = [post("feed", number, -chance.uniform(1, 400)) for number in range(30)]
    yield Step(0, {"feed": pool})
    for hour in range(1, 31):
        pool = pool[: 30 - chance.randrange(3, 22)]
        while len(pool) < 30:
            number = 1000 * hour + len(pool)
            at = hour - chance.choice([0.2, 3, 9, 40, 900, 9000])
            pool.insert(chance.randrange(len(pool) + 1), post("feed", number, at))
        chance.shuffle(pool)
        yield Step(float(hour), {"feed": list(pool)})


@scenario(
    "five links ranked by votes: a short list, of which one is new an hour", ordinary=True, ordered=False
)
def a_short_ranking() -> Iterator[Step]:
    chance = random.Random(2)
    pool = [post("feed", number, -chance.uniform(1, 300)) for number in range(5)]
    yield Step(0, {"feed": pool})
    for hour in range(1, 40):
        pool = pool[:4]
        pool.append(post("feed", 100 + hour, hour - chance.choice([0.5, 5, 90, 2000])))
        chance.shuffle(pool)
        yield Step(float(hour), {"feed": list(pool)})


@scenario("a planet of 35 posts by date after a night; some blogs report late", ordinary=True, quick=True)
def planet_after_a_night() -> Iterator[Step]:
    posts = past("feed", 60, 2)
    yield Step(0, {"feed": newest(posts, 35)})
    posts += [
        post("feed", 100 + number, at) for number, at in enumerate([-50, -31, -20, -9, -4, -1, 1, 3, 5, 8])
    ]
    posts.sort(key=lambda item: item.at or 0)
    yield Step(10, {"feed": newest(posts, 35)})


@scenario(
    "a weekly newsletter of seventy links that bear the dates of the articles",
    ordinary=True,
    ordered=False,
    quick=True,
)
def newsletter_of_links() -> Iterator[Step]:
    chance = random.Random(3)
    for week in range(4):
        dates = [week * WEEK - chance.choice([1, 20, 60, 150, 800, 5000]) for _ in range(70)]
        yield Step(
            week * WEEK, {"feed": [post("feed", 100 * week + number, at) for number, at in enumerate(dates)]}
        )


@scenario("a newsletter that lists its last two issues, the newest links first", ordinary=True, ordered=False)
def newsletter_of_two_issues() -> Iterator[Step]:
    chance = random.Random(4)
    issues: list[list[Item]] = []
    for week in range(6):
        issues.insert(
            0,
            [
                post("feed", 100 * week + number, week * WEEK - chance.choice([2, 30, 90, 400, 3000]))
                for number in range(12)
            ],
        )
        yield Step(week * WEEK, {"feed": [item for issue in issues[:2] for item in issue]})


@scenario(
    "a journal whose weekly issue replaces the last, dated by when each paper was accepted",
    ordinary=True,
    ordered=False,
)
def journal() -> Iterator[Step]:
    for week in range(4):
        dates = [week * WEEK - 100 - 30.0 * (number * 37 % 60) for number in range(60)]
        yield Step(
            week * WEEK, {"feed": [post("feed", 100 * week + number, at) for number, at in enumerate(dates)]}
        )


@scenario(
    "a journal whose papers are sorted by their dates, the last issue below the new one",
    ordinary=True,
    ordered=False,
)
def journal_in_order() -> Iterator[Step]:
    issues: list[list[Item]] = []
    for week in range(4):
        issues.insert(
            0, [post("feed", 100 * week + number, week * WEEK - 200 - 40.0 * number) for number in range(30)]
        )
        yield Step(week * WEEK, {"feed": [item for issue in issues[:2] for item in issue]})


@scenario("a word of the day: one item, one link, an id for each day", ordinary=True, quick=True)
def word_of_the_day() -> Iterator[Step]:
    for day in range(7):
        word = words(f"word {day}", 1)
        item = Item(
            f"word {day}",
            f"Word of the Day: {word}",
            "https://feed.example/word-of-the-day",
            f"wotd-2026-03-{2 + day:02}",
            day * DAY,
            f"Our word of the day is {word}. {words(f'meaning {day}', 20)}",
        )
        yield Step(day * DAY + 1, {"feed": [item]})


@scenario("a word of the day without a text", ordinary=True)
def word_of_the_day_without_text() -> Iterator[Step]:
    for day in range(7):
        item = Item(
            f"word {day}",
            f"Word of the Day: {words(f'word {day}', 1)}",
            "https://feed.example/word-of-the-day",
            f"wotd-2026-03-{2 + day:02}",
            day * DAY,
        )
        yield Step(day * DAY + 1, {"feed": [item]})


@scenario("a daily puzzle: one title and one link, an id and a text for each day", ordinary=True)
def daily_puzzle() -> Iterator[Step]:
    for day in range(7):
        item = Item(
            f"puzzle {day}",
            "The daily crossword",
            "https://feed.example/crossword",
            f"puzzle-{4000 + day}",
            day * DAY,
            words(f"clues {day}", 30),
        )
        yield Step(day * DAY + 1, {"feed": [item]})


@scenario("a weekly podcast whose episodes share one page", ordinary=True)
def podcast_with_one_page() -> Iterator[Step]:
    for week in range(6):
        item = Item(
            f"episode {week}",
            f"Episode {week + 40}: {words(f'show {week}', 3)}",
            "https://feed.example/show",
            f"show-ep-{week + 40}",
            week * WEEK,
            "Our weekly show about everything. Subscribe wherever you listen.",
            f"https://cdn.example/{week + 40}.mp3",
        )
        yield Step(week * WEEK + 1, {"feed": [item]})


@scenario(
    "nightly builds: one id and one link for all, titles alike, a day apart each", ordinary=True, quick=True
)
def nightly_builds() -> Iterator[Step]:
    builds: list[Item] = []
    for night in range(6):
        builds.insert(
            0,
            Item(
                f"build {night}",
                f"nightly build #{400 + night}",
                "https://feed.example/builds",
                "nightly",
                night * DAY,
                words(f"changes {night}", 12),
            ),
        )
        if night >= 2:
            yield Step(night * DAY + 1, {"feed": builds[:3]})


@scenario("nightly builds that are all called by one title", ordinary=True)
def builds_of_one_title() -> Iterator[Step]:
    builds: list[Item] = []
    for night in range(6):
        builds.insert(
            0,
            Item(
                f"build {night}",
                "Nightly build",
                "https://feed.example/builds",
                "nightly",
                night * DAY,
                words(f"changes {night}", 12),
            ),
        )
        if night >= 2:
            yield Step(night * DAY + 1, {"feed": builds[:3]})


@scenario("a status page's incidents: one title again ten hours later", ordinary=True, quick=True)
def status_page() -> Iterator[Step]:
    def incident(number: int, at: float) -> Item:
        return Item(
            f"incident {number}",
            "Elevated error rates on the API in all regions",
            f"https://feed.example/incidents/{number}x{number * 7}",
            f"tag:feed.example,2005:Incident/{number}",
            at,
            words(f"incident {number}", 30),
        )

    yield Step(0, {"feed": [incident(1, -1)]})
    yield Step(11, {"feed": [incident(2, 9)]})
    yield Step(25, {"feed": [incident(3, 19)]})


@scenario(
    "two companies' status pages, the same words for different troubles",
    ordinary=True,
    feeds=("one", "two"),
    quick=True,
)
def two_status_pages() -> Iterator[Step]:
    def incident(feed: str, number: int, at: float) -> Item:
        return post(feed, number, at, title="Elevated error rates on the API in all regions")

    yield Step(0, {"one": [post("one", 0, -50)], "two": [post("two", 0, -60)]})
    yield Step(3, {"one": [incident("one", 1, 2), post("one", 0, -50)]})
    yield Step(5, {"two": [incident("two", 1, 4), post("two", 0, -60)]})


@scenario("jobs of two employers under one title", ordinary=True, feeds=("one", "two"))
def jobs_of_two_employers() -> Iterator[Step]:
    title = "Senior software engineer for our platform team in Berlin"
    yield Step(0, {"one": [post("one", 0, -50)], "two": [post("two", 0, -60)]})
    yield Step(
        3,
        {
            "one": [post("one", 1, 2, title=title), post("one", 0, -50)],
            "two": [post("two", 1, 2.5, title=title), post("two", 0, -60)],
        },
    )


@scenario("hourly bulletins under one title, each with its recording", ordinary=True)
def hourly_bulletins() -> Iterator[Step]:
    for hour in range(12):
        item = Item(
            f"bulletin {hour}",
            "The news at the top of the hour from around the world",
            f"https://feed.example/bulletins/{words(hour, 1)}-{hour}",
            f"urn:bulletin:{hour * 7919}",
            float(hour),
            "The latest news in five minutes.",
            f"https://cdn.example/bulletin-{hour}.mp3",
        )
        yield Step(hour + 0.2, {"feed": [item]})


@scenario("hourly bulletins of which the last three are listed, without recordings", ordinary=True)
def bulletins_in_a_list() -> Iterator[Step]:
    bulletins: list[Item] = []
    for hour in range(12):
        bulletins.insert(
            0,
            Item(
                f"bulletin {hour}",
                "Traffic bulletin for the whole of the county",
                f"https://feed.example/traffic/{words(hour, 2).replace(' ', '-')}",
                f"traffic {hour * 7919}",
                float(hour),
                words(f"traffic {hour}", 25),
            ),
        )
        yield Step(hour + 0.2, {"feed": bulletins[:3]})


@scenario("twelve horoscopes, every day under the same twelve titles", ordinary=True)
def horoscopes() -> Iterator[Step]:
    signs = "Aries Taurus Gemini Cancer Leo Virgo Libra Scorpio Sagittarius Capricorn Aquarius Pisces".split()
    for day in range(4):
        items = [
            post("feed", 100 * day + number, day * DAY, title=f"Your horoscope for today: {sign}")
            for number, sign in enumerate(signs)
        ]
        yield Step(day * DAY + 1, {"feed": items})


@scenario("eight weekly columns under one headline, all unseen after a pause", ordinary=True, quick=True)
def columns_after_a_pause() -> Iterator[Step]:
    columns = [
        post("feed", week, week * WEEK, title="What the readers of this paper have to say")
        for week in range(9)
    ]
    yield Step(1, {"feed": columns[:1]})
    yield Step(8 * WEEK + 1, {"feed": columns[:0:-1]})


@scenario(
    "a planet and one of its blogs: short titles, long texts",
    ordinary=True,
    feeds=("planet", "blog"),
    quick=True,
)
def planet_and_blog() -> Iterator[Step]:
    def told(number: int, at: float, who: str) -> Item:
        title = words(f"short {number}", 2)
        return Item(
            f"{who} {number}",
            title if who == "blog" else f"Jane Doe: {title}",
            f"https://blog.example/posts/{number}",
            f"https://blog.example/?p={number}",
            at,
            words(f"long {number}", 120),
            story=f"post {number}",
        )

    numbers = [(number, 12.0 * number - 100) for number in range(20)]
    for at in range(0, 120, 12):
        shown = [(number, when) for number, when in numbers if when <= at][::-1][:8]
        yield Step(
            float(at),
            {
                "blog": [told(number, when, "blog") for number, when in shown],
                "planet": [told(number, when, "planet") for number, when in shown if when <= at - 6],
            },
        )


@scenario(
    "a link-blog's own piece about another blog's post stays a piece of its own",
    ordinary=True,
    feeds=("links", "blog"),
    quick=True,
)
def link_blog() -> Iterator[Step]:
    yield Step(0, {"links": past("links", 3, 30)[::-1], "blog": past("blog", 3, 30)[::-1]})
    told = post("blog", 9, 4)
    own = post("links", 9, 6, link=told.link, text=words("comment", 90))
    yield Step(5, {"blog": [told, *past("blog", 3, 30)[::-1]]})
    yield Step(8, {"links": [own, *past("links", 3, 30)[::-1]]})


@scenario(
    "one wire story in three papers, hours apart, in the same words",
    ordinary=True,
    feeds=("one", "two", "three"),
)
def wire_story() -> Iterator[Step]:
    shown = {name: past(name, 4, 20)[::-1] for name in ("one", "two", "three")}
    yield Step(0, dict(shown))
    for hours, name in ((2, "one"), (9, "two"), (30, "three")):
        shown[name] = [
            post(name, 9, float(hours) - 1, title="Harbour bridge closed for a month after inspection finds cracks", text=words("wire", 40), story="wire"),
            *shown[name],
        ]  # fmt: skip
        yield Step(float(hours), dict(shown))


@scenario("a microblog without titles, several posts an hour", ordinary=True)
def microblog() -> Iterator[Step]:
    posts = [post("feed", number, number * 0.4 - 8, title=None) for number in range(60)]
    for at in range(0, 16, 2):
        yield Step(float(at), {"feed": [item for item in reversed(posts) if (item.at or 0) <= at][:15]})


@scenario("a comic without dates, three new strips at once", ordinary=True, quick=True)
def undated_comic() -> Iterator[Step]:
    strips = [post("feed", number, None, guid=f"strip-{100 - number}") for number in range(20)]
    yield Step(0, {"feed": newest(strips[:8], 8)})
    yield Step(24, {"feed": newest(strips[:11], 8)})
    yield Step(48, {"feed": newest(strips[:15], 8)})


@scenario(
    "a forum sorted by last answer, whose topics bear the date of that answer", ordinary=True, ordered=False
)
def forum() -> Iterator[Step]:
    chance = random.Random(5)
    topics = {number: -2.0 * number - 1 for number in range(40)}
    for hour in range(0, 48, 2):
        for _ in range(12):
            topics[chance.choice(list(topics))] = hour - chance.random() * 2
        if hour:
            topics[100 + hour] = hour - chance.random() * 2
        listed = sorted(topics, key=lambda number: -topics[number])[:30]
        yield Step(float(hour), {"feed": [post("feed", number, topics[number]) for number in listed]})


@scenario("a post pinned on top, older than all others, and a post a day", ordinary=True)
def pinned_post() -> Iterator[Step]:
    posts = past("feed", 12, DAY)
    pinned = post("feed", 999, -5000)
    yield Step(0, {"feed": [pinned, *newest(posts, 9)]})
    for day in range(6):
        posts.append(post("feed", 12 + day, day * DAY + 2))
        yield Step(day * DAY + 3, {"feed": [pinned, *newest(posts, 9)]})


@scenario(
    "a live blog: one item whose text grows at every poll",
    ordinary=True,
    ends={"live": "LIVE: the vote, last words"},
)
def live_blog() -> Iterator[Step]:
    others = past("feed", 5, 20)[::-1]
    yield Step(0, {"feed": others})
    for part in range(40):
        text = " ".join(words(f"part {number}", 12) for number in range(part, -1, -1))
        title = "LIVE: the vote, last words" if part == 39 else "LIVE: the vote, hour by hour"
        yield Step(
            1 + part * 0.5, {"feed": [post("feed", 50, 0.5, key="live", title=title, text=text), *others]}
        )


@scenario("a post announced with a date of tomorrow, and one of next year", ordinary=True)
def embargo() -> Iterator[Step]:
    posts = past("feed", 5, 20)[::-1]
    yield Step(0, {"feed": posts})
    ahead = [post("feed", 50, 9000.0), post("feed", 51, 26.0)]
    yield Step(2, {"feed": [*ahead, *posts]})
    yield Step(30, {"feed": [post("feed", 52, 29.0), *ahead, *posts]})


@scenario("releases of a program, version by version, two on some days", ordinary=True)
def releases() -> Iterator[Step]:
    def release(number: int) -> Item:
        version = f"2.{number // 3}.{number % 3}"
        return Item(
            f"release {number}",
            f"Acme Tools version {version} has been released",
            f"https://feed.example/releases/v{version}",
            f"tag:feed.example,2020:release/v{version}",
            number * 10.0 - 60,
            words(f"notes {number}", 20),
        )

    for at in range(0, 80, 10):
        yield Step(float(at), {"feed": [release(number) for number in range(at // 10 + 6, at // 10, -1)]})


@scenario(
    "a newsletter that replaces its links each week, each issue sorted by the dates of the articles",
    ordinary=True,
)
def sorted_newsletter() -> Iterator[Step]:
    for week in range(4):
        dates = [week * WEEK - 2 - 9.0 * number for number in range(40)]
        yield Step(
            week * WEEK, {"feed": [post("feed", 100 * week + number, at) for number, at in enumerate(dates)]}
        )


@scenario("a newsletter whose last two issues are one list by the dates of the articles", ordinary=True)
def newsletter_in_one_list() -> Iterator[Step]:
    issues: list[list[Item]] = []
    for week in range(5):
        dates = [week * WEEK - 3 - 20.0 * number - 7 * week for number in range(20)]
        issues.insert(0, [post("feed", 100 * week + number, at) for number, at in enumerate(dates)])
        listed = sorted((item for issue in issues[:2] for item in issue), key=lambda item: -(item.at or 0))
        yield Step(week * WEEK, {"feed": listed})


@scenario("a word of the day whose items have no ids", ordinary=True)
def word_of_the_day_without_ids() -> Iterator[Step]:
    for day in range(6):
        word = words(f"word {day}", 1)
        item = Item(
            f"word {day}",
            f"Word of the Day: {word}",
            "https://feed.example/word-of-the-day",
            None,
            day * DAY,
            f"{word}. {words(f'meaning {day}', 25)}",
        )
        yield Step(day * DAY + 1, {"feed": [item]})


@scenario("a webcam that dates, names and links one item anew every hour under one id", ordinary=True)
def one_id_for_whatever_is_new() -> Iterator[Step]:
    for hour in range(8):
        yield Step(hour + 0.5, {"feed": [post("feed", hour, float(hour), guid="latest")]})


@scenario(
    "drafts that are published days later with the dates of their writing", ordinary=True, ordered=False
)
def late_drafts() -> Iterator[Step]:
    posts = past("feed", 10, 30)
    yield Step(0, {"feed": newest(posts, 10)})
    for number, at in enumerate([-45, -100, 30, -20, 80]):
        posts.append(post("feed", 50 + number, float(at)))
        listed = sorted(posts, key=lambda item: -(item.at or 0))[:10]
        yield Step(24.0 * number + 10, {"feed": listed})


@scenario("comments under one title, told apart by the fragments of their links", ordinary=True)
def comments() -> Iterator[Step]:
    said = [
        Item(
            f"comment {number}",
            "Re: The harbour bridge reopens at last today",
            f"https://feed.example/posts/1#comment-{number}",
            f"https://feed.example/posts/1#comment-{number}",
            float(number),
            words(f"comment {number}", 20),
        )
        for number in range(20)
    ]
    for count in range(1, 20, 2):
        yield Step(count + 0.5, {"feed": newest(said[:count], 5)})


@scenario(
    "what happens to the tickets of a project: one title and link for all that is said of a ticket",
    ordinary=True,
)
def tickets() -> Iterator[Step]:
    chance = random.Random(6)
    events = []
    for number in range(30):
        ticket = chance.randrange(4)
        events.append(
            Item(
                f"event {number}",
                f"Bob commented on ticket {ticket}",
                f"https://feed.example/tickets/{ticket}",
                f"tag:feed.example,2026:event/{number}",
                number * 2.0 - 20,
                words(f"event {number}", 14),
            )
        )
    for count in range(10, 31, 2):
        yield Step(count * 2.0 - 19, {"feed": newest(events[:count], 8)})


@scenario(
    "three feeds of one site, which list the same posts hours apart, under other ids",
    ordinary=True,
    feeds=("main", "news", "sport"),
)
def feeds_of_one_site() -> Iterator[Step]:
    posts = [post("main", number, number * 3.0 - 30) for number in range(30)]
    for at in range(0, 48, 6):
        shown = {}
        for name, late in (("main", 0), ("news", 4), ("sport", 13)):
            listed = [item for item in posts if (item.at or 0) <= at - late][::-1][:8]
            shown[name] = [
                replace(
                    item,
                    key=f"{name} {item.key}",
                    story=item.key,
                    guid=f"{name}-{item.key}",
                    link=f"{item.link}?utm_source={name}",
                )
                for item in listed
            ]
        yield Step(float(at), shown)
