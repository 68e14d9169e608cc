"""Says what an export of a date would find: whether it can read, write and show everything, and what to correct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

from exporters.league.players.unmatched import NameReport
from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.execution.places import open_store, open_warehouse, with_absolute_paths
from pipeline.operations.command_options import DOCTOR_OPTIONS, DOCTOR_TYPES
from pipeline.operations.unmatched_players import find_unmatched, findings_of
from pipeline.options.configuration import RunConfig, parse_run
from pipeline.options.flags import OptionsError
from pipeline.options.option_table import BY_NAME
from pipeline.planning.champion import ChampionError
from pipeline.planning.planner import make_plan
from pipeline.planning.preflight import Preflight, look_ahead
from pipeline.reporting.exit_codes import ALL_PUBLISHED, BAD_REQUEST, SOMETHING_MISSING
from pipeline.reporting.findings import SERIOUS, Finding, Severity, is_serious, say_findings
from pipeline.reporting.terminal import complain, say, say_json
from pipeline.requests.problems import Problem
from transforms.elements.plan import Plan
from transforms.stores.protocol import Store
from transforms.warehouses.protocol import Warehouse, WarehouseError

READY, INCOMPLETE, STOPPED = "ready", "incomplete", "stopped"
"""Verdicts: an export would publish everything; something would be missing; nothing would be published."""


@dataclass(frozen=True)
class Diagnosis:
    """What was found about a date.

    Attributes:
        plan: What an export would do.
        findings: Everything that was found, what costs most first.
        names: The spellings that match nobody; None when they could not be looked for.
        stop: Why nothing would be published; None when something would.
    """

    plan: Plan
    findings: tuple[Finding, ...]
    names: NameReport | None
    stop: Exception | None

    @property
    def missing(self) -> tuple[str, ...]:
        """Export types that would be missing, in name order."""
        serious = (finding for finding in self.findings if finding.severity in SERIOUS)
        return tuple(sorted({name for finding in serious for name in finding.types}))

    @property
    def verdict(self) -> str:
        """:data:`READY`, :data:`INCOMPLETE` or :data:`STOPPED`."""
        if self.stop is not None:
            return STOPPED
        return INCOMPLETE if is_serious(self.findings) else READY

    @property
    def exit_code(self) -> int:
        """That of an export: 2 when it would reject the champion, 1 when something would be missing."""
        if isinstance(self.stop, ChampionError):
            return BAD_REQUEST
        return ALL_PUBLISHED if self.verdict == READY else SOMETHING_MISSING

    @property
    def line(self) -> str:
        """The verdict in words."""
        day, asked = self.plan.dates[-1], len(self.plan.export_types)
        if self.stop is not None:
            return f"{STOPPED}: an export of {day} would publish nothing: {self.stop}"
        if self.verdict == INCOMPLETE and not self.missing:
            why = next(finding for finding in self.findings if finding.severity in SERIOUS)
            return f"{INCOMPLETE}: in an export of {day} {why.why}: {why.what}"
        if self.verdict == INCOMPLETE:
            some = f"{len(self.missing)} of {asked} export types: {', '.join(self.missing)}"
            return f"{INCOMPLETE}: an export of {day} would lack {some}"
        noted = {each: sum(finding.severity is each for finding in self.findings) for each in Severity}
        counted = f"{noted[Severity.WARNING]} warnings, {noted[Severity.NOTE]} notes"
        return f"{READY}: an export of {day} would publish all {asked} export types ({counted})"


def diagnose(
    plan: Plan, warehouse: Warehouse, store: Store, *, as_of: datetime | None = None, now: datetime | None = None
) -> Diagnosis:
    """Return what an export would find; reads some columns of the date, and writes nothing.

    Args:
        plan: The plan of one date.
        warehouse: Where tables are read.
        store: Where documents are written.
        as_of: The instant as of which tables are read; None for the newest one.
        now: The time by the clock of this machine, aware; None leaves the clock unchecked.
    """
    ahead = look_ahead(plan, warehouse, store, as_of=as_of, now=now, every_session=True)
    names, more = _names_of(ahead, warehouse)
    findings = sorted([*ahead.findings, *more], key=lambda finding: list(Severity).index(finding.severity))
    return Diagnosis(ahead.plan, tuple(findings), names, ahead.stop)


def _names_of(ahead: Preflight, warehouse: Warehouse) -> tuple[NameReport | None, list[Finding]]:
    if isinstance(ahead.stop, WarehouseError):
        return None, []
    try:
        report, problems = find_unmatched(ahead.plan, warehouse, ahead.plan.dates[-1])
    except WarehouseError as error:
        what, _, fix = str(error).partition("; ")
        return None, [Finding(Severity.WARNING, "players", what, "spellings cannot be compared", fix)]
    return report, findings_of(report, problems)


def main(argv: Sequence[str], *, now: datetime | None = None) -> int:
    """Carry out a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name.
        now: The current instant, aware, of which ``today`` is the league day.
    """
    now = now or datetime.now(timezone.utc)
    try:
        config = with_absolute_paths(parse_doctor(argv, now=now))
        warehouse, store = open_warehouse(config), open_store(config)
    except OptionsError as error:
        complain(error)
        return BAD_REQUEST
    plan = make_plan(config.request, config.export_config)
    found = diagnose(plan, warehouse, store, as_of=config.as_of, now=now)
    if config.json:
        say_json(_described(found, config, plan.dates[-1]))
        return found.exit_code
    say_findings(found.findings)
    say(found.line, style="green" if found.verdict == READY else "red")
    return found.exit_code


def parse_doctor(argv: Sequence[str], *, now: datetime) -> RunConfig:
    """Return the configuration of the export that is looked ahead to.

    Raises:
        OptionsError: Something is wrong; it holds every problem.
    """
    own = {option.flag for option in DOCTOR_OPTIONS}
    given = {argument.partition("=")[0] for argument in argv}
    strange = [option for option in BY_NAME.values() if option.flag in given - own]
    if strange:
        reason, fix = "means nothing to phase6 doctor", "leave it out"
        raise OptionsError([Problem(option.flag, "", reason, fix) for option in strange])
    defaults = {"--export_types": DOCTOR_TYPES, "--target_date": "today"}
    added = [f"{flag}={value}" for flag, value in defaults.items() if flag not in given]
    _, config = parse_run(
        [*added, *argv], known_types=tuple(exports()), groups=groups(), now=now, player_types=PLAYER_TYPES
    )
    return config


def _described(found: Diagnosis, config: RunConfig, day: date) -> dict[str, Any]:
    """Return a diagnosis as JSON values."""
    names = found.names
    return {
        "verdict": found.verdict,
        "line": found.line,
        "date": str(day),
        "warehouse": str(config.warehouse),
        "output": str(config.output),
        "control_output": str(config.control),
        "export_types": list(found.plan.export_types),
        "missing": list(found.missing),
        "findings": [finding.to_json() for finding in found.findings],
        "unmatched": None if names is None else [name._asdict() for name in names.listed],
        "unmatched_more": 0 if names is None else names.more,
    }
