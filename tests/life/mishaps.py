"""What happens to feeds now and then: windows that change, migrations, ids that lie, mirrors, bad clocks, full hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from polite.sites import Answer

from .items import Item, post, words
from .ordinary import DAY, WEEK, newest, past
from .scenario import Step, scenario

YEAR = 365 * DAY


def long_past(feed: str, count: int, apart: float) -> list[Item]:
    """Posts from before the start, oldest first, of which a subscriber should see none as new."""
    return [replace(item, old=True) for item in past(feed, count, apart)]


# ---------------------------------------------------------------- windows


@scenario("the window grows from 10 to 14, and a new post comes with it", quick=True)
def window_grows() -> Iterator[Step]:
    posts = long_past("feed", 20, 30)
    yield Step(0, {"feed": newest(posts, 10)})
    posts.append(post("feed", 20, 4))
    yield Step(5, {"feed": newest(posts, 15)})
    posts.append(post("feed", 21, 9))
    yield Step(10, {"feed": newest(posts, 16)})


@scenario("the window grows from 10 to 20 while a post is pinned on top")
def window_grows_below_a_pinned_post() -> Iterator[Step]:
    posts, pinned = long_past("feed", 20, 30), post("feed", 999, -9000, old=True)
    yield Step(0, {"feed": [pinned, *newest(posts, 10)]})
    posts.append(post("feed", 20, 4))
    yield Step(5, {"feed": [pinned, *newest(posts, 21)]})


@scenario("the window grows from 10 to 20 while three posts are pinned on top")
def window_grows_below_three_pinned_posts() -> Iterator[Step]:
    posts = long_past("feed", 30, 10)
    on_top = [post("feed", 990 + number, -9000.0 - number, old=True) for number in range(3)]
    yield Step(0, {"feed": [*on_top, *newest(posts, 10)]})
    posts.append(post("feed", 50, 3))
    yield Step(4, {"feed": [*on_top, *newest(posts, 21)]})


@scenario("the window of a feed without dates grows from 10 to 20, after some days of news")
def window_without_dates_grows() -> Iterator[Step]:
    posts = [replace(item, at=None) for item in long_past("feed", 30, 1)]
    yield Step(0, {"feed": newest(posts, 10)})
    for number in range(3):
        posts.append(post("feed", 100 + number, None))
        yield Step(24.0 * number + 24, {"feed": newest(posts, 10)})
    yield Step(100, {"feed": newest(posts, 20)})
    posts.append(post("feed", 109, None))
    yield Step(120, {"feed": newest(posts, 21)})


@scenario("the window of a feed that lists the oldest first grows from 10 to 20")
def window_of_oldest_first_grows() -> Iterator[Step]:
    posts = long_past("feed", 20, 30)
    yield Step(0, {"feed": posts[-10:]})
    posts.append(post("feed", 20, 4))
    yield Step(5, {"feed": posts[-16:]})
    posts.append(post("feed", 21, 9))
    yield Step(10, {"feed": posts[-12:]})


@scenario("listed spam is withdrawn, and older posts move up", quick=True)
def spam_is_withdrawn() -> Iterator[Step]:
    posts = long_past("feed", 16, 30)
    spam = [post("feed", 900 + number, -3.0 - number) for number in range(5)]
    yield Step(0, {"feed": [*spam, *newest(posts, 5)]})
    yield Step(4, {"feed": newest(posts, 10)})
    posts.append(post("feed", 20, 5))
    yield Step(6, {"feed": newest(posts, 10)})


@scenario("the first document is empty, the second has 50 posts", quick=True)
def first_an_empty_document() -> Iterator[Step]:
    posts = past("feed", 50, 20)
    yield Step(0, {"feed": []})
    yield Step(2, {"feed": newest(posts, 50)})
    posts.append(post("feed", 50, 3))
    yield Step(4, {"feed": newest(posts, 51)})


@scenario("the first document was cut off after three posts, the second has all 50")
def first_a_truncated_document() -> Iterator[Step]:
    posts = long_past("feed", 50, 20)
    yield Step(0, {"feed": newest(posts, 3)})
    yield Step(2, {"feed": newest(posts, 50)})


@scenario("for an hour the second page of the archive is served instead of the first")
def second_page() -> Iterator[Step]:
    posts = long_past("feed", 40, 20)
    yield Step(0, {"feed": newest(posts, 10)})
    yield Step(2, {"feed": posts[20:30][::-1]})
    posts.append(post("feed", 40, 3))
    yield Step(4, {"feed": newest(posts, 10)})


@scenario("a mirror that lags for weeks answers every other time")
def lagging_mirror() -> Iterator[Step]:
    posts = [replace(item, old=True) for item in past("feed", 40, 10)]
    for poll in range(8):
        posts.append(post("feed", 40 + poll, poll * 2.0))
        yield Step(
            poll * 2.0 + 1,
            {"feed": newest(posts, 10) if poll % 2 == 0 else posts[17 + poll : 27 + poll][::-1]},
        )


@scenario("two servers that list the same posts in opposite orders, in turns")
def orders_in_turns() -> Iterator[Step]:
    posts = past("feed", 12, 10)
    for poll in range(8):
        posts.append(post("feed", 12 + poll, poll * 2.0))
        listed = newest(posts, 10)
        yield Step(poll * 2.0 + 1, {"feed": listed if poll % 2 == 0 else listed[::-1]})


@scenario("two servers of which one has each post's text shortened, in turns")
def texts_in_turns() -> Iterator[Step]:
    posts = past("feed", 12, 10)
    for poll in range(8):
        posts.append(post("feed", 12 + poll, poll * 2.0))
        listed = newest(posts, 10)
        short = [replace(item, text=item.text[:60]) for item in listed]
        yield Step(poll * 2.0 + 1, {"feed": listed if poll % 2 == 0 else short})


@scenario("a feed restored from a backup of a week ago, and then as it should be")
def restored_backup() -> Iterator[Step]:
    posts = past("feed", 30, 10)
    yield Step(0, {"feed": newest(posts, 10)})
    for number in range(6):
        posts.append(post("feed", 30 + number, number * 4.0 + 1))
        yield Step(number * 4.0 + 2, {"feed": newest(posts, 10)})
    yield Step(26, {"feed": newest([replace(item, old=True) for item in posts[:18]], 10)})
    posts.append(post("feed", 36, 28))
    yield Step(30, {"feed": newest(posts, 10)})


# ---------------------------------------------------------------- migrations


def moved(item: Item, domain: str, at: float | None = None) -> Item:
    number = item.key.split()[-1]
    return replace(
        item,
        link=f"https://{domain}/archive/{number}-page",
        guid=f"{domain}/{number}",
        at=item.at if at is None else at,
    )


@scenario("a migration names and dates 500 posts anew, of which 10 are known", quick=True)
def migration_of_500() -> Iterator[Step]:
    posts = long_past("feed", 500, 20)
    yield Step(0, {"feed": newest(posts, 10)})
    anew = [moved(item, "new.example", 3 + number / 100) for number, item in enumerate(posts)]
    yield Step(9, {"feed": newest(anew, 500)})
    anew.append(moved(post("feed", 500, 12), "new.example"))
    yield Step(13, {"feed": newest(anew, 501)})


@scenario("a migration dates 500 posts anew and keeps their ids; 10 are known")
def migration_of_dates() -> Iterator[Step]:
    posts = long_past("feed", 500, 20)
    yield Step(0, {"feed": newest(posts, 10)})
    anew = [replace(item, at=3.0) for item in posts]
    yield Step(9, {"feed": newest(anew, 500)})
    anew.append(post("feed", 500, 12))
    yield Step(13, {"feed": newest(anew, 501)})


@scenario("a migration names 60 posts anew, whose dates and texts stay; 10 are known")
def migration_of_ids() -> Iterator[Step]:
    posts = long_past("feed", 60, 20)
    yield Step(0, {"feed": newest(posts, 10)})
    anew = [moved(item, "new.example") for item in posts]
    anew.append(moved(post("feed", 60, 7), "new.example"))
    yield Step(9, {"feed": newest(anew, 61)})


@scenario("a site of four posts with short titles moves: other ids and links, same dates", quick=True)
def small_site_moves() -> Iterator[Step]:
    posts = [post("feed", number, -50.0 * number - 1, title=words(number, 2)) for number in range(4)]
    yield Step(0, {"feed": posts})
    yield Step(30, {"feed": [moved(item, "new.example") for item in posts]})
    yield Step(
        60,
        {"feed": [post("feed", 9, 59, title="Hello again"), *(moved(item, "new.example") for item in posts)]},
    )


@scenario("a microblog without titles moves: other ids and links, same dates and texts")
def microblog_moves() -> Iterator[Step]:
    posts = [post("feed", number, -5.0 * number - 1, title=None) for number in range(8)]
    yield Step(0, {"feed": posts})
    yield Step(30, {"feed": [moved(item, "new.example") for item in posts]})


@scenario("a site goes from http to https, and its ids with it")
def https() -> Iterator[Step]:
    def at(scheme: str, number: int, when: float) -> Item:
        return post(
            "feed",
            number,
            when,
            link=f"{scheme}://feed.example/{number}",
            guid=f"{scheme}://feed.example/{number}",
        )

    yield Step(0, {"feed": [at("http", number, -10.0 * number) for number in range(10)]})
    yield Step(
        5, {"feed": [at("https", 90, 4), *(at("https", number, -10.0 * number) for number in range(9))]}
    )


@scenario("a program gives all ids a new form, while links and dates stay")
def new_ids() -> Iterator[Step]:
    posts = past("feed", 12, 20)
    yield Step(0, {"feed": newest(posts, 10)})
    posts = [replace(item, guid=f"post-{item.key.split()[-1]}-of-feed") for item in posts]
    posts.append(post("feed", 12, 4, guid="post-12-of-feed"))
    yield Step(5, {"feed": newest(posts, 10)})


@scenario("a server's time zone changes: all dates are five hours later")
def time_zone() -> Iterator[Step]:
    posts = past("feed", 12, 6)
    yield Step(0, {"feed": newest(posts, 10)})
    posts = [replace(item, at=(item.at or 0) + 5) for item in posts]
    posts.append(post("feed", 12, 8))
    yield Step(9, {"feed": newest(posts, 10)})


@scenario(
    "a feed that dates all its posts with the moment of the poll, and brings two new ones a day",
    ordered=False,
)
def dates_of_the_poll() -> Iterator[Step]:
    posts = past("feed", 10, 20)
    for poll in range(10):
        if poll:
            posts.append(post("feed", 10 + poll, 0))
        yield Step(poll * 12.0, {"feed": [replace(item, at=poll * 12.0) for item in newest(posts, 10)]})


@scenario("a post of two years ago is put on top again, once with its old date and once with a new one")
def repost() -> Iterator[Step]:
    posts = past("feed", 10, 20)
    yield Step(0, {"feed": newest(posts, 10)})
    yield Step(5, {"feed": [post("feed", 900, -2 * YEAR), *newest(posts, 9)]})
    yield Step(9, {"feed": [replace(posts[4], at=8.0), post("feed", 900, -2 * YEAR), *newest(posts, 8)]})


@scenario("a migration dates 60 posts anew in their order and keeps ids; 40 of them are known")
def migration_of_dates_in_order() -> Iterator[Step]:
    posts = [*long_past("feed", 60, 20)[:20], *past("feed", 60, 20)[20:]]
    for shown in range(30, 61, 10):
        yield Step(shown / 10, {"feed": newest(posts[:shown], 10)})
    anew = [replace(item, at=20 + number / 60) for number, item in enumerate(posts)]
    yield Step(22, {"feed": newest(anew, 60)})


@scenario("a migration puts 40 posts in the order of their titles, under other ids and dates; 10 are known")
def migration_into_another_order() -> Iterator[Step]:
    posts = long_past("feed", 40, 20)
    yield Step(0, {"feed": newest(posts, 10)})
    anew = [moved(item, "new.example", 3.0) for item in posts]
    yield Step(9, {"feed": sorted(anew, key=lambda item: item.title or "")})


# ---------------------------------------------------------------- ids


def placed(items: list[Item], count: int) -> list[Item]:
    """The newest under ids that say their place in the list."""
    return [replace(item, guid=str(number)) for number, item in enumerate(newest(items, count), 1)]


@scenario("ids are places in the list, 1 the newest; a post a day", quick=True)
def ids_are_places() -> Iterator[Step]:
    posts = past("feed", 12, DAY)
    yield Step(0, {"feed": placed(posts, 8)})
    for day in range(5):
        posts.append(post("feed", 12 + day, day * DAY + 1))
        yield Step(day * DAY + 2, {"feed": placed(posts, 8)})


@scenario("ids are places in a list of one, and then of two")
def places_in_a_list_of_two() -> Iterator[Step]:
    posts = past("feed", 1, 10)
    yield Step(0, {"feed": placed(posts, 2)})
    for number in range(1, 5):
        posts.append(post("feed", number, number * 10.0))
        yield Step(number * 10.0 + 1, {"feed": placed(posts, 2)})


@scenario("ids are places in a list of four that is all new after each weekend")
def places_in_a_new_list() -> Iterator[Step]:
    posts: list[Item] = past("feed", 4, 20)
    yield Step(0, {"feed": placed(posts, 4)})
    for week in range(3):
        posts += [post("feed", 10 * week + 10 + number, week * 72 + 10.0 * number) for number in range(5)]
        yield Step(week * 72 + 60.0, {"feed": placed(posts, 4)})


@scenario("ids are places, and no entry has a link")
def places_without_links() -> Iterator[Step]:
    posts = [replace(item, link=None) for item in past("feed", 8, DAY)]
    yield Step(0, {"feed": placed(posts, 6)})
    for day in range(4):
        posts.append(post("feed", 12 + day, day * DAY + 1, link=None))
        yield Step(day * DAY + 2, {"feed": placed(posts, 6)})


@scenario("ids are places in a microblog without titles")
def places_without_titles() -> Iterator[Step]:
    posts = [replace(item, title=None) for item in past("feed", 8, 5)]
    yield Step(0, {"feed": placed(posts, 6)})
    for number in range(5):
        posts.append(post("feed", 12 + number, number * 5.0 + 1, title=None))
        yield Step(number * 5.0 + 2, {"feed": placed(posts, 6)})


@scenario("every poll finds other ids, and there are no links")
def other_ids_at_every_poll() -> Iterator[Step]:
    posts = past("feed", 20, 5)
    for poll in range(8):
        posts.append(post("feed", 20 + poll, poll * 3.0))
        listed = enumerate(newest(posts, 10))
        yield Step(
            poll * 3.0 + 1,
            {"feed": [replace(item, guid=f"{poll}-{place * 7919}", link=None) for place, item in listed]},
        )


# ---------------------------------------------------------------- edits


@scenario(
    "an enclosure's token changes at every poll; at the 27th the headline is corrected",
    quick=True,
    ends={"show": "CORRECTION: harbour opens its gates on Monday"},
)
def token_of_an_enclosure() -> Iterator[Step]:
    for poll in range(28):
        title = (
            "CORRECTION: harbour opens its gates on Monday"
            if poll >= 26
            else "Harbour opens its gates on Sunday"
        )
        item = post(
            "feed", 1, -3, key="show", title=title, enclosure=f"https://cdn.example/1.mp3?token={poll}"
        )
        yield Step(poll * 0.5, {"feed": [item]})


@scenario(
    "a count of comments changes for days; then the headline is corrected by its label alone",
    ends={"story": "CORRECTION: Harbour opens its gates on Sunday"},
)
def count_of_comments() -> Iterator[Step]:
    text = words("comments", 60)
    for poll in range(60):
        title = "Harbour opens its gates on Sunday"
        item = post(
            "feed",
            1,
            -3,
            key="story",
            title=f"CORRECTION: {title}" if poll >= 58 else title,
            text=f"{text} {poll} comments",
        )
        yield Step(poll * 0.5, {"feed": [item]})


@scenario(
    "a post is withdrawn, and published again two months later with another date and text",
    top=("again",),
    quick=True,
)
def withdrawn_and_published_again() -> Iterator[Step]:
    posts = past("feed", 5, 20)
    again = post("feed", 900, -3, key="again")
    yield Step(0, {"feed": [again, *newest(posts, 5)]})
    yield Step(30, {"feed": newest(posts, 5)})
    for week in range(1, 9):
        posts.append(post("feed", 10 + week, week * WEEK))
        yield Step(week * WEEK + 1, {"feed": newest(posts, 5)})
    yield Step(
        9 * WEEK, {"feed": [replace(again, at=9 * WEEK - 1, text=words("rewritten", 45)), *newest(posts, 5)]}
    )


@scenario("a post that left the window comes back when newer ones are withdrawn: no news", top=("feed 18",))
def back_into_the_window() -> Iterator[Step]:
    posts = long_past("feed", 10, 20)
    yield Step(0, {"feed": newest(posts, 5)})
    for week in range(1, 9):
        posts.append(post("feed", 10 + week, week * WEEK))
        yield Step(week * WEEK + 1, {"feed": newest(posts, 5)})
    yield Step(9 * WEEK, {"feed": newest([*posts[:8], *posts[-1:]], 5)})


@scenario(
    "a publisher rewrites headline, text and id of a piece within hours; its link stays",
    ends={"talks": "Parties agree on a first draft"},
)
def rewritten_with_a_new_id() -> Iterator[Step]:
    text = words("talks", 40)
    titles = (
        "Coalition talks begin in the capital",
        "Coalition talks go on into the night",
        "Parties agree on a first draft",
    )
    for number, title in enumerate(titles):
        item = post(
            "feed",
            70,
            number * 2.0,
            key="talks",
            title=title,
            guid=f"71457-{number}",
            text=f"{text} {words(number, 12)}",
        )
        yield Step(number * 2.0 + 1, {"feed": [item, *past("feed", 3, 20)[::-1]]})


# ---------------------------------------------------------------- hosts


def a_request_a_minute(retry_after: bool) -> Callable[[], Callable[[float, str], Answer | None]]:
    """A host that answers once a minute and else refuses."""

    def gate() -> Callable[[float, str], Answer | None]:
        last = -1.0

        def answer(at: float, name: str) -> Answer | None:
            nonlocal last
            if at - last < 1 / 60:
                return Answer(429, {"retry-after": b"60"} if retry_after else {}, is_feed=False)
            last = at
            return None

        return answer

    return gate


def twenty() -> tuple[str, ...]:
    return tuple(f"feed{number}" for number in range(20))


def _served() -> Iterator[Step]:
    yield Step(0, {name: past(name, 3, 30)[::-1] for name in twenty()})
    yield Step(72)


_ON_ONE_HOST = dict.fromkeys(twenty(), "crowd.example")


@scenario(
    "twenty feeds of a host that allows a request a minute and says when to come again",
    feeds=twenty(), hosts=_ON_ONE_HOST, as_due=True, patience=13.0, gate=a_request_a_minute(True),
)  # fmt: skip
def a_request_a_minute_with_retry_after() -> Iterator[Step]:
    yield from _served()


@scenario(
    "twenty feeds of a host that allows a request a minute and does not say when to come again",
    feeds=twenty(), hosts=_ON_ONE_HOST, as_due=True, patience=37.0, gate=a_request_a_minute(False),
)  # fmt: skip
def a_request_a_minute_without_retry_after() -> Iterator[Step]:
    yield from _served()


# ---------------------------------------------------------------- retention and clocks


@scenario(
    "switched off for longer than `keep.days`, then on: nothing has changed meanwhile",
    as_due=True,
    keep_days=30,
    ends={"feed 9": words("feed 9", 7).capitalize(), "feed 0": words("feed 0", 7).capitalize()},
    quick=True,
)
def switched_off() -> Iterator[Step]:
    yield Step(0, {"feed": past("feed", 10, 20)[::-1]})
    yield Step(30, runs=False)
    yield Step(30 + 60 * DAY, runs=True)
    yield Step(36 + 60 * DAY)


@scenario(
    "switched off for longer than `keep.days`; the feed has moved on, and what it lists no more is kept",
    as_due=True,
    keep_days=30,
    ends={"feed 4": words("feed 4", 7).capitalize(), "feed 12": words("feed 12", 7).capitalize()},
)
def switched_off_while_the_feed_went_on() -> Iterator[Step]:
    posts = past("feed", 10, 20)
    yield Step(0, {"feed": newest(posts, 10)})
    yield Step(30, runs=False)
    posts += [post("feed", 10 + number, 40 * DAY + number) for number in range(3)]
    yield Step(30 + 60 * DAY, {"feed": newest(posts, 8)}, runs=True)
    yield Step(50 + 60 * DAY)


@scenario(
    "a feed fails for 30 days, longer than entries are kept, and comes back as it was",
    as_due=True,
    keep_days=14,
    ends={"feed 9": words("feed 9", 7).capitalize()},
)
def fails_for_a_month() -> Iterator[Step]:
    yield Step(0, {"feed": past("feed", 10, 20)[::-1]})
    yield Step(30, fails=frozenset({"feed"}))
    yield Step(31 * DAY)
    yield Step(34 * DAY)


@scenario(
    "the clock is ten years ahead at one start, for an hour",
    as_due=True,
    ends={"feed 9": words("feed 9", 7).capitalize(), "feed 5": words("feed 5", 7).capitalize()},
    top=("feed 12",),
)
def clock_ahead_at_a_start() -> Iterator[Step]:
    posts = past("feed", 10, 20)
    yield Step(0, {"feed": newest(posts, 10)})
    posts.append(post("feed", 10, 29))
    yield Step(30, {"feed": newest(posts, 4)})
    yield Step(40, clock=10 * YEAR)
    yield Step(41, clock=0)
    posts += [post("feed", 11, 42), post("feed", 12, 44)]
    yield Step(45, {"feed": newest(posts, 4)})
    yield Step(60)


@scenario("the clock is an hour behind at one start, and then right", as_due=True, top=("feed 12",))
def clock_behind_at_a_start() -> Iterator[Step]:
    posts = past("feed", 10, 20)
    yield Step(0, {"feed": newest(posts, 10)})
    posts.append(post("feed", 11, 29))
    yield Step(30, {"feed": newest(posts, 10)})
    yield Step(40, clock=-1)
    yield Step(44, clock=0)
    posts.append(post("feed", 12, 45))
    yield Step(46, {"feed": newest(posts, 10)})
    yield Step(60)


@scenario("a feed lists its whole history again after retention took it: no news", keep_days=30)
def history_again_after_retention() -> Iterator[Step]:
    posts = past("feed", 10, 20)
    yield Step(0, {"feed": newest(posts, 10)})
    for week in range(1, 12):
        posts.append(post("feed", 10 + week, week * WEEK))
        yield Step(week * WEEK + 1, {"feed": newest(posts, 3)})
    old = [replace(item, key=f"{item.key} again", old=True) for item in posts[:8]]
    yield Step(12 * WEEK, {"feed": newest([*old, *posts[-3:]], 11)})
