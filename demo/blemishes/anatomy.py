"""Cases that the simulated league has by itself; counted here, so that none can vanish unnoticed."""

from __future__ import annotations

import numpy as np

from demo.blemishes.workbench import Blemish, Workbench
from demo.clock import midnights
from demo.forecasts import CHAMPION
from demo.names import lookup_of
from demo.randomness import Array
from exporters.warehouse.tables import (
    ACCURACY,
    CONTEXT,
    DEFENSE,
    GAMES,
    PREDICTIONS,
    PROPS,
    REGISTRY,
    SUBSET_PICKS,
    SUBSET_VERSIONS,
)


def accented_names(bench: Workbench) -> int:
    """A name has diacritics that its lookup lacks."""
    return sum(not name.isascii() for name in bench.league.players.name)


def suffixed_names(bench: Workbench) -> int:
    """A name has a suffix, which its lookup keeps."""
    return sum(name.endswith((" Jr.", " Sr.", " II", " III", " IV")) for name in bench.league.players.name)


def punctuated_names(bench: Workbench) -> int:
    """A name has an apostrophe or a hyphen, which its lookup lacks."""
    names = bench.league.players.name
    return sum(len(lookup_of(name)) < len(name.replace(" ", "").replace(".", "")) for name in names)


def traded_players(bench: Workbench) -> int:
    """A player has two rows in one season of the registry."""
    frame = bench[REGISTRY]
    _, counts = np.unique((frame["player_lookup"] + "/" + frame["season"]).astype(str), return_counts=True)
    return int((counts > 1).sum())


def long_injured_players(bench: Workbench) -> int:
    """A player's ten newest box scores are all did-not-play rows."""
    frame = bench[GAMES]
    order = np.lexsort((frame["game_date"], frame["player_lookup"].astype(str)))
    who, sat = frame["player_lookup"][order], frame.is_null("points")[order] | (frame["is_dnp"][order])
    last = np.flatnonzero(np.concatenate([who[1:] != who[:-1], [True]]))
    runs = np.concatenate([[0], np.cumsum(sat)])
    return int(sum(runs[end + 1] - runs[max(0, end - 9)] == 10 for end in last))


def players_without_history(bench: Workbench) -> int:
    """A player of the last game night has no box score."""
    tonight = bench[CONTEXT]["game_date"] == bench.tonight
    known = set(bench[GAMES]["player_lookup"].tolist())
    return len(set(bench[CONTEXT]["player_lookup"][tonight].tolist()) - known)


def players_of_few_games(bench: Workbench) -> int:
    """A player of the last game night has played one to nine games this season."""
    frame = bench[GAMES]
    season = frame["season_year"] == frame["season_year"].max()
    played = season & ~frame.is_null("points") & ~frame["is_dnp"]
    who, counts = np.unique(frame["player_lookup"][played].astype(str), return_counts=True)
    tonight = bench[CONTEXT]["game_date"] == bench.tonight
    here = set(bench[CONTEXT]["player_lookup"][tonight].tolist())
    return sum(name in here for name in who[counts < 10].tolist())


def forecasts_without_line(bench: Workbench) -> int:
    """A forecast has no line to be compared with."""
    return int((bench[PREDICTIONS]["recommendation"] == "NO_LINE").sum())


def pushes(bench: Workbench) -> int:
    """Points equal the line; the box score table stores OVER."""
    frame = bench[GAMES]
    known = ~frame.is_null("points") & ~frame.is_null("points_line")
    return int((known & (frame["points"] == frame["points_line"]) & (frame["over_under_result"] == "OVER")).sum())


def voided_forecasts(bench: Workbench) -> int:
    """The player of a forecast did not play."""
    return int(bench[ACCURACY]["is_voided"].sum())


def mixed_model_versions(bench: Workbench) -> int:
    """Two versions of one model forecast on one date, or the version is unknown."""
    frame = bench[PREDICTIONS]
    champion = frame["system_id"] == CHAMPION
    return int((champion & (frame["model_version"] != f"{CHAMPION}_r1")).sum())


def inactive_offers(bench: Workbench) -> int:
    """An offer was taken down."""
    return int((~bench[PROPS]["is_active"]).sum())


def other_markets(bench: Workbench) -> int:
    """An offer of another market has the same number as the player's points line."""
    frame = bench[PROPS]
    key: Array = (frame["player_lookup"] + frame["game_date"].astype(str) + frame["points_line"].astype(str)).astype(
        str
    )
    points = frame["market_type"] == "points"
    return int(np.isin(key[~points], key[points]).sum())


def early_season_defense(bench: Workbench) -> int:
    """A team's defence rests on few games, or on none."""
    return int(bench[DEFENSE]["early_season_flag"].sum())


def late_versions(bench: Workbench) -> int:
    """A version of the picks was computed after the games had begun."""
    frame = bench[SUBSET_VERSIONS]
    midnight = midnights(frame["game_date"] + 1)
    return int((frame["computed_at"] >= midnight).sum())


def picks_without_system(bench: Workbench) -> int:
    """An old pick does not name its model and means the champion."""
    return int(bench[SUBSET_PICKS].is_null("system_id").sum())


def dates_without_games(bench: Workbench) -> int:
    """A date within the range has no games."""
    dates = np.unique(bench.league.games.date)
    first = bench.league.options.first_date
    if first is not None:
        dates = dates[dates >= np.datetime64(first)]
    return int((dates[-1] - dates[0]).astype(int)) + 1 - len(dates)


BLEMISHES: tuple[Blemish, ...] = (
    accented_names,
    suffixed_names,
    punctuated_names,
    traded_players,
    long_injured_players,
    players_without_history,
    players_of_few_games,
    forecasts_without_line,
    pushes,
    voided_forecasts,
    mixed_model_versions,
    inactive_offers,
    other_markets,
    early_season_defense,
    late_versions,
    picks_without_system,
    dates_without_games,
)
