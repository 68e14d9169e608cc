"""Blemishes of the registry and of the news."""

from __future__ import annotations

import numpy as np

from demo.blemishes.workbench import Blemish, Workbench
from demo.clock import HOUR_US
from demo.options import LAST_SEASON
from demo.reports import season_label
from exporters.warehouse.tables import NEWS_ARTICLES, NEWS_INSIGHTS, NEWS_LINKS, REGISTRY


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
    unknown_registry_activity,
    later_registry_seasons,
    unregistered_players,
    registry_only_players,
    articles_without_insight,
    repeated_insights,
    other_sports_homonyms,
    repeated_articles,
)
