"""The command that tells what a published value was made of."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import orjson

from pipeline.execution.places import open_output, open_tables
from pipeline.options.flags import parse_options
from pipeline.options.league_file import in_tree
from pipeline.provenance.attribution import Attribution, MatteringRow, attribute, tables_of
from pipeline.provenance.command_options import ExplainOptions
from pipeline.provenance.field import MISSING, Field, parse_field
from pipeline.provenance.functions import description_of, functions_of
from pipeline.provenance.impact import named
from pipeline.provenance.rebuilding import Published, Rebuilt, find_published, rebuild
from pipeline.reporting.terminal import complain, say, say_all, say_json
from pipeline.requests.problems import ProblemsError
from transforms.live_feed.warehouse import LiveWarehouse
from transforms.stores.protocol import StoreError
from transforms.warehouses.protocol import WarehouseError

OK, DIFFERENT, REJECTED = 0, 1, 2
"""Exit codes."""
_SHOWN = 100


@dataclass(frozen=True)
class Explanation:
    """What is known of a published value.

    Attributes:
        published: The document.
        field: The place of the value.
        rebuilt: The document, built again.
        attribution: The rows that the value depends on; None when the document could not be built again, and for a
            whole document.
        tables: Of a whole document, its tables with the number of their rows, and whether it depends on any.
    """

    published: Published
    field: Field
    rebuilt: Rebuilt
    attribution: Attribution | None
    tables: Mapping[str, tuple[int, bool]]

    @property
    def is_same(self) -> bool:
        """Whether the document that was built again has the bytes of the published one."""
        built = self.rebuilt.bench.document
        return built is not None and built.content == self.published.found.content

    @property
    def value(self) -> Any:
        """The published value."""
        return self.field.of(self.published.value)

    @property
    def rebuilt_value(self) -> Any:
        """The value of the document that was built again."""
        built = self.rebuilt.bench.document
        return MISSING if built is None else self.field.of(orjson.loads(built.content))


def explain(
    published: Published, field: Field, rebuilt: Rebuilt, seconds: float, clock: Callable[[], float], most: int = 20
) -> Explanation:
    """Return what a published value was made of; see :func:`pipeline.provenance.attribution.attribute`."""
    bench = rebuilt.bench
    if bench.document is None:
        return Explanation(published, field, rebuilt, None, {})
    if not field.steps:
        return Explanation(published, field, rebuilt, None, tables_of(bench))
    return Explanation(published, field, rebuilt, attribute(bench, field, seconds, clock, most), {})


def main(argv: Sequence[str], *, now: datetime | None = None) -> int:
    """Carry out a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name.
        now: The current instant, aware.
    """
    try:
        options, league = in_tree(parse_explain(argv))
        store = open_output(options.output, options.control_output, endpoint=options.gcs_endpoint)
        published = find_published(store, options.path, league.calendar)
        field = parse_field(options.field, published.value)
        warehouse = LiveWarehouse(open_tables(options.warehouse, league.tables))
        rebuilt = rebuild(published, warehouse, now or datetime.now(timezone.utc), league)
        found = explain(published, field, rebuilt, options.seconds, time.monotonic, options.most)
    except ProblemsError as error:
        complain(error)
        return REJECTED
    except (StoreError, WarehouseError) as error:
        complain(error)
        return DIFFERENT
    if options.json:
        say_json(as_json(found))
    else:
        _tell(found, options.most)
    return OK if found.is_same else DIFFERENT


def parse_explain(argv: Sequence[str]) -> ExplainOptions:
    """Return the options of a command line, whose first arguments may be the path and the field.

    Raises:
        OptionsError: Something is wrong; it holds every problem.
    """
    return parse_options(ExplainOptions, named(argv, ("--path", "--field")))


def as_json(found: Explanation) -> dict[str, Any]:
    """Return an explanation for programs."""
    published, bench, attribution = found.published, found.rebuilt.bench, found.attribution
    run = published.manifest.get("run", {})
    return {
        "path": published.found.path,
        "document": published.path,
        "export_type": published.place.export.name,
        "date": str(published.day),
        "run": {
            **published.order.metadata(),
            "code_version": published.section.get("code_version", run.get("code_version")),
        },
        "champion_system_id": published.champion,
        "digest": published.found.digest,
        "is_of_manifest": published.is_of_manifest,
        "source": found.rebuilt.source,
        "is_as_of": found.rebuilt.is_as_of,
        "is_same": found.is_same,
        "field": str(found.field),
        "value": None if not found.field.steps else _plain(found.value),
        "rebuilt_value": None if not found.field.steps else _plain(found.rebuilt_value),
        "description": description_of(published.place.export, found.field),
        "functions": [function.as_json() for function in functions_of(published.place.export)],
        "failures": [failure.error for failure in bench.failures],
        "tables": [
            {"table": table, "rows": rows, "matters": matters} for table, (rows, matters) in found.tables.items()
        ],
        "rows": [_row_json(row) for row in (attribution.rows if attribution else ())],
        "candidates": attribution.candidates if attribution else 0,
        "tried_alone": attribution.alone if attribution else 0,
        "tried_in_groups": attribution.in_groups if attribution else 0,
        "untried": attribution.untried if attribution else 0,
        "trials": attribution.trials if attribution else 0,
    }


def _row_json(row: MatteringRow) -> dict[str, Any]:
    return {
        "table": row.table,
        "key": {name: _plain(value) for name, value in row.key.items()},
        "columns": {name: _plain(value) for name, value in row.columns.items()},
        "times": {name: _plain(value) for name, value in row.times.items()},
        "without": _plain(row.without),
        "group": row.group or None,
        "columns_tried": row.is_probed,
    }


def _plain(value: Any) -> Any:
    if value is MISSING:
        return None
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def _tell(found: Explanation, most: int) -> None:
    published, rebuilt, export = found.published, found.rebuilt, found.published.place.export
    say(f"{published.found.path}: {export.name} of {published.day}", style="bold")
    if published.found.path != published.path:
        say(f"it mirrors {published.path}")
    order = published.order
    listed = {True: "as its manifest lists it", False: "not as its manifest lists it", None: "in no manifest"}
    say(
        f"published by {order.execution_id or 'an unknown run'} as of {order.as_of or 'an unknown instant'}, "
        f"champion {published.champion}, {listed[published.is_of_manifest]}"
    )
    same = "the same bytes" if found.is_same else "other bytes"
    say(f"built again from {rebuilt.source}: {same}", style="green" if found.is_same else "red")
    say_all([f"not built: {failure.error}" for failure in rebuilt.bench.failures], style="red")
    if found.field.steps:
        say(f"{found.field} = {_text(found.value)}", style="bold")
        if not found.is_same and found.rebuilt_value != found.value:
            say(f"built again it is {_text(found.rebuilt_value)}, which the rows below make", style="red")
    if description := description_of(export, found.field):
        say(f"  {description}")
    for function in functions_of(export):
        rules = f" (contract: {', '.join(function.rules)})" if function.rules else ""
        say(f"{function.role} {function.place}, {function.line}: {function.says}{rules}")
    for table, (rows, matters) in found.tables.items():
        say(f"{table}: {rows:,} rows" + ("" if matters else ", none of which changes it when all are gone"))
    if found.tables:
        say("which rows make a value: name it as FIELD")
    if found.attribution is not None:
        _tell_rows(found.attribution, most)


def _tell_rows(found: Attribution, most: int) -> None:
    if not found.rows:
        say("no single row, and no group that was tried, changes it when it is gone")
    for row in found.rows[:most]:
        key = ", ".join(f"{name} {_text(value)}" for name, value in row.key.items())
        written = "".join(f", {name} {_text(value)}" for name, value in row.times.items() if value is not None)
        together = f" [with the others of group {row.group}]" if row.group else ""
        say(f"{row.table}: {key}{written}{together}", style="cyan")
        shown = [f"{name} = {_text(value)}" for name, value in row.columns.items() if name not in row.key]
        if shown or row.is_probed:
            say(f"  {', '.join(shown) or 'it has to be there; no column of it changes the value'}")
        say(f"  without it: {_text(row.without)}")
    if more := len(found.rows) - most:
        say_all([f"and {more:,} more rows; --most lists more of them, --json all"] if more > 0 else [])
    untried = f", {found.untried:,} not tried in time: --seconds gives more" if found.untried else ""
    say(
        f"{len(found.rows):,} of {found.candidates:,} rows matter: {found.alone:,} were taken away alone, "
        f"{found.in_groups:,} only with others that changed nothing{untried}; {found.trials:,} documents built",
        style="yellow" if found.untried else "",
    )


def _text(value: Any) -> str:
    """Return a value on one short line."""
    if value is MISSING:
        return "no such field"
    if value is None or isinstance(value, (bool, int, float, str, list, dict)):
        text = orjson.dumps(value).decode() if not isinstance(value, str) else value
    else:
        text = value.isoformat() if isinstance(value, date) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
