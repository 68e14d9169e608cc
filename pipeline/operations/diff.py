"""The command that compares two published trees, two runs of a date, or an export with what is published.

The comparison is that of :mod:`pipeline.comparison`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import NamedTuple

from exporters.config.leagues import LeagueSettings
from exporters.registry import exports, groups
from pipeline.comparison.change import Comparison
from pipeline.comparison.compare import Scope, compare
from pipeline.comparison.dry_export import dry_export, parse_dry_export
from pipeline.comparison.tables import listed, markdown, summary, text_table
from pipeline.comparison.thresholds import exceeded, parse_thresholds
from pipeline.execution.places import open_output
from pipeline.operations.command_options import DiffOptions
from pipeline.operations.rollback import chosen_record
from pipeline.options.flags import OptionsError, parse_options
from pipeline.options.league_file import in_tree
from pipeline.options.locations import GcsPrefix, LocalFolder
from pipeline.options.tree_options import TreeOptions
from pipeline.planning.champion import ChampionError
from pipeline.reporting.terminal import complain, say, say_all, say_json
from pipeline.requests.clock import league_day
from pipeline.requests.problems import Problem, nearest, show
from pipeline.requests.request_message import day_of
from transforms.publishing.manifest import load_manifest
from transforms.restoring.runs import RunView, VersionsGone, find_records, view_of
from transforms.stores.overlay import OverlayStore
from transforms.stores.protocol import Store, StoreError
from transforms.warehouses.protocol import WarehouseError

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
    options = parse_options(DiffOptions, [*named, *argv[trees:]])
    if options.after is None and not (options.run_before or options.run_after):
        fix = "name a second tree, or runs with --run_before, or add --dry_export"
        raise OptionsError([Problem("--after", "", "is missing", fix)])
    return options


class Shown(NamedTuple):
    """How differences are shown, and how many are too many."""

    fail_on: str
    markdown: bool
    json: bool
    most: int


def main(argv: Sequence[str], *, now: datetime | None = None) -> int:
    """Carry out a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name.
        now: The current instant, aware, of which ``today`` is the league day.
    """
    now = now or datetime.now(timezone.utc)
    try:
        if _is_dry_export(argv):
            return _dry_export(argv, now)
        options, league = _in_league(parse_diff(argv))
        scope = _scope(options, league_day(now, league.calendar))
        if options.run_before or options.run_after:
            return _runs(options, scope, now, league)
        assert options.after is not None
        before, after = _open(options.before, options), _open(options.after, options)
        found = compare(before, after, scope, league.config)
        if problems := list(_nothing_to_compare(options, found)):
            raise OptionsError(problems)
    except OptionsError as error:
        complain(error)
        return REJECTED
    except (ChampionError, StoreError, WarehouseError) as error:
        complain(error)
        return DIFFERENT
    return _report(options, found, str(options.before), str(options.after))


def _in_league(options: DiffOptions) -> tuple[DiffOptions, LeagueSettings]:
    """Return the options with the places of their league, and the league.

    Raises:
        OptionsError: The file of the leagues is wrong, or has no such league.
    """
    tree = TreeOptions(options.before, options.league, options.leagues, options.control_output)
    before, league = in_tree(tree)
    after = None if options.after is None else in_tree(replace(tree, output=options.after))[0].output
    return replace(options, before=before.output, after=after, control_output=before.control_output), league


def _is_dry_export(argv: Sequence[str]) -> bool:
    return any(argument in ("--dry_export", "--dry_export=true") for argument in argv)


def _dry_export(argv: Sequence[str], now: datetime) -> int:
    """Compare what an export would publish with what is published.

    Raises:
        OptionsError: Something is wrong with the options.
        StoreError: The place cannot be read.
        WarehouseError: A table cannot be read.
        ChampionError: The champion has no forecasts.
    """
    compared, config = parse_dry_export(argv, now=now)
    made = dry_export(config, now=now)
    shown = Shown(compared.fail_on, compared.markdown, config.json, compared.most)
    code = _report(shown, made.found, str(config.output), "an export that was not published", made.missing)
    return DIFFERENT if made.missing else code


def _runs(options: DiffOptions, scope: Scope, now: datetime, league: LeagueSettings) -> int:
    """Compare what two runs of a date had published.

    Raises:
        OptionsError: A run is not known, or what it had published is not kept any more.
        StoreError: The place cannot be read.
    """
    problems = []
    if options.after is not None:
        fix = "leave one out: runs are those of one tree"
        problems.append(Problem("--after", show(str(options.after)), "excludes --run_before", fix))
    if not options.run_before:
        problems.append(Problem("--run_after", show(options.run_after), "has no --run_before", "add --run_before"))
    if options.target_date is None:
        problems.append(Problem("--target_date", "", "is missing: runs are compared by date", "add --target_date"))
    if problems or scope.first is None:
        raise OptionsError(problems)
    store = open_output(options.before, options.control_output, endpoint=options.gcs_endpoint)
    today = (store.now() or now).astimezone(timezone.utc).date()
    views = []
    for flag, name in (("--run_before", options.run_before), ("--run_after", options.run_after)):
        record = None if not name else chosen_record(find_records(store, scope.first), name, scope.first, flag)
        try:
            views.append(None if record is None else view_of(store, record, today))
        except VersionsGone as lost:
            fix = "choose another run of phase6 rollback --list"
            raise OptionsError([Problem(flag, show(name), f"cannot be seen any more: {lost}", fix)]) from lost
    before, after = views
    assert before is not None
    then = after or _published(store, before.exports, scope.first)
    paths = before.paths | then.paths
    found = compare(before.without(paths), then.without(paths), replace(scope, paths=paths), league.config)
    return _report(options, found, f"run {options.run_before}", f"run {options.run_after}" if after else "now")


def _published(store: Store, names: Collection[str], day: date) -> RunView:
    """Return what is published now of some export types, without what no run makes any more."""
    manifest = load_manifest(store, day).manifest or {"exports": {}}
    sections = [section for name, section in manifest["exports"].items() if name in names]
    paths = (path for section in sections for path in section["documents"].keys() - set(section["stale"]))
    return RunView(OverlayStore(store), frozenset(paths), frozenset(names))


def _report(
    options: DiffOptions | Shown, found: Comparison, before: str, after: str, missing: Sequence[str] = ()
) -> int:
    over = exceeded(found, parse_thresholds(options.fail_on))
    if options.json:
        say_json({**found.as_json(), "exceeded": over, **({"missing": missing} if missing else {})})
    elif options.markdown:
        say(markdown(found, before, after, [*over, *missing], options.most))
    else:
        say_all([f"missing: {line}" for line in missing], style="red")
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
