"""A comparison as a table of text, and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.comparison.change import Change, Comparison, Kind
from pipeline.comparison.thresholds import cell_text

_COLUMNS: Sequence[tuple[str, tuple[tuple[str, Kind], ...]]] = (
    ("losses", (("", Kind.LOSSES),)),
    ("documents", (("-", Kind.DOCUMENTS_MISSING), ("+", Kind.DOCUMENTS_NEW), ("~", Kind.DOCUMENTS_CHANGED))),
    ("unreadable", (("", Kind.DOCUMENTS_UNREADABLE),)),
    ("pointers", (("~", Kind.POINTERS_CHANGED),)),
    ("players", (("-", Kind.PLAYERS_LOST), ("+", Kind.PLAYERS_GAINED))),
    ("picks", (("-", Kind.PICKS_DROPPED), ("+", Kind.PICKS_ADDED))),
    ("flipped", (("", Kind.PICKS_FLIPPED),)),
    ("lines", (("~", Kind.LINES_MOVED),)),
    (
        "predictions",
        (("-", Kind.PREDICTIONS_DROPPED), ("+", Kind.PREDICTIONS_ADDED), ("~", Kind.PREDICTIONS_CHANGED)),
    ),
)
"""Headings, and the kinds below each: lost, gained, changed."""
_ESCAPES = str.maketrans(
    {**{sign: f"\\{sign}" for sign in "\\`*_[]|~"}, **{sign: f"&#{ord(sign)};" for sign in "&<>@#"}}
)
_LEGEND = "\\- lost, + gained, ~ changed"


def headings() -> list[str]:
    """Return the headings of the table."""
    return ["type and date", *(heading for heading, _ in _COLUMNS), "by points"]


def rows(found: Comparison) -> Iterator[list[str]]:
    """Yield a row for each export type and date in which something differs."""
    counts, largest = found.counts(), found.largest()
    for cell in sorted(counts, key=lambda cell: (cell[0], str(cell[1] or ""))):
        yield [cell_text(cell), *(_cell(counts[cell], kinds) for _, kinds in _COLUMNS), _points(largest[cell])]


def text_table(found: Comparison) -> list[str]:
    """Return the table as lines of text; none when nothing differs."""
    table = [headings(), *rows(found)]
    if len(table) < 2:
        return []
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    return [
        "  ".join(
            text.ljust(width) if column == 0 else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in table
    ]


def listed(found: Comparison, most: int) -> tuple[list[Change], int]:
    """Return the first changes of every kind in turn, and how many are left out.

    A kind with many changes leaves room for those with few.
    """
    by_kind = {kind: [change for change in found.changes if change.kind is kind] for kind in Kind}
    taken = dict.fromkeys(by_kind, 0)
    left = most
    while left and (waiting := [kind for kind in by_kind if taken[kind] < len(by_kind[kind])]):
        for kind in waiting[:left]:
            taken[kind] += 1
            left -= 1
    chosen = [change for kind, changes in by_kind.items() for change in changes[: taken[kind]]]
    return chosen, len(found.changes) - len(chosen)


def markdown(found: Comparison, before: str, after: str, over: Sequence[str], most: int) -> str:
    """Return a comparison as Markdown.

    Args:
        found: The comparison.
        before: The name of the first tree.
        after: The name of the second tree.
        over: Where more differs than is allowed.
        most: How many changes are listed.
    """
    lines = [f"### {_escaped(before)} → {_escaped(after)}", "", f"{summary(found)}.", ""]
    if over:
        lines += ["**More than is allowed:**", "", *(f"- {_escaped(line)}" for line in over), ""]
    table = list(rows(found))
    if table:
        lines += [_row(headings()), "|---" + "|---:" * (len(headings()) - 1) + "|"]
        lines += [_row([_escaped(text) for text in row]) for row in table]
        lines += ["", _LEGEND, ""]
        changes, more = listed(found, most)
        lines += ["<details><summary>What differs</summary>", "", *(f"- {_escaped(str(one))}" for one in changes)]
        lines += [f"- and {more:,} more"] * bool(more)
        lines += ["", "</details>", ""]
    return "\n".join(lines)


def summary(found: Comparison) -> str:
    """Return how much was compared and how much differs."""
    return f"{found.compared:,} objects compared, {found.unchanged:,} are equal, {len(found.changes):,} differences"


def _cell(counts: dict[Kind, int], kinds: Sequence[tuple[str, Kind]]) -> str:
    return " ".join(f"{sign}{counts[kind]}" for sign, kind in kinds if counts[kind])


def _points(largest: float) -> str:
    return f"{largest:g}" if largest else ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Return a text that Markdown shows as it is: a name in a document must not become a link, a tag or a cell."""
    return " ".join(text.split()).translate(_ESCAPES)
