from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.config import RULES
from exporters.league.players.aliases import NO_ALIASES, Aliases
from exporters.league.players.unmatched import (
    NOT_EXPECTED,
    NOT_REGISTERED,
    NameReport,
    UnmatchedName,
    nearest_name,
    unmatched_names,
)
from exporters.warehouse.tables import ACCURACY, CONTEXT, GAMES, PREDICTIONS, PROPS, SHOT_ZONES

TABLES = (ACCURACY, CONTEXT, GAMES, PREDICTIONS, PROPS)
KNOWN = {"herbertjones", "nicolasclaxton", "zionwilliamson"}


def named(**players: Mapping[str, int]) -> dict[str, Mapping[str, int]]:
    by_name = {table.name.partition(".")[2]: table.name for table in (*TABLES, SHOT_ZONES)}
    short = {"odds": PROPS.name, "forecasts": PREDICTIONS.name, "context": CONTEXT.name, "box_scores": GAMES.name}
    return {short.get(key) or by_name[key]: value for key, value in players.items()}


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_player_missing_from_the_registry_is_named_with_the_table_and_the_nearest(table: object) -> None:
    report = unmatched_names({str(table): {"herbjones": 4, "zionwilliamson": 2}}, NO_ALIASES, KNOWN)
    assert report == NameReport((UnmatchedName(str(table), "herbjones", 4, NOT_REGISTERED, "herbertjones"),), 0)


def test_an_alias_is_not_unmatched() -> None:
    aliases = Aliases({"herbjones": "herbertjones"})
    found = named(odds={"herbjones": 4}, context={"herbertjones": 1}, forecasts={"herbertjones": 1})
    assert unmatched_names(found, aliases, KNOWN) == NameReport()


def test_the_registry_may_be_the_one_that_spells_a_player_by_an_alias() -> None:
    aliases = Aliases({"herbjones": "herbertjones"})
    assert unmatched_names(named(odds={"herbertjones": 4}), aliases, {"herbjones"}) == NameReport()


def test_an_alias_of_an_unmatched_player_is_named_as_it_is_spelled() -> None:
    aliases = Aliases({"herb": "herbertjonesjr"})
    ((found,), _) = unmatched_names(named(odds={"herb": 4}), aliases, KNOWN)
    assert (found.player, found.nearest) == ("herb", "herbertjones")


@pytest.mark.parametrize("table", ["odds", "forecasts"])
def test_odds_and_forecasts_of_a_player_who_is_not_expected(table: str) -> None:
    found = named(context={"herbertjones": 1}, **{table: {"nicolasclaxton": 2, "herbertjones": 2}})
    ((stranger,), more) = unmatched_names(found, NO_ALIASES, KNOWN)
    assert (stranger.player, stranger.rows, stranger.reason, more) == ("nicolasclaxton", 2, NOT_EXPECTED, 0)


def test_the_nearest_of_a_player_who_is_not_expected_is_one_who_is() -> None:
    found = named(context={"herbertjones": 1}, odds={"herbjones": 2})
    ((stranger,), _) = unmatched_names(found, NO_ALIASES, {*KNOWN, "herbjones"})
    assert (stranger.reason, stranger.nearest) == (NOT_EXPECTED, "herbertjones")


def test_a_box_score_without_context_is_nothing_to_wonder_at() -> None:
    found = named(
        context={"herbertjones": 1}, box_scores={"nicolasclaxton": 1}, prediction_accuracy={"herbertjones": 1}
    )
    assert unmatched_names(found, NO_ALIASES, KNOWN) == NameReport()


def test_a_table_that_was_not_read_makes_no_warning() -> None:
    odds = named(odds={"herbjones": 4})
    assert unmatched_names(odds, NO_ALIASES, None) == NameReport()
    assert unmatched_names({**odds, CONTEXT.name: {}}, NO_ALIASES, None) == NameReport()
    assert unmatched_names({}, NO_ALIASES, KNOWN) == NameReport()
    assert unmatched_names({SHOT_ZONES.name: {"herbjones": 1}}, NO_ALIASES, KNOWN) == NameReport()


def test_fifty_are_listed_and_the_others_counted() -> None:
    strangers = {f"stranger{n:03d}": n for n in range(40)}
    report = unmatched_names(named(odds=strangers, forecasts=strangers), NO_ALIASES, KNOWN)
    assert (len(report.listed), report.more) == (RULES.names.most_listed, 30)
    assert RULES.names.most_listed == 50
    assert [name.table for name in report.listed] == [PROPS.name] * 40 + [PREDICTIONS.name] * 10


@pytest.mark.parametrize(
    ("spelled", "player"),
    [
        ("bubcarrington", "carltoncarrington"),
        ("derrickjones", "derrickjonesjr"),
        ("herbjones", "herbertjones"),
        ("isaiahstewartii", "isaiahstewart"),
        ("jimmybutleriii", "jimmybutler"),
        ("nicclaxton", "nicolasclaxton"),
        ("paulreedjr", "paulreed"),
        ("robertwilliamsiii", "robertwilliams"),
        ("ronhollandii", "ronholland"),
        ("vincewilliamsjr", "vincentwilliamsjr"),
    ],
)
def test_the_nearest_name_is_the_misspelled_player(spelled: str, player: str) -> None:
    others = {"jalenjohnson", "devincarter", "herbertwilliams", "isaiahjackson", "jimmybutter", "paulgeorge"}
    assert nearest_name(spelled, frozenset(others - {"jimmybutter"} | {player})) == player


def test_a_name_unlike_all_others_has_no_nearest() -> None:
    assert nearest_name("tobiasbirchcombe", frozenset({"silasredcombe"})) is None
    assert nearest_name("ann", frozenset()) is None


counts = st.dictionaries(st.sampled_from(["ann", "bob", "cem", "annb"]), st.integers(1, 3))


@given(
    st.dictionaries(st.sampled_from([table.name for table in TABLES]), counts), st.sets(st.sampled_from(["ann", "x"]))
)
def test_every_unmatched_player_is_listed_once_a_table(found: dict[str, dict[str, int]], registered: set[str]) -> None:
    report = unmatched_names(found, NO_ALIASES, registered)
    strangers = {(table, player) for table, players in found.items() for player in players if player not in registered}
    listed = [(name.table, name.player) for name in report.listed if name.reason == NOT_REGISTERED]
    assert (sorted(listed), report.more) == (sorted(strangers), 0)
    assert all(found[name.table][name.player] == name.rows for name in report.listed)
