"""The output of commands: colour on a terminal, plain lines elsewhere, one line of JSON with ``--json``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, TextIO

import orjson

from pipeline.reporting.colour import is_rich
from pipeline.reporting.report import Summary, table
from pipeline.requests.problems import ProblemsError

_STATUS_STYLES = {"success": "bold green", "partial": "bold yellow", "failed": "bold red"}


def say(text: str, stream: TextIO | None = None, *, style: str = "") -> None:
    """Print a line.

    Args:
        text: The line.
        stream: Where to; standard output by default.
        style: How it looks on a terminal, in the words of rich.
    """
    out = stream or sys.stdout
    if style and is_rich(out):
        # Imported only for a terminal: it takes longer than all of --help.
        from rich.console import Console
        from rich.text import Text

        Console(file=out, soft_wrap=True).print(Text(text, style))
    else:
        out.write(text + "\n")
    out.flush()


def say_json(value: Any) -> None:
    """Print a JSON value on one line."""
    say(orjson.dumps(value).decode())


def complain(error: Exception | str) -> None:
    """Print problems on standard error, one line each; keys and fixes stand out on a terminal."""
    if not isinstance(error, ProblemsError) or not is_rich(sys.stderr):
        say(str(error), sys.stderr, style="red")
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stderr, soft_wrap=True)
    for problem in error.problems:
        subject = f"{problem.value} " if problem.value else ""
        console.print(
            Text.assemble((problem.key, "bold red"), f": {subject}{problem.reason}; ", (problem.fix, "green"))
        )


def report(summary: Summary, *, control: str, as_json: bool) -> None:
    """Print a summary: the table, missing documents, the path of the manifest and, with ``as_json``, the JSON line.

    Args:
        summary: What a run published.
        control: Where its manifests are, as the command line names it.
        as_json: Whether to print the JSON line.
    """
    _say_table(summary)
    say_all([f"absent: {line}" for line in summary.absent])
    for line in summary.missing:
        say(f"missing: {line}", style="red")
    moved = sum(export.pointers_moved for export in summary.exports.values())
    first, last = summary.dates[0], summary.dates[-1]
    span = first if first == last else f"{first} to {last}"
    style = _STATUS_STYLES.get(summary.status, "")
    by = f", by {summary.engine}" if summary.engine else ""
    say(f"{summary.status}: {span} is in {summary.output} ({moved} pointers moved){by}", style=style)
    say(f"look at {control}/manifest/{last}.json")
    if as_json:
        say_json(summary.to_json())


def _say_table(summary: Summary) -> None:
    head, *rows = table(summary).splitlines()
    say(head, style="bold")
    for row, export in zip(rows, summary.exports.values(), strict=True):
        say(row, style="red" if export.failed or export.withheld else "")


def say_all(lines: Sequence[str], *, style: str = "") -> None:
    """Print some lines."""
    for line in lines:
        say(line, style=style)
