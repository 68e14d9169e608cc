"""The command that announces maintenance: ``maintenance_windows`` of ``status.json``, which front ends show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from pipeline.execution.places import open_output
from pipeline.operations.command_options import MaintenanceOptions
from pipeline.options.flags import OptionsError, parse_options
from pipeline.options.league_file import in_tree
from pipeline.options.tree_options import TreeOptions
from pipeline.reporting.terminal import complain, say, say_json
from pipeline.requests.problems import Problem, show
from transforms.publishing.services import remaining_windows
from transforms.publishing.status import STATUS_PATH, announce, read_status
from transforms.stores.protocol import Store, StoreError

OK, FAILED, REJECTED = 0, 1, 2
"""Exit codes."""


def parse_maintenance(argv: Sequence[str], *, now: datetime) -> MaintenanceOptions:
    """Return the options of a command line.

    Raises:
        OptionsError: Something is wrong; it holds every problem.
    """
    options = parse_options(MaintenanceOptions, argv)
    given = {"--start": options.start, "--end": options.end, "--message": options.message}
    missing = [flag for flag, value in given.items() if not value]
    problems = []
    if 0 < len(missing) < len(given):
        problems = [
            Problem(flag, "", "is missing: a window has a start, an end and a message", "add it") for flag in missing
        ]
    if options.end is not None:
        told = show(options.end.isoformat())
        if options.start is not None and options.end <= options.start:
            problems.append(Problem("--end", told, "is not after --start", "swap them, or check the dates"))
        elif options.end <= now:
            problems.append(Problem("--end", told, "has passed: nobody would be told", "name a later instant"))
    if problems:
        raise OptionsError(problems)
    return options


def main(argv: Sequence[str], *, now: datetime | None = None) -> int:
    """Carry out a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name.
        now: The current instant, aware.
    """
    now = now or datetime.now(timezone.utc)
    try:
        options = parse_maintenance(argv, now=now)
        tree, _ = in_tree(TreeOptions(options.output, options.league, options.leagues))
        store = open_output(tree.output, endpoint=options.gcs_endpoint)
        windows = _announced(options, store, now)
    except OptionsError as error:
        complain(error)
        return REJECTED
    except StoreError as error:
        complain(f"{STATUS_PATH} of {options.output}: {error}")
        return FAILED
    if options.json:
        say_json(windows)
        return OK
    for window in windows:
        say(f"{window['start']} to {window['end']}: {window['message']}")
    if not windows:
        say("no maintenance is announced")
    return OK


def _announced(options: MaintenanceOptions, store: Store, now: datetime) -> list[dict[str, str]]:
    """Announce or withdraw what the options say, and return what is announced then.

    Raises:
        StoreError: The status cannot be read or written.
    """
    if options.start is not None and options.end is not None:
        window = {"start": options.start.isoformat(), "end": options.end.isoformat(), "message": options.message}
        return list(announce(store, [window], now, replace=options.clear)["maintenance_windows"])
    if options.clear:
        return list(announce(store, [], now, replace=True)["maintenance_windows"])
    return remaining_windows(read_status(store) or {}, now)
