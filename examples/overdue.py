"""Prints how the feeds stand: those that fail first, each with its next poll and the reason.

python examples/overdue.py feeds.yaml
"""

import sys

from aggregator import open_app


def main(config: str) -> None:
    with open_app(config) as app:
        feeds = app.feeds()
        names = app.feed_names(feeds)
        for feed in sorted(feeds, key=lambda feed: -feed.failures):
            when = f"{feed.next_poll:%Y-%m-%d %H:%M} UTC" if feed.next_poll else "now"
            print(f"{names[feed.id]}: {feed.status}, next poll {when} ({feed.next_reason})")


if __name__ == "__main__":
    main(*sys.argv[1:])
