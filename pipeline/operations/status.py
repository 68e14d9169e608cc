"""The command that shows what is published: as a table, as JSON, or as the status page of a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from pipeline.execution.places import open_output
from pipeline.operations.status_options import StatusOptions
from pipeline.operations.status_server import StatusServer
from pipeline.options.flags import OptionsError, check_folder, parse_options
from pipeline.options.league_file import in_tree
from pipeline.options.locations import LocalFolder
from pipeline.options.tree_options import TreeOptions
from pipeline.reporting.terminal import complain, say, say_json
from pipeline.requests.problems import Problem, show
from transforms.status_page.calendar import CALENDAR_PATH
from transforms.status_page.page import PAGE_PATH
from transforms.status_page.publish import data_problem
from transforms.status_page.states import Cell
from transforms.stores.protocol import Store, StoreError

OK, NOTHING, REJECTED = 0, 1, 2
"""Exit codes."""
_FINE = (Cell.PUBLISHED.value, Cell.NO_GAMES.value)
_HEAD = (
    f"{'date':<12}{'state':<11}{'games':>6}{'types':>7}{'documents':>11}{'seconds':>9}{'a second':>10}  last run ended"
)


def main(argv: Sequence[str]) -> int:
    """Carry out a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name.
    """
    try:
        options = parse_options(StatusOptions, argv)
        tree, _ = in_tree(TreeOptions(options.output, options.league, options.leagues))
        options = replace(options, output=tree.output)
        if isinstance(options.output, LocalFolder):
            check_folder("--output", Path(options.output.path))
        if options.serve:
            return _serve(options)
        if options.port:
            raise OptionsError([Problem("--port", show(options.port), "means nothing without --serve", "add --serve")])
    except OptionsError as error:
        complain(error)
        return REJECTED
    try:
        calendar = _calendar(open_output(options.output, endpoint=options.gcs_endpoint))
    except StoreError as error:
        complain(error)
        return NOTHING
    if options.json:
        say_json(calendar)
        return OK
    say(_HEAD, style="bold")
    for day in list(calendar["dates"])[: options.most]:
        for line, is_wrong in _lines(day, calendar["dates"][day]):
            say(line, style="red" if is_wrong else "")
    return OK


def _serve(options: StatusOptions) -> int:
    """Offer the page of a folder until Ctrl-C.

    Raises:
        OptionsError: It is the page of a bucket, which has a URL of its own, or the port is taken.
    """
    if not isinstance(options.output, LocalFolder):
        reason, fix = "is a bucket", f"open {PAGE_PATH} of the bucket in a browser, or leave out --serve"
        raise OptionsError([Problem("--output", show(str(options.output)), reason, fix)])
    root = Path(options.output.path)
    if not (root / PAGE_PATH).is_file():
        complain(f"{root / PAGE_PATH} is missing: no run has published it; export any date")
        return NOTHING
    try:
        server = StatusServer(root, options.port)
    except OSError as error:
        raise OptionsError(
            [Problem("--port", show(options.port), f"is taken ({error.strerror})", "leave it out")]
        ) from error
    with server:
        say(f"{server.url} shows {root}; Ctrl-C ends it")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return OK
    return OK


def _calendar(store: Store) -> dict[str, Any]:
    """Return the calendar of a published tree.

    Raises:
        StoreError: There is none, or it is damaged.
    """
    read = store.read(CALENDAR_PATH)
    if read is None:
        raise StoreError(f"{store.url(CALENDAR_PATH)} is missing: no run has published it; export any date")
    if problem := data_problem(CALENDAR_PATH, read[0]):
        raise StoreError(f"{store.url(CALENDAR_PATH)} {problem}; export any date")
    found: dict[str, Any] = orjson.loads(read[0])
    return found


def _lines(day: str, told: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a date, each with whether it is about something wrong: the date, then types by state."""
    by_state: dict[str, list[str]] = {}
    for name, cell in told["exports"].items():
        by_state.setdefault(cell["state"], []).append(name)
    fine = sum(len(by_state.get(state, ())) for state in _FINE)
    documents = sum(cell["documents"] for cell in told["exports"].values())
    run = told["runs"][0]
    seconds = _seconds(run)
    took, rate = ("-", "-") if seconds is None else (f"{seconds:,.0f}", f"{run['documents'] / seconds:,.1f}")
    yield (
        f"{day:<12}{told['state']:<11}{told['games']:>6}{fine:>4}/{len(told['exports']):<2}{documents:>11,}"
        f"{took:>9}{rate:>10}  {(run['finished_at'] or '-')[:16]}",
        False,
    )
    for state, names in sorted(by_state.items()):
        if state not in _FINE:
            yield f"{'':<12}{state}: {', '.join(names)}", True


def _seconds(run: Mapping[str, Any]) -> float | None:
    """Return how long a run took until the date was published; None when it does not tell."""
    if not run["started_at"] or not run["finished_at"]:
        return None
    took = datetime.fromisoformat(run["finished_at"]) - datetime.fromisoformat(run["started_at"])
    return max(took.total_seconds(), 1.0)
