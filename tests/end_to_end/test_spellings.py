"""Players whom tables spell differently: one document each, with the aliases; a warning, without them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.config import ExportConfig, FunnelRules, PerName
from exporters.registry import exports
from exporters.warehouse.tables import (
    CONTEXT,
    DAILY_CACHE,
    PLAYER_ALIASES,
    PREDICTIONS,
    PROPS,
    REGISTRY,
    TABLES,
    WAREHOUSE_TABLES,
)
from pipeline.execution.in_process import run_in_process
from tests.end_to_end.command_line import run_main
from tests.support.live_feed import game_box, player_line
from tests.support.matchers import assert_same_objects, documents, json_of, manifest_of
from tests.support.plans import plan_of
from tests.support.rows import (
    TONIGHT,
    Row,
    by_table,
    news_article_row,
    news_link_row,
    player_alias_row,
    props_row,
    table_of,
)
from tests.support.small_night import PLAYERS, small_night
from tests.support.stores import MemoryStore, published_in
from tests.support.warehouses import AnyTable, MemoryWarehouse, write_parquet
from tests.support.worlds import PROPERTY
from transforms.live_feed.warehouse import FileLiveFeed, LiveFeed, LiveWarehouse

SPELLINGS = {
    "carltoncarrington": "bubcarrington",
    "derrickjonesjr": "derrickjones",
    "herbertjones": "herbjones",
    "isaiahstewart": "isaiahstewartii",
    "jimmybutler": "jimmybutleriii",
    "nicolasclaxton": "nicclaxton",
    "paulreed": "paulreedjr",
    "robertwilliams": "robertwilliamsiii",
    "ronholland": "ronhollandii",
    "vincentwilliamsjr": "vincewilliamsjr",
}
"""Players of the night to how some table spells them."""
NOWHERE = "teamlessplayer"
"""The eleventh player has odds, and no table holds a team for this player."""
IDS = {**dict(zip(PLAYERS, SPELLINGS, strict=False)), **{player: player for player in list(PLAYERS)[len(SPELLINGS) :]}}
FUNNEL = FunnelRules(percent=PerName(50, {"zones": 0, "ready": 30, "lined": 0, "published": 80}), through_percent=0)
"""The small nights have no analyses of shots."""
GATES = ExportConfig(min_context_rows=8, min_active_predictions=8, funnel=FUNNEL)
PLAYER_TABLES = [table for table in TABLES if table.player is not None and table.stand_in is None]
ALIASES = [player_alias_row(alias_lookup=alias, nba_canonical_lookup=player) for player, alias in SPELLINGS.items()]

Condition = Callable[[int, Row], bool]


def spelled(condition: Condition = lambda number, row: False) -> list[Row]:
    """Return the night, in which the rows that meet a condition spell players by their aliases."""
    rows = []
    news = (news_link_row(player_lookup="playera"), news_article_row())
    for number, row in enumerate((*small_night(), *news)):
        if table_of(row).player is not None:
            player = IDS[row.player_lookup]
            row = row._replace(player_lookup=SPELLINGS.get(player, player) if condition(number, row) else player)
        rows.append(row)
    return rows


def of(*tables: AnyTable) -> Condition:
    return lambda _, row: table_of(row) in tables


def tables_of(rows: Sequence[Row]) -> dict[AnyTable, list[Any]]:
    grouped = by_table(rows)
    return {table: grouped.get(table.name, []) for table in WAREHOUSE_TABLES}


def export(rows: Sequence[Row], feed: LiveFeed | None = None) -> MemoryStore:
    store = MemoryStore()
    plan = plan_of(*exports(), first=TONIGHT, config=GATES, generated_at=f"{TONIGHT}T23:00:00Z")
    run_in_process(plan, LiveWarehouse(MemoryWarehouse(tables_of(rows)), feed), store)
    return store


@pytest.fixture(scope="module")
def alike() -> dict[str, bytes]:
    """The documents of a warehouse that spells every player alike."""
    found = documents(export(spelled()))
    assert len(found) > 100
    return found


@pytest.mark.parametrize("table", PLAYER_TABLES, ids=str)
def test_a_table_that_spells_players_by_aliases_changes_no_document(table: AnyTable, alike: dict[str, bytes]) -> None:
    assert_same_objects(documents(export([*spelled(of(table)), *ALIASES])), alike)


def test_every_table_names_one_of_the_spellings() -> None:
    named = {table_of(row) for row in spelled() if table_of(row).player is not None and row.player_lookup in SPELLINGS}
    # The cache is read by no export type.
    assert set(PLAYER_TABLES) - named == {DAILY_CACHE}


@pytest.mark.parametrize("remainder", [0, 1])
def test_rows_of_both_spellings_are_those_of_one_player(remainder: int, alike: dict[str, bytes]) -> None:
    store = export([*spelled(lambda number, _: number % 2 == remainder), *ALIASES])
    assert_same_objects(documents(store), alike)


def test_duplicates_of_the_other_spelling_are_settled_as_any_others(alike: dict[str, bytes]) -> None:
    store = export([*spelled(), *spelled(lambda *_: True), *ALIASES])
    assert_same_objects(documents(store), alike)


def test_a_chain_of_aliases_leads_to_the_player(alike: dict[str, bytes]) -> None:
    links = [
        link
        for player, alias in SPELLINGS.items()
        for link in (
            player_alias_row(alias_lookup=alias, nba_canonical_lookup=f"{alias}2"),
            player_alias_row(alias_lookup=f"{alias}2", nba_canonical_lookup=player),
        )
    ]
    assert_same_objects(documents(export([*spelled(of(PROPS, PREDICTIONS)), *links])), alike)


def test_no_document_shows_another_spelling(alike: dict[str, bytes]) -> None:
    found = documents(export([*spelled(lambda *_: True), *ALIASES]))
    assert_same_objects(found, alike)
    everything = " ".join([*found, *(content.decode() for content in found.values())])
    assert not [alias for alias in SPELLINGS.values() if f"/{alias}." in everything or f'"{alias}"' in everything]


class TestWithoutAliases:
    """Lines are spelled otherwise than the players of the night, and no alias connects them."""

    ROWS = (*spelled(of(PROPS, PREDICTIONS)), props_row(player_lookup=NOWHERE))

    def test_the_players_have_no_line(self) -> None:
        store = export(self.ROWS)
        players = [one for game in json_of(store, "tonight/all-players.json")["games"] for one in game["players"]]
        assert {one["player_lookup"] for one in players if not one["has_line"]} == set(SPELLINGS)
        assert len(players) == len(PLAYERS)

    def test_with_them_all_have_one(self) -> None:
        store = export([*self.ROWS, *ALIASES])
        players = [one for game in json_of(store, "tonight/all-players.json")["games"] for one in game["players"]]
        assert {one["player_lookup"] for one in players if one["has_line"]} == set(IDS.values())

    def test_every_spelling_is_warned_of_with_the_player_who_is_meant(self) -> None:
        warnings = manifest_of(export(self.ROWS), TONIGHT)["warnings"]
        expected = [(PROPS.name, alias, player, 2) for player, alias in SPELLINGS.items()]
        # Of the forecasts the champion's and another model's.
        expected += [(PREDICTIONS.name, alias, player, 2) for player, alias in SPELLINGS.items()]
        expected.append((PROPS.name, NOWHERE, None, 1))
        found = [(one["table"], one["player"], one["nearest"], one["rows"]) for one in warnings]
        assert sorted(found, key=str) == sorted(expected, key=str)
        assert {(one["warning"], one["reason"]) for one in warnings} == {("unmatched player", "not in the registry")}

    def test_with_them_only_the_player_of_no_team_is_left(self) -> None:
        (warning,) = manifest_of(export([*self.ROWS, *ALIASES]), TONIGHT)["warnings"]
        assert (warning["player"], warning["nearest"]) == (NOWHERE, None)

    def test_a_registered_player_with_odds_who_is_not_expected_is_named(self) -> None:
        gone = "jimmybutler"
        rows = [row for row in spelled() if not (table_of(row) is CONTEXT and row.player_lookup == gone)]
        warnings = manifest_of(export(rows), TONIGHT)["warnings"]
        assert {(one["table"], one["player"], one["reason"]) for one in warnings} == {
            (table.name, gone, "not expected in a game of the date") for table in (PROPS, PREDICTIONS)
        }

    def test_a_warehouse_with_one_spelling_makes_no_warning(self) -> None:
        assert manifest_of(export(spelled()), TONIGHT)["warnings"] == []


class TestAliasRows:
    """What the table of aliases may hold besides."""

    OTHERS = (
        *ALIASES,
        player_alias_row(alias_lookup="herbjones", nba_canonical_lookup="someoneelse", is_active=False),
        player_alias_row(alias_lookup="nicclaxton", nba_canonical_lookup="nobody", processed_at=None),
        player_alias_row(alias_lookup="ronholland", nba_canonical_lookup="ronholland"),
        player_alias_row(alias_lookup="neverseen", nba_canonical_lookup="neverheardof"),
        player_alias_row(alias_lookup="one", nba_canonical_lookup="two"),
        player_alias_row(alias_lookup="two", nba_canonical_lookup="one"),
    )

    @settings(PROPERTY, max_examples=8)
    @given(seed=st.integers(0, 2**16))
    def test_any_order_and_any_copies_give_the_same_documents(self, alike: dict[str, bytes], seed: int) -> None:
        chance = Random(seed)
        rows = [*self.OTHERS, *chance.choices(self.OTHERS, k=chance.randrange(12))]
        chance.shuffle(rows)
        assert_same_objects(documents(export([*spelled(of(PROPS, CONTEXT, REGISTRY)), *rows])), alike)

    def test_unusable_aliases_are_warnings_of_the_manifest(self) -> None:
        warnings = manifest_of(export([*spelled(), *self.OTHERS]), TONIGHT)["warnings"]
        assert [(one["warning"], one["problem"].partition(":")[0]) for one in warnings] == [
            ("alias of a player", "alias 'nicclaxton' stands for nicolasclaxton and nobody"),
            ("alias of a player", "aliases one and two stand for one another"),
        ]


def test_the_graph_resolves_as_the_process_does(tmp_path: Path, alike: dict[str, bytes]) -> None:
    root = tmp_path / "warehouse"
    write_parquet(root, tables_of([*spelled(of(PROPS, PREDICTIONS, CONTEXT)), *ALIASES]))
    ended = run_main(
        root,
        tmp_path / "out",
        "--export_types=all",
        f"--target_date={TONIGHT}",
        f"--generated_at={TONIGHT}T23:00:00Z",
        "--min_funnel_percent=50,zones:0,lined:0",
    )
    assert ended.code == 0, ended.out + ended.err
    store = published_in(tmp_path / "out")
    assert_same_objects(documents(store), alike)
    assert manifest_of(store, TONIGHT)["tables"][PLAYER_ALIASES.name]["rows"] == len(ALIASES)


def test_a_warehouse_without_the_table_spells_every_player_alike(tmp_path: Path, alike: dict[str, bytes]) -> None:
    root = tmp_path / "warehouse"
    write_parquet(root, tables_of(spelled()))
    root.joinpath(*PLAYER_ALIASES.name.split(".")).with_suffix(".parquet").unlink()
    ended = run_main(
        root,
        tmp_path / "out",
        "--export_types=all",
        f"--target_date={TONIGHT}",
        f"--generated_at={TONIGHT}T23:00:00Z",
        "--min_funnel_percent=50,zones:0,lined:0",
    )
    assert ended.code == 0, ended.out + ended.err
    assert f"absent: {PLAYER_ALIASES.name}: every table is taken to spell players alike" in ended.out
    assert_same_objects(documents(published_in(tmp_path / "out")), alike)


def test_aliases_that_cannot_be_read_fail_what_names_players_and_nothing_else() -> None:
    store = MemoryStore()
    plan = plan_of(*exports(), first=TONIGHT, config=GATES)
    warehouse = MemoryWarehouse(tables_of([*spelled(), *ALIASES]), breaks={PLAYER_ALIASES: "no permission; grant it"})
    run_in_process(plan, LiveWarehouse(warehouse), store)
    states = {name: section["state"] for name, section in manifest_of(store, TONIGHT)["exports"].items()}
    assert {name for name, state in states.items() if state == "ready"} == {
        "calendar",
        "daily-signals",
        "performance",
        "season-game-counts",
        "subset-definitions",
        "trends-team",
    }
    assert states["live-grading"] == "degraded"


def test_a_player_is_found_under_the_name_of_the_live_feed(tmp_path: Path) -> None:
    lines = [player_line(900, "Nic Claxton", 30), player_line(901, "Vince Williams Jr.", 11)]
    box = game_box(str(TONIGHT), ("LAL", lines), ("BOS", []), status="Final", period=4, clock="Final")
    feed = tmp_path / "feed.json"
    feed.write_text(json.dumps({"data": [box]}), encoding="utf-8")
    for aliases in ([], ALIASES):
        store = export([*spelled(), *aliases], FileLiveFeed(str(feed)))
        rows = {row["player_lookup"]: row for row in json_of(store, f"live-grading/{TONIGHT}.json")["predictions"]}
        points = [rows[player]["actual"] for player in ("nicolasclaxton", "vincentwilliamsjr")]
        assert points == ([30, 11] if aliases else [None, None])
