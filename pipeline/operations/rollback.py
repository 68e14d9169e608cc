"""The command that brings back what a run had published for a date; the work is that of :mod:`transforms.restoring`."""

from __future__ import annotations

import getpass
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from typing import Any

from exporters.config.leagues import LeagueSettings
from pipeline.comparison.change import Comparison
from pipeline.comparison.compare import Scope, compare
from pipeline.comparison.tables import listed, summary, text_table
from pipeline.execution.places import open_output
from pipeline.operations.rollback_options import RollbackOptions
from pipeline.options.flags import OptionsError, parse_options
from pipeline.options.league_file import in_tree
from pipeline.reporting.terminal import complain, say, say_all, say_json
from pipeline.requests.clock import league_day
from pipeline.requests.problems import Problem, nearest, show
from pipeline.requests.request_message import day_of
from pipeline.version import current_build
from transforms.elements.plan import LeaseRules, Plan, Run
from transforms.restoring.rollback import RolledBack, roll_back
from transforms.restoring.runs import (
    VersionsGone,
    find_records,
    gone,
    kept_since,
    objects_at,
    published_sections,
    versions_of,
)
from transforms.stores.control import ControlledStore
from transforms.stores.overlay import OverlayStore
from transforms.stores.protocol import Store, StoreError

OK, FAILED, REJECTED = 0, 1, 2
"""Exit codes."""
_TRIGGER = "rollback"


def main(argv: Sequence[str], *, now: datetime | None = None) -> int:
    """Carry out a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name.
        now: The current instant, aware.
    """
    now = now or datetime.now(timezone.utc)
    try:
        options, league = in_tree(parse_options(RollbackOptions, argv))
        day = day_of(options.date, league_day(now, league.calendar))
        store = _open(options)
        records = find_records(store, day)
        if options.list or not options.to:
            return _list(options, store, records, day, now)
        to = chosen_record(records, options.to, day)
        act = _preview if options.dry_run else _carry_out
        return act(options, store, to, now, league)
    except OptionsError as error:
        complain(error)
        return REJECTED
    except StoreError as error:
        complain(error)
        return FAILED


def _list(
    options: RollbackOptions, store: Store, records: Sequence[Mapping[str, Any]], day: date, now: datetime
) -> int:
    if not records:
        problem = Problem("--date", show(str(day)), "has no runs in this place", "name a date that was exported")
        raise OptionsError([problem])
    today = _today(store, now)
    versions = [versions_of(record) for record in records]
    objects = objects_at(store, (one for found in versions for one in found), day)
    history = kept_since(store, records[0], today)
    lines = []
    for record, found in zip(records, versions, strict=True):
        lost = gone(found, objects, history)
        run, undo = record["run"], record.get("rollback")
        lines.append(
            {
                "execution_id": run["execution_id"],
                "run_id": run["run_id"],
                "as_of": run["as_of"],
                "status": record["status"],
                "champion": record.get("champion", {}).get("system_id"),
                "export_types": [export.name for export, _ in published_sections(record)],
                "documents": len(found),
                "gone": lost,
                "rollback": undo,
            }
        )
    if options.json:
        say_json({"date": str(day), "runs": lines})
        return OK
    width = max(len(line["execution_id"]) for line in lines)
    say(f"{'run'.ljust(width)}  status    champion      documents  can be brought back")
    for line in lines:
        lost, documents = line["gone"], line["documents"]
        can = "nothing was published" if not documents else "yes" if not lost else f"no: {len(lost)} are gone"
        undone = f", a rollback to {line['rollback']['to']['execution_id']}" if line["rollback"] else ""
        champion = str(line["champion"] or "")
        say(f"{line['execution_id'].ljust(width)}  {line['status']:8}  {champion:12}  {documents:9}  {can}{undone}")
    return OK


def chosen_record(records: Sequence[Mapping[str, Any]], name: str, day: date, flag: str = "--to") -> Mapping[str, Any]:
    """Return the record of the run that a text names: of several of one run id, the last one.

    Raises:
        OptionsError: There is none, or it published nothing.
    """
    found = [record for record in records if name in (record["run"]["execution_id"], record["run"]["run_id"])]
    if not found:
        known = [record["run"]["execution_id"] for record in records]
        meant = nearest(name, known)
        fix = f"did you mean {meant}?" if meant else f"name one of {', '.join(known[-5:])}" if known else "see --list"
        raise OptionsError([Problem(flag, show(name), f"is no run of {day}", fix)])
    if not versions_of(found[-1]):
        fix = "name one that did, as --list shows them"
        raise OptionsError([Problem(flag, show(name), f"published nothing for {day}", fix)])
    return found[-1]


