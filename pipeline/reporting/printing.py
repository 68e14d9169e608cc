"""What a command prints at its end: the table, what is missing, where to look, and the JSON line for programs."""

from __future__ import annotations

import sys
from typing import Any, TextIO

import orjson

from pipeline.reporting.report import Summary, table


def say(stream: TextIO, text: str) -> None:
    """Print a line at once."""
    stream.write(text + "\n")
    stream.flush()


def report(summary: Summary, *, as_json: bool) -> None:
    """Print a summary: the table, what is missing, where to look and, last, the JSON line if it is wanted."""
    say(sys.stdout, table(summary))
    for line in summary.missing:
        say(sys.stdout, f"missing: {line}")
    moved = sum(export.pointers_moved for export in summary.exports.values())
    first, last = summary.dates[0], summary.dates[-1]
    span = first if first == last else f"{first} to {last}"
    say(sys.stdout, f"{summary.status}: {span} is in {summary.output} ({moved} pointers moved)")
    say(sys.stdout, f"look at {summary.output}/manifest/{last}.json")
    if as_json:
        print_json(summary.to_json())


def print_json(value: Any) -> None:
    """Print a value as one line of JSON."""
    say(sys.stdout, orjson.dumps(value).decode())
