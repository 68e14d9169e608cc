"""The command that compares two published trees; the comparison is that of :mod:`pipeline.comparison`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timezone

from exporters.registry import exports, groups
from pipeline.comparison.change import Comparison
from pipeline.comparison.compare import Scope, compare
from pipeline.comparison.tables import listed, markdown, summary, text_table
from pipeline.comparison.thresholds import exceeded, parse_thresholds
from pipeline.execution.places import open_output
from pipeline.operations.command_options import DiffOptions
from pipeline.options.flags import OptionsError, parse_options
from pipeline.options.locations import GcsPrefix, LocalFolder
from pipeline.reporting.terminal import complain, say, say_all, say_json
from pipeline.requests.clock import league_day
from pipeline.requests.problems import Problem, nearest, show
from pipeline.requests.request_message import day_of
from transforms.stores.protocol import Store, StoreError

OK, DIFFERENT, REJECTED = 0, 1, 2
"""Exit codes."""
_TREES = ("--before", "--after")


def parse_diff(argv: Sequence[str]) -> DiffOptions:
    """Return the options of a command line, whose first two arguments may be the trees.

    Raises:
        OptionsError: Something is wrong; it holds every problem.
    """
    flags = next((place for place, argument in enumerate(argv) if argument.startswith("-")), len(argv))
    trees = min(flags, len(_TREES))
    named = [f"{flag}={value}" for flag, value in zip(_TREES, argv[:trees], strict=False)]
    return parse_options(DiffOptions, [*named, *argv[trees:]])


def main(argv: Sequence[str], *, now: datetime | None = None) -> int:
    """Carry out a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name.
        now: The current instant, aware, of which ``today`` is the league day.
    """
    try:
        options = parse_diff(argv)
        scope = _scope(options, league_day(now or datetime.now(timezone.utc)))
    except OptionsError as error:
        complain(error)
        return REJECTED
    before, after = _open(options.before, options), _open(options.after, options)
    try:
        found = compare(before, after, scope)
    except StoreError as error:
        complain(error)
        return DIFFERENT
    if problems := list(_nothing_to_compare(options, found)):
        complain(OptionsError(problems))
        return REJECTED
    over = exceeded(found, parse_thresholds(options.fail_on))
    if options.json:
        say_json({**found.as_json(), "exceeded": over})
    elif options.markdown:
        say(markdown(found, str(options.before), str(options.after), over, options.most))
    else:
        _print(found, over, options.most)
    return DIFFERENT if over else OK


def _print(found: Comparison, over: Sequence[str], most: int) -> None:
    say_all(text_table(found))
    changes, more = listed(found, most)
    say_all([str(change) for change in changes])
    if more:
        say(f"and {more:,} more; --most lists more of them, --json all")
    say_all([f"more than is allowed: {line}" for line in over], style="red")
    say(summary(found), style="red" if over else "green")


def _nothing_to_compare(options: DiffOptions, found: Comparison) -> list[Problem]:
    """Return the trees that hold nothing of what is compared: a mistyped place would differ in nothing or in all."""
    whole = found.before_objects, found.after_objects
    trees = zip(_TREES, (options.before, options.after), whole, strict=True)
    reason = "holds no documents"
    empty = [
        Problem(flag, show(str(place)), reason, "name a published tree") for flag, place, held in trees if not held
    ]
    if empty or found.compared:
        return empty
    fix = "name dates and export types that one of the trees has"
    return [Problem("--export_types", "", "and dates together choose no document of either tree", fix)]


def _scope(options: DiffOptions, today: date) -> Scope:
    """Return what is compared.

    Raises:
        OptionsError: There is half a range, a range beside a date, or an unknown export type.
    """
    problems = []
    single, first, last = options.target_date, options.start_date, options.end_date
    if single is not None and (first is not None or last is not None):
        fix = "give --target_date, or --start_date and --end_date, only one"
        problems.append(Problem("--target_date", show(str(single)), "excludes a range", fix))
    elif (first is None) != (last is None):
        given, other = ("--start_date", "--end_date") if last is None else ("--end_date", "--start_date")
        problems.append(Problem(given, show(str(first or last)), f"has no {other}", f"add {other}"))
    members = {**{name: (name,) for name in exports()}, **groups()}
    for name in options.export_types:
        if name not in members:
            meant = nearest(name, members)
            fix = f"did you mean {meant}?" if meant else f"name some of {', '.join(members)}"
            problems.append(Problem("--export_types", show(name), "is no export type", fix))
    chosen = frozenset(member for name in options.export_types for member in members.get(name, ()))
    days = [day_of(day, today) for day in ((single, single) if single is not None else (first, last)) if day]
    if len(days) == 2 and days[1] < days[0]:
        problems.append(Problem("--end_date", show(str(days[1])), f"is before --start_date {days[0]}", "swap them"))
    if problems:
        raise OptionsError(problems)
    return Scope(days[0], days[1], chosen) if days else Scope(exports=chosen)


def _open(place: LocalFolder | GcsPrefix, options: DiffOptions) -> Store:
    """Return the public objects of a place; a copy that was taken of them alone can be compared as well."""
    return open_output(place, place, endpoint=options.gcs_endpoint).public
