"""What a run needs, checked before anything is read in bulk: every problem at once, each with its fix.

Tables, columns, types, required partition filters, the places of documents and manifests, permissions, the champion's
forecasts and the schedule are all looked at, whatever is found on the way. A finding says what it costs: the whole run,
the export types that read a table, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from exporters.league.forecasts.readiness import reads_of, systems_text
from exporters.warehouse.absence import absences
from exporters.warehouse.tables import PREDICTIONS, SCHEDULE
from pipeline.planning.backfill_plan import game_dates
from pipeline.planning.champion import ChampionError, find_champion, shows_champion
from pipeline.planning.machine_clock import with_clock
from pipeline.planning.planner import EstimatingWarehouse, plan_scans, with_as_of
from pipeline.planning.table_check import checked_scan
from pipeline.reporting.findings import Finding, Severity
from transforms.clients.concurrency import run_concurrently
from transforms.elements.plan import Plan
from transforms.elements.tables import TableScan
from transforms.live_feed.warehouse import stored
from transforms.stores.control import PRIVATE, ControlledStore
from transforms.stores.protocol import Store, StoreError
from transforms.warehouses.protocol import Warehouse, WarehouseError

OUTPUT, CONTROL_OUTPUT, WAREHOUSE = "--output", "--control_output", "--warehouse"
"""Subjects of findings about places: the option that names the place."""
CLOCK = "clock"
"""Subject of findings about the time of this machine."""


@dataclass(frozen=True)
class Preflight:
    """What was found before a run.

    Attributes:
        plan: The plan with the unreadable tables named, and with the champion that leads.
        findings: Everything that was found, what costs most first.
        stop: Why nothing can be published, as the error that the run ends with; None when it can start.
    """

    plan: Plan
    findings: tuple[Finding, ...]
    stop: StoreError | WarehouseError | ChampionError | None = None

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings without the notes."""
        return tuple(finding for finding in self.findings if finding.severity is not Severity.NOTE)


@dataclass(frozen=True)
class _CheckedTable:
    """A table as it was found.

    Attributes:
        scan: What can be read of it: that of the run, or without what the funnel alone counts.
        absent: The optional columns that it lacks.
        costly: Problems that cost documents.
        harmless: Problems that only the funnel has.
        broken: Why the scan cannot be made; empty when it can.
    """

    scan: TableScan
    absent: tuple[str, ...] = ()
    costly: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    broken: str = ""


def look_ahead(
    plan: Plan,
    warehouse: Warehouse,
    store: Store,
    *,
    as_of: datetime | None = None,
    now: datetime | None = None,
    every_session: bool = False,
) -> Preflight:
    """Check everything that a run needs, and return the plan that it can carry out.

    Args:
        plan: The plan of a request.
        warehouse: Where tables are read.
        store: Where documents are written.
        as_of: The instant as of which tables are read; None for the newest one.
        now: The time by the clock of this machine, aware; None leaves the clock unchecked.
        every_session: Open a read session for each table of BigQuery, not for one of each dataset: permissions may be
            granted on single tables.
    """
    with ThreadPoolExecutor(1) as thread:
        # A place that does not answer is waited for; tables are looked at in the meantime.
        places = thread.submit(_check_places, plan, store, now)
        checks = _Checks(plan, warehouse)
        if checks.fix_instant(as_of):
            checks.check_tables()
            checks.check_sessions(every_table=every_session)
            checks.check_forecasts()
        clocked, found, cannot_write = places.result()
    stops = [error for error in (checks.no_instant, cannot_write, checks.no_champion) if error is not None]
    findings = sorted([*found, *checks.findings], key=lambda finding: list(Severity).index(finding.severity))
    found_plan = replace(
        checks.plan,
        latest_day=clocked.latest_day,
        warnings=clocked.warnings,
        pointers_refused=clocked.pointers_refused,
    )
    return Preflight(found_plan, tuple(findings), stops[0] if stops else None)


def _check_places(plan: Plan, store: Store, now: datetime | None) -> tuple[Plan, list[Finding], StoreError | None]:
    """Return the plan with the clock of the output, what is wrong with the places, and the first error."""
    checks: dict[str, Callable[[], None]] = {OUTPUT: store.check}
    if isinstance(store, ControlledStore):
        checks = {OUTPUT: store.public.check, CONTROL_OUTPUT: store.check_control}
    why = {OUTPUT: "nothing can be published", CONTROL_OUTPUT: "manifests, leases and failures have no place"}
    findings: list[Finding] = []
    first: StoreError | None = None
    for option, check in checks.items():
        try:
            check()
        except StoreError as error:
            first = first or error
            for problem in error.problems:
                # What the place is for stands in another column.
                what, fix = _parts(problem.replace(f"; {PRIVATE}", ""))
                findings.append(Finding(Severity.STOP, option, what, why[option], fix, plan.export_types))
    if now is None or first is not None:
        return plan, findings, first
    try:
        clocked = with_clock(plan, store, now)
    except StoreError as error:
        what, fix = _parts(str(error))
        return plan, [Finding(Severity.STOP, OUTPUT, what, why[OUTPUT], fix, plan.export_types)], error
    for warning in clocked.warnings[len(plan.warnings) :]:
        what, fix = _parts(warning)
        findings.append(Finding(Severity.WARNING, CLOCK, what, "league days follow from the time", fix))
    if clocked.pointers_refused:
        what, _, fix = clocked.pointers_refused.rpartition(": ")
        findings.append(Finding(Severity.FAIL, CLOCK, what, "no pointer is moved", fix))
    return clocked, findings, None


