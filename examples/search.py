"""Searches what was published, and says of each story found why it is one story.

python examples/search.py feeds.yaml "two words"
"""

import sys

from aggregator import open_app


def main(config: str, query: str) -> None:
    with open_app(config) as app:  # only reads: no store is made, and none is written
        for story in app.search(query, number=10):
            print(f"{story.title}\n  {story.link}")
            explanation = app.explain(story.id)
            for sighting in explanation.sightings if explanation else ():
                print(f"  {sighting.feed}: {sighting.rule}, {sighting.key or 'no key'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