def _carry_out(
    options: RollbackOptions, store: Store, to: Mapping[str, Any], now: datetime, league: LeagueSettings
) -> int:
    done = _roll_back(options, store, to, now, league)
    actions = [made.action for made in done.outcomes]
    moved = [one.action for one in done.pointers]
    failed = [f"{one.path}: {one.reason}" for one in done.pointers if one.action == "failed"]
    if options.json:
        told = {key: done.record[key] for key in ("date", "status", "run", "rollback")}
        counts = {action: actions.count(action) for action in ("written", "unchanged", "kept")}
        say_json(
            {
                **told,
                "documents": counts,
                "withdrawn": list(done.withdrawn),
                "pointers_moved": moved.count("moved"),
                "failed": failed,
            }
        )
        return FAILED if failed else OK
    run, undo = done.record["run"], done.record["rollback"]
    say(
        f"{done.record['date']} is as run {undo['to']['execution_id']} published it: {actions.count('written')} "
        f"documents brought back, {actions.count('unchanged')} were so already, {len(done.withdrawn)} removed, "
        f"{moved.count('moved')} pointers moved"
    )
    say_all([f"kept: {made.path}: {made.reason}" for made in done.outcomes if made.action == "kept"])
    if undo["from"] is not None and options.history_days:
        say(f"to undo it: --date={done.record['date']} --to={undo['from']['execution_id']}")
    say(f"recorded as run {run['execution_id']} by {undo['by']}; the next run of the date replaces it")
    for line in (*failed, *filter(None, (done.warning,))):
        complain(line)
    return FAILED if failed else OK


def _preview(
    options: RollbackOptions, store: Store, to: Mapping[str, Any], now: datetime, league: LeagueSettings
) -> int:
    """Print what would differ: the same rollback, over the store and not into it."""
    over = OverlayStore(store)
    _roll_back(options, over, to, now, league)
    day = date.fromisoformat(to["date"])
    found = compare(store, over, Scope(paths=over.changed), league.config)
    if options.json:
        say_json(found.as_json())
        return OK
    _print(found, options.most)
    say(f"nothing was written; without --dry_run, {day} would be as run {to['run']['execution_id']} published it")
    return OK


def _print(found: Comparison, most: int) -> None:
    say_all(text_table(found))
    changes, more = listed(found, most)
    say_all([str(change) for change in changes])
    if more:
        say(f"and {more:,} more; --most lists more of them, --json all")
    say(summary(found))


def _roll_back(
    options: RollbackOptions, store: Store, to: Mapping[str, Any], now: datetime, league: LeagueSettings
) -> RolledBack:
    """Bring documents back.

    Raises:
        OptionsError: Some of them are gone.
        StoreError: The store failed, or another run holds the date.
    """
    day = date.fromisoformat(to["date"])
    by = options.by or _user()
    lease = LeaseRules(wait_seconds=options.lease_wait)
    plan = _plan(to, day, now, store, league, history_days=options.history_days, lease=lease)
    try:
        return roll_back(store, plan, to, by=by, today=_today(store, now))
    except VersionsGone as lost:
        reason = (
            f"left documents that are not kept any more, so that {day} cannot be as it was: {', '.join(lost.paths[:5])}"
            + (f" and {len(lost.paths) - 5} more" if len(lost.paths) > 5 else "")
        )
        fix = "choose another run of --list, or export the date again, with --as_of where the tables reach back so far"
        raise OptionsError([Problem("--to", show(options.to), reason, fix)]) from lost


def _plan(
    to: Mapping[str, Any],
    day: date,
    now: datetime,
    store: Store,
    league: LeagueSettings,
    *,
    history_days: int,
    lease: LeaseRules,
) -> Plan:
    build = current_build()
    stamp = f"{now.astimezone(timezone.utc):%Y%m%dT%H%M%S.%fZ}"
    run = Run(
        run_id=f"{stamp}-{_TRIGGER}",
        generated_at=now.isoformat(),
        trigger_source=_TRIGGER,
        code_version=build.code_version,
        commit=build.commit,
        lock=build.lock,
        started_at=now.isoformat(),
        execution_id=f"{stamp}-{secrets.token_hex(4)}",
    )
    clock = store.now() or now
    return Plan(
        run=run,
        export_types=tuple(sorted(export.name for export, _ in published_sections(to))),
        dates=(day,),
        scans=(),
        config=league.config,
        league_day=league_day(clock, league.calendar),
        latest_day=league_day(clock, league.calendar),
        lease=lease,
        history_days=history_days,
        league=league,
    )


def _today(store: Store, now: datetime) -> date:
    return (store.now() or now).astimezone(timezone.utc).date()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "an unknown user"


def _open(options: RollbackOptions) -> ControlledStore:
    return open_output(options.output, options.control_output, endpoint=options.gcs_endpoint)