class _Checks:
    """Looks at a warehouse for a plan, which it completes on the way.

    Attributes:
        plan: The plan so far.
        findings: What was found so far.
        no_instant: Why no table can be read at one instant.
        no_champion: Why the champion is refused.
    """

    def __init__(self, plan: Plan, warehouse: Warehouse) -> None:
        self.plan = plan
        self.findings: list[Finding] = []
        self.no_instant: WarehouseError | None = None
        self.no_champion: ChampionError | None = None
        self._warehouse = warehouse
        self._readers = _readers(plan)
        self._unseen: set[str] = set()

    def fix_instant(self, as_of: datetime | None) -> bool:
        """Give the plan the instant as of which it reads; return whether tables can be looked at, with it or not."""
        try:
            self.plan = with_as_of(self.plan, self._warehouse, as_of)
        except WarehouseError as error:
            self.no_instant = error
            why = "tables cannot be read as of one instant, so nothing is published"
            what, fix = _parts(str(error))
            self.findings.append(Finding(Severity.STOP, WAREHOUSE, what, why, fix, self.plan.export_types))
            # A warehouse that does not answer, or is not there, would be blamed once more for each of its tables.
            return error.__cause__ is None or _is_refusal(error.__cause__)
        return True

    def check_tables(self) -> None:
        """Name the tables that cannot be read, and what optional ones lack."""
        needs = {scan.table: scan for scan in plan_scans(self.plan, funnel=False)}
        found = run_concurrently(partial(self._checked, needs), self.plan.scans, self._warehouse.concurrency)
        broken = {table.scan.table: table.broken for table in found if table.broken}
        self.plan = replace(self.plan, scans=tuple(table.scan for table in found), broken=broken)
        for table in found:
            types = self._readers.get(table.scan.table, ())
            self._blame(Severity.FAIL, table.scan, table.costly, "types that read it are not published", types)
            self._blame(Severity.WARNING, table.scan, table.harmless, "only the funnel counts it, and cannot", ())
        for absence in absences({table.scan.table: table.absent for table in found if table.absent}):
            kind = "the optional table" if absence.column is None else f"optional column {absence.column}"
            types = self._readers.get(absence.table, ())
            self.findings.append(
                Finding(Severity.NOTE, absence.table, f"{kind} is absent", absence.meaning, types=types)
            )

    def _checked(self, needs: Mapping[str, TableScan], scan: TableScan) -> _CheckedTable:
        """Check a table: what the funnel alone counts is worth no document, and its stage is unknown then.

        Args:
            needs: What documents need, by table.
            scan: The scan of a run.
        """
        need = needs.get(scan.table)
        scan, absent, problems = checked_scan(self._warehouse, scan)
        if not problems:
            return _CheckedTable(scan, absent)
        if need is None or need == scan:
            costly, harmless = (problems, ()) if need is not None else ((), problems)
            return _CheckedTable(scan, (), costly, harmless, problems[0])
        need, absent, costly = checked_scan(self._warehouse, need)
        harmless = tuple(problem for problem in problems if problem not in costly)
        if costly:
            return _CheckedTable(scan, (), costly, harmless, problems[0])
        return _CheckedTable(need, absent, (), harmless)

    def check_sessions(self, *, every_table: bool) -> None:
        """Name the tables whose description may be seen and whose rows may not; a session is free and reads no row."""
        warehouse = stored(self._warehouse)
        if not isinstance(warehouse, EstimatingWarehouse):
            return
        readable = [scan for scan in self.plan.scans if not (scan.declaration.live or scan.table in self.plan.broken)]
        if not every_table:
            readable = list({scan.source.partition(".")[0]: scan for scan in reversed(readable)}.values())

        def refused(scan: TableScan) -> Sequence[str]:
            try:
                warehouse.estimate(scan)
            except WarehouseError as error:
                return error.problems
            return ()

        problems = run_concurrently(refused, readable, warehouse.concurrency)
        for scan, wrong in zip(readable, problems, strict=True):
            if wrong:
                self._unseen.add(scan.table)
            types = self._readers.get(scan.table, ())
            severity = Severity.FAIL if types else Severity.WARNING
            self._blame(severity, scan, wrong, "its rows cannot be read", types)

    def check_forecasts(self) -> None:
        """Look whether the dates have games, and the champion forecasts for them."""
        games = self._game_dates()
        if games is not None:
            self._check_games(games)
        showing = tuple(export.name for export in self.plan.exports if shows_champion(export))
        champion = self.plan.config.champion_system_id
        try:
            found = find_champion(self.plan, self._warehouse)
        except ChampionError as error:
            self.no_champion = error
            what, fix = _parts(str(error))
            why, _, fix = fix.rpartition(": ")
            self.findings.append(
                Finding(
                    Severity.STOP, f"champion {champion}", what.removeprefix(f"champion {champion} "), why, fix, showing
                )
            )
            return
        except WarehouseError as error:
            self._blame_rows(PREDICTIONS.name, error)
            return
        self.plan = found.plan
        if self.plan.fallback_for:
            leader = self.plan.config.champion_system_id
            self.findings.append(
                Finding(
                    Severity.WARNING,
                    f"champion {champion}",
                    "has no active forecasts",
                    f"fallback {leader} leads in its place, and manifests and documents say so",
                    "leave it, or give the champion of these dates as --champion_system_id",
                    showing,
                )
            )
        if found.led is not None and games is not None and (without := sorted(games - found.led)):
            self._check_led(without, found.others)

    def _game_dates(self) -> frozenset[date] | None:
        """Return the dates with games; None when the schedule cannot be read, or is not."""
        if SCHEDULE.name in self.plan.broken or SCHEDULE.name not in self.plan.scans_by_table:
            return None
        try:
            found = game_dates(self._warehouse, self.plan.dates[0], self.plan.dates[-1])
        except WarehouseError as error:
            self._blame_rows(SCHEDULE.name, error)
            return None
        return frozenset(found) & frozenset(self.plan.dates)

    def _check_games(self, games: frozenset[date]) -> None:
        nightly = tuple(export.name for export in self.plan.exports if export.is_about_a_night)
        if nightly and not games:
            self.findings.append(
                Finding(
                    Severity.WARNING,
                    span(self.plan.dates),
                    "the schedule has no game",
                    "documents of the night are empty, and no latest pointer moves",
                    f"nothing on a day off; else write {SCHEDULE.name}",
                    nightly,
                )
            )

    def _check_led(self, without: Sequence[date], others: Mapping[date, Mapping[str, int]]) -> None:
        champion = self.plan.config.champion_system_id
        gone = set(without)
        withheld = (
            export.name
            for export in self.plan.exports
            if shows_champion(export) and gone.intersection(self.plan.document_dates(export))
        )
        systems: dict[str, int] = {}
        for day in without:
            for system, rows in others.get(day, {}).items():
                systems[system] = systems.get(system, 0) + rows
        what = f"no active forecasts for {_days_text(without)} with games"
        if systems:
            what = f"{what}, while {systems_text(dict(sorted(systems.items())))}"
        self.findings.append(
            Finding(
                Severity.FAIL,
                f"champion {champion}",
                what,
                "types that show forecasts are withheld there",
                "export again once the forecasts are written",
                tuple(withheld),
            )
        )

    def _blame_rows(self, table: str, error: WarehouseError) -> None:
        """Add that the rows of a table cannot be read, unless its session has shown it already."""
        if table not in self._unseen:
            scan, types = self.plan.scans_by_table[table], self._readers.get(table, ())
            self._blame(Severity.FAIL, scan, error.problems, "its rows cannot be read", types)

    def _blame(
        self, severity: Severity, scan: TableScan, problems: Iterable[str], why: str, types: tuple[str, ...]
    ) -> None:
        """Add what is wrong with a table, under the name that it is stored by: several scans may read it."""
        for problem in dict.fromkeys(problems):
            what, fix = _parts(problem.removeprefix(f"table {scan.table}: "))
            for at, other in enumerate(self.findings):
                if (other.severity, other.subject, other.what, other.fix) == (severity, scan.source, what, fix):
                    self.findings[at] = replace(other, types=tuple(sorted({*other.types, *types})))
                    break
            else:
                self.findings.append(Finding(severity, scan.source, what, why, fix, types))


def _readers(plan: Plan) -> Mapping[str, tuple[str, ...]]:
    """Return the export types that need a table, by table."""
    found: dict[str, list[str]] = {}
    for export in plan.exports:
        for table in {read.table.name for read in reads_of(export)}:
            found.setdefault(table, []).append(export.name)
    return {table: tuple(names) for table, names in found.items()}


def _parts(problem: str) -> tuple[str, str]:
    """Return what is wrong and the fix, which every error of a warehouse or store parts with a semicolon."""
    what, _, fix = problem.partition("; ")
    return what, fix


def span(days: Sequence[date]) -> str:
    """Return dates as text: the first and the last one."""
    return str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _days_text(days: Sequence[date]) -> str:
    """Return how many dates there are, and which; a single one as it is."""
    return str(days[0]) if len(days) == 1 else f"{len(days)} dates ({span(days)})"


def _is_refusal(cause: BaseException) -> bool:
    """Whether BigQuery answered with an error; its clients are imported here, where a warehouse has failed."""
    from transforms.warehouses.bigquery_tables import RefusalError

    return isinstance(cause, RefusalError)
