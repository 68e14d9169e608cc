"""The pages of ``docs/api``: one per export type and an index, all made from declarations and schemas.

The pages are in the repository, and a test compares them with what this module makes: change a declaration or a schema,
and run ``phase6 docs`` again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from exporters.config import ExportConfig
from exporters.declaration import Export, Follows, Gate, Grain, Read, Window
from exporters.document_schemas import schema_file, schema_of
from exporters.league.forecasts.readiness import reads_of
from exporters.registry import exports, groups
from exporters.warehouse.schema import StandIn
from pipeline.reference.field_table import fields_of
from pipeline.reporting.generated_files import write_files
from transforms.publishing.publish_schemas import schema_path

ROOT = Path(__file__).resolve().parents[2]
INDEX = "README.md"
_CONFIG = ExportConfig()
_SAMPLE_DAY = date(2026, 2, 15)
"""Windows are compared as of a day in the middle of a season."""

GATES = {
    Gate.CONTEXT: f"{_CONFIG.gates.players_per_game} players in the game context for each game "
    "(`--min_players_per_game`)",
    Gate.PREDICTIONS: f"a prediction of the champion for {_CONFIG.gates.predicted_percent}% of the expected players "
    "(`--min_predicted_percent`)",
    Gate.CHAMPION: "predictions of the champion where any model has some",
}
FOLLOWS = {
    Follows.TODAY: "the current league day, also when it has no games; it moves when that day is exported",
    Follows.LATEST: "the newest date that is not empty; it moves when the league day or the one before is exported",
}
CONVENTIONS = (
    "Documents are UTF-8 JSON. Keys come in the order of the tables below, and a key that may be absent says so.",
    "`generated_at`, or `updated_at`, is when the export was requested, UTC. Everything else depends on the data "
    "alone: a document whose content is the same apart from it is not written again.",
    "A date is a league day: New York, from 04:00 to 04:00.",
    "`player_lookup` is a name in lower-case letters and digits; `game_id` is `YYYYMMDD_AWAY_HOME`.",
    "Confidence is 0 to 100 in every document. Rates are shares of 1, except that `pct`, `hit_rate` and `roi` of the "
    "subset documents are percentages.",
    "Numbers are computed exactly and rounded once, ties away from zero. What is unknown is null unless its field says "
    "otherwise.",
    "Pointers only move forward: never to an older date than they show, and never from a document that shows something "
    "to an empty one, unless the day has no games.",
    "The schema of every type is published as `schemas/<type>.json` (JSON Schema, draft 2020-12), and documents can be "
    "checked against it before they are written (`--validate`).",
)


def pages(found: Mapping[str, Export] | None = None) -> dict[str, str]:
    """Return the text of every page by file name: the index, and one page per export type."""
    every = exports() if found is None else found
    return {INDEX: index(every.values()), **{f"{name}.md": page(export) for name, export in every.items()}}


def index(found: Iterable[Export]) -> str:
    """Return the index of all export types."""
    rows = ((f"[{export.name}]({export.name}.md)", _grain(export), *_paths_and_caches(export)) for export in found)
    lines = (
        "# The API",
        "",
        "Made by `make docs` from the declarations and schemas in `exporters/`; not edited by hand. Likewise the same "
        "documents as [OpenAPI 3.1](../openapi.json) and as [TypeScript](../../clients/typescript/README.md). What may "
        "change in a shape: [schemas](../../schemas/README.md).",
        "",
        *(f"* {convention}" for convention in CONVENTIONS),
        "",
        *_table(("type", "grain", "path", "pointers", "cache, seconds"), rows),
        "",
        "| group | types |",
        "|---|---|",
        *(f"| {name} | {', '.join(members)} |" for name, members in groups().items() if name != "all"),
    )
    return "\n".join(lines) + "\n"


def _grain(export: Export) -> str:
    if export.grain is Grain.SLATE:
        return "one document per date"
    if export.grain is Grain.SEASON:
        return "one document as of a date"
    every = " and date" if "{date}" in export.path else " and season" if "{season}" in export.path else ""
    return f"one document per player{every}"


def _paths_and_caches(export: Export) -> tuple[str, str, str]:
    settled = f", settled {export.settled_cache.value}" if export.settled_cache else ""
    pointers = "<br>".join(f"`{pointer.path}`" for pointer in export.pointers)
    return f"`{export.path}`", pointers, f"{export.cache.value}{settled}"


def page(export: Export) -> str:
    """Return the page of one export type.

    Raises:
        LookupError: The export has no schema.
    """
    schema = schema_of(export)
    if schema is None:
        raise LookupError(f"{export.name} has no schema: write exporters/{schema_file(export)}")
    lines = (
        f"# {export.name}",
        "",
        schema["description"],
        "",
        *_table(("", ""), _facts(export)),
        "",
        *_pointers(export),
        "## Fields",
        "",
        *_table(
            ("field", "type", "may be", "meaning"),
            ((f"`{one.path}`", one.type, one.missing, one.description) for one in fields_of(schema)),
        ),
        "",
        *_examples(schema.get("examples", ())),
        "## Reads",
        "",
        *_table(("table", "columns", "dates", "only"), _reads(reads_of(export))),
    )
    return "\n".join(lines) + "\n"


def _facts(export: Export) -> Iterator[tuple[str, str]]:
    module = export.build.__module__ if export.build else "exporters"
    yield "grain", _grain(export)
    yield "path", f"`{export.path}`"
    yield "cache", f"`{export.cache.header}`"
    if export.settled_cache is not None:
        waits = ", nothing in it waits for a result," if export.unsettled_when is not None else ""
        yield "cache, settled", f"`{export.settled_cache.header}` once every game is final{waits} and it is not empty"
    if "{date}" not in export.path:
        yield (
            "one path for all dates",
            "shows the newest date that was exported; never replaced by an older date, nor by an empty document",
        )
    if export.gates:
        needs = " and ".join(GATES[gate] for gate in Gate if gate in export.gates)
        yield "gate", f"on a date with games it goes out only with {needs}"
    if export.results_in is not None:
        yield "waits for", f"a row in `{export.results_in}` of every team whose game of the day before is over"
    if export.outlives_forecasts:
        yield "past dates", "once the forecasts of a date have expired, it is built from their grades and needs no gate"
    if export.counts:
        yield "empty when", f"{' and '.join(f'`{path}`' for path in export.counts)} count nothing"
    if export.degrades:
        yield "when a table cannot be read", "its objects stay as they are, and the manifest has the status `degraded`"
    if export.measure_progress is not None:
        yield (
            "never back",
            "a document that waits for outcomes does not replace one of the same date that has more of them; "
            "`--rewrite` makes it",
        )
    if export.is_live:
        yield "live", "the feed is read for the league day only; a backfill makes it only when it names the type"
    if export.lists is not None:
        yield "lists", f"exactly the players who have a document of {export.lists.name}; the two go out together"
    if export.build_no_game is not None:
        yield "absent players", "a pointer of a player without a game on the newest date moves to the no-game document"
    yield "groups", ", ".join(name for name, members in groups().items() if export.name in members)
    yield (
        "schema",
        f"`{schema_path(export.name)}`, from [{Path(schema_file(export)).name}](../../exporters/{schema_file(export)})",
    )
    yield "built by", f"[{module}](../../{module.replace('.', '/')}.py)"


def _pointers(export: Export) -> Iterator[str]:
    if export.pointers:
        rows = (
            (f"`{pointer.path}`", FOLLOWS[pointer.follows], f"`{pointer.cache.header}`") for pointer in export.pointers
        )
        yield from ("## Pointers", "", *_table(("path", "shows", "cache"), rows), "")


def _examples(examples: Sequence[Any]) -> Iterator[str]:
    if examples:
        yield from ("## Example", "", "Its lists are cut to their first entries.", "")
    for example in examples:
        yield from ("```json", json.dumps(example, ensure_ascii=False, indent=2), "```", "")


def _reads(reads: Iterable[Read]) -> Iterator[tuple[str, str, str, str]]:
    """Yield one row per table: the columns of all its reads, over the widest of their windows."""
    by_table: dict[str, list[Read]] = {}
    for read in reads:
        by_table.setdefault(read.table.name, []).append(read)
    for name, found in sorted(by_table.items()):
        columns = {column for read in found for column in read.columns}
        ordered = ", ".join(column for column in found[0].table.columns if column in columns)
        dates = _dates([read.window for read in found]) if found[0].table.partition else "all"
        yield f"`{name}`", ordered, dates, _condition(found[0].table.stand_in) or _filters(found)


def _condition(stand_in: StandIn | None) -> str:
    return "" if stand_in is None else f"where `{stand_in.table}` has no `{stand_in.column}`"


def _dates(windows: Sequence[Window]) -> str:
    first = min(windows, key=lambda window: window.first(_SAMPLE_DAY, _CONFIG.calendar))
    ahead = max(window.ahead for window in windows)
    if first.since is not None:
        text = f"since {first.since}"
    elif first.seasons:
        earlier = {1: "the season so far", 2: "this season and the one before"}
        text = earlier.get(first.seasons, f"this season and {first.seasons - 1} before")
    else:
        text = f"the date and {first.days} days before" if first.days else "the date"
    return f"{text}, and {ahead} days ahead" if ahead else text


def _filters(found: Sequence[Read]) -> str:
    """Return the equality filters that all reads of a table share."""
    wanted = [{**read.equals, **({"system_id": ("the champion",)} if read.champion else {})} for read in found]
    shared = {
        column: values for column, values in wanted[0].items() if all(one.get(column) == values for one in wanted)
    }
    return "; ".join(f"{column} = {' or '.join(values)}" for column, values in shared.items())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def write(folder: Path) -> list[str]:
    """Write every missing or stale page, remove files that are no page, and return the changes."""
    wanted = pages()
    removed = sorted(path.name for path in folder.glob("*.md") if path.name not in wanted)
    for name in removed:
        (folder / name).unlink()
    return removed + write_files(folder, wanted)
