"""Polls the feeds that are due, publishes, and prints the newest stories.

python examples/poll.py feeds.yaml
"""

import sys

from aggregator import AggregatorError, open_app


def main(config: str) -> None:
    with open_app(config) as app:
        for result in app.poll():
            print(
                f"{result.name}: {result.status}, {result.new} new"
                + f" ({result.message})" * bool(result.message)
            )
        app.publish()
        for story in app.latest(10):
            also = f", also at {', '.join(other.source.name for other in story.also)}" if story.also else ""
            print(f"{story.published:%Y-%m-%d %H:%M}  {story.title}  ({story.source.name}{also})")


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "feeds.yaml")
    except AggregatorError as error:  # its text is fit to be shown
        sys.exit(str(error))
