"""What `aggregator poll` prints while it polls: a bar and a table on a terminal, else one line a feed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import click

from aggregator.cli.text import discard_output, is_terminal
from aggregator.models import PollResult
from aggregator.schedule import NO_NETWORK
from aggregator.text import counted, one_line


class Report(Protocol):
    """Called with each result as it comes; `close` prints what is left to say."""

    def __call__(self, result: PollResult) -> None: ...
    def __enter__(self) -> Any: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def close(self, results: Sequence[PollResult]) -> None: ...
    def raise_failed(self) -> None: ...


def make_report(count: int, silent: bool) -> Report:
    """The report for `count` feeds that fits where we print."""
    if silent:
        return Silent()
    if is_terminal() and count:
        return Bar(count)
    return Lines()


class Silent:
    def raise_failed(self) -> None: ...
    def __call__(self, result: PollResult) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...
    def close(self, results: Sequence[PollResult]) -> None: ...


class Lines(Silent):
    """One line a feed, as it comes. An output that cannot be written must not end the round: it fails later."""

    def __init__(self) -> None:
        self._failed: OSError | None = None
        self._reached = False  # somebody answered: the network is there
        self._held: list[PollResult] = []  # failures before that, which may be ours
        self._offline: set[str] = set()  # feeds that were skipped without a network

    def raise_failed(self) -> None:
        """Raises what went wrong with the output, once all is saved."""
        if self._failed is not None:
            raise self._failed

    def __call__(self, result: PollResult) -> None:
        if _is_offline(result):
            self._offline.add(result.url)
        elif not self._reached and result.status == "failing":
            self._held.append(result)
        else:
            self._reached = True
            self._flush()
            self._write(result)

    def close(self, results: Sequence[PollResult]) -> None:
        self._flush()
        if self._offline:
            count = counted(len(self._offline), "feed")
            click.echo(f"No network: {count} skipped, to be tried again in 5 min.")

    def _flush(self) -> None:
        """Prints what was held back, but for feeds that were skipped afterwards since there is no network."""
        held, self._held = self._held, []
        for result in held:
            if result.url not in self._offline:
                self._write(result)

    def _write(self, result: PollResult) -> None:
        if self._failed is None:
            try:
                self._print(result)
            except OSError as error:  # a pipe that nobody reads, a full disk
                self._failed = error
                discard_output()

    def _print(self, result: PollResult) -> None:
        parts = [f"{result.status:<9}", f"{result.new:>4} new", one_line(result.name), result.url]
        if result.message:
            parts.append(one_line(result.message))
        if result.overrides:
            parts.append(f"(polled early; was: {one_line(result.overrides)})")
        click.echo("  ".join(parts))


class Bar(Silent):
    """A progress bar, then a table of what came and of what went wrong."""

    def __init__(self, count: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._progress = Progress(
            TextColumn("polling"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[name]}"),
            transient=True,
        )
        self._task = self._progress.add_task("polling", total=count, name="")

    def __enter__(self) -> None:
        self._progress.start()

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, result: PollResult) -> None:
        self._progress.update(self._task, advance=1, name=_plain(result.name))

    def close(self, results: Sequence[PollResult]) -> None:
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        offline = sum(map(_is_offline, results))
        if offline:
            click.echo(f"No network: {counted(offline, 'feed')} skipped, to be tried again in 5 min.")
        results = [result for result in results if not _is_offline(result)]
        rows = [r for r in results if r.new or r.edited or r.status not in ("ok", "unchanged") or r.message]
        if not rows:
            return
        messages = any(result.message for result in rows)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("feed", no_wrap=not messages, overflow="ellipsis")
        table.add_column("status")
        table.add_column("new", justify="right")
        table.add_column("stories", justify="right")
        if messages:
            table.add_column("", overflow="fold", ratio=1)
        for result in sorted(rows, key=lambda r: (r.status in _BAD, -r.new, r.name.casefold())):
            cells = [
                Text(one_line(result.name)),
                Text(result.status, style="red" if result.status in _BAD else "green"),
                Text(str(result.new or "")),
                Text(str(result.stories or "")),
            ]
            table.add_row(*cells, *([Text(one_line(result.message or ""))] if messages else []))
        Console().print(table)


_BAD = ("failing", "gone", "paused")


def _is_offline(result: PollResult) -> bool:
    return result.message is not None and NO_NETWORK in result.message


def is_without_network(results: Sequence[PollResult]) -> bool:
    """Whether all feeds were skipped, so that there is no more to say."""
    return bool(results) and all(map(_is_offline, results))


def totals(results: Sequence[PollResult], waiting: int, changed: Sequence[str], folder: Path) -> str:
    """The round in two lines, less the feeds that were skipped without a network, which was said."""
    results = [result for result in results if not _is_offline(result)]
    states = Counter(result.status for result in results)
    by_status = ", ".join(f"{count} {status}" for status, count in sorted(states.items()))
    new, stories = sum(r.new for r in results), sum(r.stories for r in results)
    first = f"{counted(len(results), 'feed')} polled" + (f" ({by_status})" if by_status else "")
    first += f": {counted(new, 'new entry', 'new entries')}, {counted(stories, 'new story', 'new stories')}."
    early = sum(result.overrides is not None for result in results)
    if early:
        first += f" {counted(early, 'feed')} polled early."
    if waiting > 0:
        first += f" {counted(waiting, 'feed')} not due yet."
    return f"{first}\n{written(changed, folder)}"


def written(changed: Sequence[str], folder: Path) -> str:
    """Which files were written, the first few by name."""
    if not changed:
        return f"Nothing changed in {folder}."
    more = f" and {len(changed) - 4} more" if len(changed) > 5 else ""
    named = changed[:4] if more else changed
    return f"Written to {folder}: {', '.join(named)}{more}."


def _plain(text: str) -> str:
    """A feed's name may not be read as markup of the progress bar."""
    return one_line(text).replace("[", "(").replace("]", ")")[:40]
