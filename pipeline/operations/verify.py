"""The command that verifies a published tree; the checks are those of :mod:`pipeline.verification`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from functools import partial

from exporters.config import RULES
from exporters.config.champions import Tenure
from pipeline.alerting.alerts import Alerts
from pipeline.alerting.incident import Incident
from pipeline.alerting.incident_book import open_incidents
from pipeline.alerting.log_lines import LogLines
from pipeline.alerting.telemetry import Measured, send_metrics
from pipeline.deployment.schedule_file import Schedule, SchedulesError, load_schedules
from pipeline.deployment.settings import Deployment, SettingsError, load_deployment
from pipeline.execution.places import open_output, open_tables
from pipeline.operations.command_options import CONFIGURED, VerifyOptions
from pipeline.operations.fall_back import FallBack, Jobs, open_dataflow
from pipeline.options.flags import OptionsError, parse_options
from pipeline.options.league_file import chosen_league, in_tree
from pipeline.options.locations import shadow_places
from pipeline.reporting.terminal import complain, say, say_all, say_json
from pipeline.requests.clock import league_day
from pipeline.requests.problems import Problem, show
from pipeline.requests.request_message import day_of
from pipeline.verification.calendar import scheduled_games
from pipeline.verification.finding import Verification
from pipeline.verification.freshness import ages, check_freshness
from pipeline.verification.troubles import both, check_of_verification, dates_of
from pipeline.verification.verify import verify
from transforms.stores.protocol import Store, StoreError
from transforms.warehouses.protocol import WarehouseError

OK, DIFFERENT, REJECTED = 0, 1, 2
"""Exit codes."""
_COLUMN, _MOST_DATES = 7, 14
"""Width of a column of the table, and how many dates it shows, the newest ones."""


def main(
    argv: Sequence[str], *, now: datetime | None = None, open_jobs: Callable[[Deployment], Jobs] = open_dataflow
) -> int:
    """Carry out a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name.
        now: The current instant, aware, of which ``today`` is the league day.
        open_jobs: Returns what starts batch jobs in a deployment.
    """
    now = now or datetime.now(timezone.utc)
    try:
        given = parse_options(VerifyOptions, argv)
        options, league = in_tree(given)
        today = league_day(now, league.calendar)
        days = None if options.all else _days(options, today)
        schedules = [each for each in _schedules(options, days, today, now) if each.parsed.league.name == league.name]
        deployment = _deployment(given)
    except (OptionsError, SchedulesError, SettingsError) as error:
        complain(error)
        return REJECTED
    try:
        store = _open(options)
        opened = open_incidents(store) if options.has_alerts else ()
        found = _verify(options, store, days, today, opened)
        if schedules:
            fall_back = None if deployment is None else FallBack(deployment, store, partial(open_jobs, deployment))
            check_freshness(store, schedules, now - timedelta(minutes=options.late_minutes), found, fall_back)
        if options.has_alerts:
            try:
                _alert(options, store, days, today, opened, found, schedules, now)
            except Exception as error:
                # What was found stands, whoever is told of it.
                complain(f"alerts: the verification was not reported: {type(error).__name__}: {error}")
    except (StoreError, WarehouseError) as error:
        complain(error)
        if options.structured_logs:
            LogLines().verification_failed(str(error))
        return DIFFERENT
    if options.json:
        say_json(found.as_json())
    else:
        _print(found)
    return DIFFERENT if found.findings else OK


def _champion(options: VerifyOptions) -> str | Sequence[Tenure]:
    champions = chosen_league(options.league, options.leagues).champions
    return champions if options.champion_system_id == CONFIGURED else options.champion_system_id or options.shadow


def _verify(
    options: VerifyOptions, store: Store, days: Sequence[date] | None, today: date, opened: Sequence[Incident]
) -> Verification:
    return verify(
        store,
        days,
        today=today,
        champion=_champion(options),
        sample=0 if options.deep else options.sample,
        games=_games(options, days, today),
        also={path for incident in opened for path in incident.trouble.paths},
        calendar=chosen_league(options.league, options.leagues).calendar,
    )


def _alert(
    options: VerifyOptions,
    store: Store,
    days: Sequence[date] | None,
    today: date,
    opened: Sequence[Incident],
    found: Verification,
    schedules: Sequence[Schedule],
    now: datetime,
) -> None:
    """Report incidents. Those of other dates are looked at as well: nothing else would find that they are over."""
    checked, also = None if days is None else list(days), dates_of(opened, days)
    seen = found
    if checked is not None and also:
        seen = both(found, _verify(options, store, also, today, opened))
        checked += also
    alerts = Alerts.of(options, store, output=str(options.output))
    if alerts.log is not None:
        alerts.log.verification(found.checked, len(found.findings))
    if options.collector:
        kinds = Counter(finding.kind for finding in found.findings)
        send_metrics(options.collector, Measured(ages=ages(store, now), findings=kinds))
    check = check_of_verification(
        seen,
        checked,
        is_deep=options.deep,
        has_champion=bool(_champion(options)),
        has_games=options.warehouse is not None,
        schedules=schedules,
    )
    alerts.report(replace(check, troubles=[*check.troubles, *alerts.heal(options, seen.stages.values(), today)]))


def _print(found: Verification) -> None:
    for row in _table(found):
        say(row)
    say_all(found.problems, style="red")
    say_all([f"warning: {warning}" for warning in found.warnings], style="yellow")
    wrong = bool(found.findings)
    say(
        f"{found.checked:,} objects checked, {found.read:,} read, {len(found.findings)} problems",
        style="red" if wrong else "green",
    )


def _table(found: Verification) -> list[str]:
    """Return export types by date: documents, with a mark where there are findings."""
    if len(found.documents) < 2:
        return []
    days = sorted({day for day, _ in found.documents})[-_MOST_DATES:]
    wrong = Counter((finding.day, finding.export) for finding in found.findings)
    names = sorted({name for _, name in found.documents})
    width = max(len(name) for name in names)
    rows = [" " * width + "".join(f"{day:%m-%d}".rjust(_COLUMN) for day in days)]
    for name in names:
        cells = []
        for day in days:
            count = found.documents.get((day, name))
            cells.append(("-" if count is None else f"{count}{'!' if wrong[str(day), name] else ''}").rjust(_COLUMN))
        rows.append(name.ljust(width) + "".join(cells))
    return rows


def _schedules(options: VerifyOptions, days: Sequence[date] | None, today: date, now: datetime) -> list[Schedule]:
    """Return the schedules that say when something was due; none where they are not given.

    Raises:
        OptionsError: Today is not verified: when something was due is known of now only.
        SchedulesError: The file is wrong.
    """
    if options.schedules is None:
        return []
    if days is not None and today not in days:
        reason, fix = f"means nothing without today, {today}", "add --target_date=today, or leave it out"
        raise OptionsError([Problem("--schedules", show(str(options.schedules)), reason, fix)])
    if not options.schedules.is_file():
        raise OptionsError([Problem("--schedules", show(str(options.schedules)), "is no file", "name the schedules")])
    return load_schedules(options.schedules, now=now)


def _deployment(options: VerifyOptions) -> Deployment | None:
    """Return the deployment in which late entries are launched; None where none are.

    Raises:
        OptionsError: There are no schedules, or its jobs would write to another place than the one that is verified.
        SettingsError: The file is wrong.
    """
    if options.launch_late is None:
        return None
    value = show(str(options.launch_late))
    if options.schedules is None:
        reason, fix = "means nothing without --schedules", "add it, or leave this out"
        raise OptionsError([Problem("--launch_late", value, reason, fix)])
    if not options.launch_late.is_file():
        raise OptionsError([Problem("--launch_late", value, "is no file", "name the settings of the deployment")])
    deployment = load_deployment(options.launch_late)
    if deployment.output != str(options.output):
        reason = f"has jobs that write to {deployment.output}, not to {options.output}"
        raise OptionsError([Problem("--launch_late", value, reason, f"verify --output={deployment.output}")])
    return deployment


def _games(options: VerifyOptions, days: Sequence[date] | None, today: date) -> dict[date, int] | None:
    """Return the scheduled games by date; None where no warehouse is given."""
    if not options.warehouse:
        return None
    league = chosen_league(options.league, options.leagues)
    first, last = (min(days), max(days)) if days else (RULES.sources.first_date, today)
    return scheduled_games(open_tables(options.warehouse, league.tables), first, last)


def _days(options: VerifyOptions, today: date) -> list[date]:
    """Return the dates to verify.

    Raises:
        OptionsError: There is not exactly one date or one range.
    """
    fix = "give --target_date, or --start_date and --end_date, or --all"
    single, first, last = options.target_date, options.start_date, options.end_date
    if single is not None and (first is not None or last is not None):
        raise OptionsError([Problem("--target_date", show(str(single)), "excludes a range", f"{fix}, only one")])
    if single is not None:
        first = last = single
    for flag, value, other in (("--start_date", first, "--end_date"), ("--end_date", last, "--start_date")):
        if value is not None and (first is None or last is None):
            raise OptionsError([Problem(flag, show(str(value)), f"has no {other}", f"add {other}, or {fix}")])
    if first is None or last is None:
        raise OptionsError([Problem("--target_date", "", "is missing", fix)])
    start, end = day_of(first, today), day_of(last, today)
    if end < start:
        raise OptionsError([Problem("--end_date", show(str(end)), f"is before --start_date {start}", "swap them")])
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def _open(options: VerifyOptions) -> Store:
    places = options.output, options.control_output
    if options.shadow:
        places = shadow_places(*places, options.shadow)
    return open_output(*places, endpoint=options.gcs_endpoint)
