"""Blemishes of the registry, of the spelling of names, and of the news."""

from __future__ import annotations

import numpy as np

from demo.blemishes.workbench import Blemish, Workbench
from demo.clock import HOUR_US
from demo.options import LAST_SEASON
from demo.tables.reports import season_label
from exporters.warehouse.tables import (
    CONTEXT,
    GAMES,
    INJURIES,
    NEWS_ARTICLES,
    NEWS_INSIGHTS,
    NEWS_LINKS,
    PLAYER_ALIASES,
    PREDICTIONS,
    PROPS,
    REGISTRY,
)


def later_registry_seasons(bench: Workbench) -> int:
    """A player already has a row of a later season, with another team and a fuller name."""
    frame = bench[REGISTRY]
    newest = frame["season"] == season_label(LAST_SEASON)
    rows = bench.some(newest, 0.01)
    later = frame.take(rows)
    every = np.arange(len(rows))
    later.put("season", every, season_label(LAST_SEASON + 1))
    later.put("team_abbr", every, bench.rng.permutation(later["team_abbr"]))
    later.put("player_name", every, np.array([f"{name} (two-way)" for name in later["player_name"]], dtype=object))
    later.put("games_played", every, 0)
    later.put("last_gamebook_activity_date", every, None)
    frame.extend(later)
    return len(rows)


def unregistered_players(bench: Workbench) -> int:
    """A player at the end of a bench is in no season of the registry."""
    players = bench.league.players
    bench_end = players.lookup[players.role >= 9]
    missing = bench.rng.choice(bench_end, min(2, len(bench_end)), replace=False)
    gone = np.isin(bench[REGISTRY]["player_lookup"].astype(str), missing.astype(str))
    bench.remove(REGISTRY, gone)
    return len(missing)


def registry_only_players(bench: Workbench) -> int:
    """A player is registered and has never been in any game."""
    frame = bench[REGISTRY]
    rows = bench.any_row(REGISTRY, 0.004)
    new = frame.take(rows)
    every = np.arange(len(rows))
    new.put("player_lookup", every, np.array([f"{name}ii" for name in new["player_lookup"]], dtype=object))
    new.put("player_name", every, np.array([f"{name} II" for name in new["player_name"]], dtype=object))
    new.put("games_played", every, 0)
    new.put("last_gamebook_activity_date", every, None)
    frame.extend(new)
    return len(rows)


def other_spellings(bench: Workbench) -> int:
    """A table names a player by an alias in some of its rows."""
    aliases = bench[PLAYER_ALIASES]
    spelled = dict(zip(aliases["nba_canonical_lookup"].tolist(), aliases["alias_lookup"].tolist(), strict=True))
    touched = 0
    for table in (PROPS, PREDICTIONS, CONTEXT, GAMES, INJURIES):
        frame = bench[table]
        rows = bench.some(np.isin(frame["player_lookup"].astype(str), list(spelled)), 0.05)
        names = [spelled[lookup] for lookup in frame["player_lookup"][rows].tolist()]
        frame.put("player_lookup", rows, np.array(names, dtype=object))
        touched += len(rows)
    return touched


def retired_aliases(bench: Workbench) -> int:
    """An alias once stood for another player, and that row is no longer active; another row is there twice."""
    frame = bench[PLAYER_ALIASES]
    rows = bench.any_row(PLAYER_ALIASES, 0.2)
    old = frame.take(rows)
    old.put("nba_canonical_lookup", np.arange(len(rows)), np.roll(old["nba_canonical_lookup"], 1))
    old.put("is_active", np.arange(len(rows)), False)
    old.put("processed_at", np.arange(len(rows)), old["processed_at"] - HOUR_US)
    frame.extend(old)
    frame.extend(frame.take(rows[:1]))
    return len(rows) + 1


def unknown_registry_activity(bench: Workbench) -> int:
    """A registry row knows nothing of games, activity or position."""
    frame = bench[REGISTRY]
    rows = bench.any_row(REGISTRY, 0.004)
    for name in ("games_played", "last_gamebook_activity_date", "last_roster_activity_date", "position"):
        frame.put(name, rows, None)
    return len(rows)


def articles_without_insight(bench: Workbench) -> int:
    """Nothing was extracted from an article."""
    gone = np.zeros(len(bench[NEWS_INSIGHTS]), dtype=bool)
    gone[bench.any_row(NEWS_INSIGHTS, 0.08)] = True
    bench.remove(NEWS_INSIGHTS, gone)
    return int(gone.sum())


def repeated_insights(bench: Workbench) -> int:
    """An article was extracted twice; the older extraction has another category."""
    frame = bench[NEWS_INSIGHTS]
    rows = bench.any_row(NEWS_INSIGHTS, 0.05)
    old = frame.take(rows)
    every = np.arange(len(rows))
    old.put("category", every, "other")
    old.put("headline", every, None)
    old.put("extracted_at", every, old["extracted_at"] - HOUR_US // 2)
    frame.extend(old)
    return len(rows)


def other_sports_homonyms(bench: Workbench) -> int:
    """An article about a namesake of another sport is linked to the player."""
    rows = bench.any_row(NEWS_LINKS, 0.02)
    bench[NEWS_LINKS].put("sport", rows, "mlb")
    return len(rows)


def repeated_articles(bench: Workbench) -> int:
    """An article was fetched twice."""
    rows = bench.any_row(NEWS_ARTICLES, 0.005)
    bench[NEWS_ARTICLES].extend(bench[NEWS_ARTICLES].take(rows))
    return len(rows)


BLEMISHES: tuple[Blemish, ...] = (
    other_spellings,
    retired_aliases,
    unknown_registry_activity,
    later_registry_seasons,
    unregistered_players,
    registry_only_players,
    articles_without_insight,
    repeated_insights,
    other_sports_homonyms,
    repeated_articles,
)
