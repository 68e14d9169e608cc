from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from exporters.declaration import Cache, Export, Follows, Gate, Grain, Pointer, Read, Window
from exporters.registry import exports
from exporters.warehouse.tables import CONTEXT, FACTORS, SIGNALS
from pipeline.reference.api_docs import INDEX, ROOT, index, page, pages, write
from pipeline.reference.field_table import fields_of
from tests.support.made_up import CARD

NAMES = tuple(exports())
FOLDER = ROOT / "docs" / "api"


def test_pages_in_the_repository_are_up_to_date() -> None:
    wanted = pages()
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*")}
    stale = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    assert not stale, f"run phase6 docs: {', '.join(stale)}"


@pytest.mark.parametrize("name", NAMES)
def test_page_has_everything_that_a_reader_needs(name: str) -> None:
    export = exports()[name]
    text = page(export)
    for part in (export.path, *(pointer.path for pointer in export.pointers), *export.counts, export.cache.header):
        assert f"`{part}`" in text, part
    for read in export.reads:
        assert f"`{read.table.name}`" in text
    assert "## Example" in text


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page(exports()[name])):
        assert (FOLDER / link).resolve().is_file(), link


@pytest.mark.parametrize("name", NAMES)
def test_tables_have_even_rows(name: str) -> None:
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in page(exports()[name]).splitlines() if line[:1] == "|"]
    assert set(widths) <= {3, 4, 5}


def test_index_links_every_page() -> None:
    text = index(exports().values())
    assert re.findall(r"\]\(([a-z-]+)\.md\)", text) == list(NAMES)


def test_export_without_schema_is_named() -> None:
    with pytest.raises(LookupError, match=r"card has no schema: write exporters/card\.schema\.json"):
        page(CARD)


def test_facts_of_a_declaration() -> None:
    """The page shows every attribute of a declaration that changes a document."""
    export = Export(
        "tonight",
        Grain.SLATE,
        (
            Read(FACTORS, ("player_lookup",), Window(days=3, ahead=2)),
            Read(FACTORS, ("game_date",), Window.NIGHT),
            Read(SIGNALS, ("pct_over",), Window(since=date(2021, 10, 1)), champion=True),
        ),
        "tonight.json",
        Cache.SHORT,
        settled_cache=Cache.DAY,
        pointers=(Pointer("t/latest.json", Follows.LATEST, Cache.HOUR),),
        gates=frozenset({Gate.CONTEXT, Gate.PREDICTIONS}),
        counts=("total_players",),
        outlives_forecasts=True,
        lists=CARD,
    )
    export.is_unsettled(lambda document: False)
    export.no_game(lambda player, day, generated_at: {})
    text = page(export)
    for part in (
        "one document per date",
        "`public, max-age=86400` once every game is final, nothing in it waits for a result, and it is not empty",
        "never replaced by an older date, nor by an empty document",
        "8 players in the game context for each game (`--min_players_per_game`) and a prediction of the champion for "
        "12% of the expected players (`--min_predicted_percent`)",
        "built from their grades and needs no gate",
        "exactly the players who have a document of card",
        "moves to the no-game document",
        "| `t/latest.json` | the newest date that is not empty",
        "`total_players` count nothing",
        "| player_lookup, game_date | the date and 3 days before, and 2 days ahead |",
        "| pct_over | since 2021-10-01 | system_id = the champion |",
    ):
        assert part in text, part


class TestWrite:
    def test_writes_what_changed_and_removes_what_is_no_page(self, tmp_path: Path) -> None:
        assert sorted(write(tmp_path)) == sorted([INDEX, *(f"{name}.md" for name in NAMES)])
        assert write(tmp_path) == []
        (tmp_path / "tonight.md").write_text("stale")
        (tmp_path / "gone.md").write_text("an export type that was removed")
        assert write(tmp_path) == ["gone.md", "tonight.md"]
        assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == pages()


def test_fields_of_a_schema() -> None:
    schema = {
        "properties": {
            "kind": {"const": "x", "description": "K."},
            "day": {"type": ["string", "null"], "format": "date", "description": "D."},
            "side": {"enum": ["a", "b", None], "description": "S."},
            "items": {"type": "array", "maxItems": 3, "items": {"$ref": "#/$defs/item"}, "description": "I."},
            "grid": {
                "type": "array",
                "minItems": 2,
                "maxItems": 2,
                "items": {"type": "array", "items": {"type": "number"}},
                "description": "G.",
            },
        },
        "required": ["kind", "day", "items"],
        "$defs": {
            "item": {
                "type": "object",
                "description": "An item.",
                "properties": {"share": {"$ref": "#/$defs/share", "description": "Of it."}},
                "required": ["share"],
            },
            "share": {"type": "number", "minimum": 0, "maximum": 1, "description": "A share."},
        },
    }
    assert [(one.path, one.type, one.missing, one.description) for one in fields_of(schema)] == [
        ("kind", "always `x`", "", "K."),
        ("day", "date", "null", "D."),
        ("side", "`a`, `b`", "null or absent", "S."),
        ("items", "list of objects, at most 3", "", "I."),
        ("items[].share", "number, 0 to 1", "", "Of it."),
        ("grid", "list of list of number, exactly 2", "absent", "G."),
    ]


def test_windows_in_words() -> None:
    def dates(window: Window) -> str:
        export = Export("tonight", Grain.SLATE, (Read(CONTEXT, ("game_date",), window),), "t/{date}.json", Cache.SHORT)
        (row,) = re.findall(r"upcoming_player_game_context` \| [^|]+ \| ([^|]+) \|", page(export))
        return str(row)

    assert dates(Window.NIGHT) == "the date"
    assert dates(Window.SEASON) == "the season so far"
    assert dates(Window.TWO_SEASONS) == "this season and the one before"
    assert dates(Window(seasons=4)) == "this season and 3 before"
    assert dates(replace(Window.NIGHT, days=7)) == "the date and 7 days before"
