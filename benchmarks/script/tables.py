"""Reads the tables and keeps one row of those that claim the same key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

CHAMPION = "catboost_v9"
SIDES = ("OVER", "UNDER")
REAL_SOURCES = ("ACTUAL_PROP", "ODDS_API", "BETTINGPROS")
PLACEHOLDER = 200
"""Tenths of the line that stands where none is known."""


@dataclass(frozen=True)
class Span:
    """The dates of a run, all of one season."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.season_start != _october(self.last):
            raise ValueError(f"{self.first} and {self.last} are of two seasons: run each season alone")

    @property
    def season_start(self) -> date:
        """1 October of the season."""
        return _october(self.first)

    @property
    def history_start(self) -> date:
        """1 October of the season before."""
        return date(self.season_start.year - 1, 10, 1)

    @property
    def season(self) -> str:
        """The season as the registry writes it."""
        year = self.season_start.year
        return f"{year}-{(year + 1) % 100:02d}"


def _october(day: date) -> date:
    return date(day.year if day.month >= 10 else day.year - 1, 10, 1)


def tenths(name: str) -> pl.Expr:
    """Return a decimal column in integer tenths."""
    return scaled(name, 10)


def scaled(name: str, factor: int) -> pl.Expr:
    """Return a decimal column times a power of ten, as integers."""
    return (pl.col(name).cast(pl.Float64) * factor).round().cast(pl.Int64)


def ratio(numerator: pl.Expr, denominator: pl.Expr, digits: int) -> pl.Expr:
    """Return a quotient in units of its last digit, ties away from zero; null over nothing."""
    size = (2 * numerator.abs() * 10**digits + denominator) // (2 * denominator)
    return pl.when(denominator > 0).then(pl.when(numerator < 0).then(-size).otherwise(size))


def newest(frame: pl.DataFrame, key: Sequence[str], *by: str | pl.Expr) -> pl.DataFrame:
    """Return the greatest row of each key; null is lower than every value."""
    order = [pl.col(one) if isinstance(one, str) else one for one in by]
    return frame.sort(order, nulls_last=False).unique(key, keep="last", maintain_order=True)


class Tables:
    """The tables of one run, each read once, with the ids of players resolved."""

    def __init__(self, warehouse: Path, span: Span) -> None:
        """Read the spellings of ids; other tables are read when they are looked at."""
        self._warehouse = warehouse
        self._span = span
        self._ids = self._aliases()

    def _scan(self, table: str, first: date = date.min) -> pl.LazyFrame:
        """Return a table; of one that is stored by months, only the files from ``first`` on."""
        folder = self._warehouse / table.replace(".", "/")
        files = []
        for file in sorted(folder.rglob("*.parquet")):
            month = file.parent.name.removeprefix("month=")
            if len(month) != 7 or f"{first:%Y-%m}" <= month <= f"{self._span.last:%Y-%m}":
                files.append(file)
        return pl.scan_parquet(files, hive_partitioning=False)

    def _read(
        self, table: str, columns: Sequence[str], first: date, *conditions: pl.Expr, dated: str = "game_date"
    ) -> pl.DataFrame:
        frame = self._scan(table, first).filter(pl.col(dated).is_between(first, self._span.last), *conditions)
        found = frame.select(columns).collect()
        if "player_lookup" not in columns:
            return found
        return found.with_columns(pl.col("player_lookup").replace(self._ids)).filter(
            pl.col("player_lookup").str.contains(r"^[a-z0-9]{1,80}$"), pl.col("player_lookup") != "index"
        )

    def _aliases(self) -> dict[str, str]:
        rows = newest(
            self._scan("nba_reference.player_aliases").collect(),
            ("alias_lookup", "nba_canonical_lookup"),
            "processed_at",
            "is_active",
        )
        rows = rows.filter("is_active").sort("processed_at", "nba_canonical_lookup", descending=[False, True])
        ids = dict(rows.select("alias_lookup", "nba_canonical_lookup").iter_rows())
        for alias, target in ids.items():
            seen = {alias}
            while target in ids and target not in seen:
                seen.add(target)
                target = ids[target]
            ids[alias] = target
        return ids

    def schedule(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return one row for each meeting of two teams, in the order of tip-offs, and every id that one has had."""
        columns = (
            *("game_date", "away_team_tricode", "home_team_tricode", "game_status", "game_date_est"),
            *("home_team_score", "away_team_score", "game_id", "processed_at"),
        )
        rows = self._read("nba_raw.nbac_schedule", columns, self._span.first).with_columns(
            one=pl.min_horizontal("away_team_tricode", "home_team_tricode"),
            other=pl.max_horizontal("away_team_tricode", "home_team_tricode"),
            canonical=pl.format(
                "{}_{}_{}", pl.col("game_date").dt.strftime("%Y%m%d"), "away_team_tricode", "home_team_tricode"
            ),
        )
        meeting = ("game_date", "one", "other")
        chosen = newest(rows, meeting, "game_status", "processed_at", *columns)
        named = rows.join(chosen.select(*meeting, found="canonical"), on=meeting)
        ids = pl.concat([named.select("game_date", "found", id=name) for name in ("canonical", "game_id")])
        ordered = chosen.sort("game_date", "game_date_est", "canonical", nulls_last=True)
        return ordered, ids.group_by("game_date", "id").agg(pl.col("found").min())

    def contexts(self) -> pl.DataFrame:
        """Return one row for each player of a game night."""
        columns = (
            *("player_lookup", "game_id", "game_date", "team_abbr", "opponent_team_abbr", "home_game", "days_rest"),
            *("back_to_back", "context_version", "processed_at"),
        )
        rows = self._read("nba_analytics.upcoming_player_game_context", columns, self._span.first)
        return newest(rows, ("player_lookup", "game_date"), "context_version", "processed_at", *columns[1:-2])

    def forecasts(self) -> pl.DataFrame:
        """Return the champion's forecast of each player's game, of the model version that publishes."""
        rows = self._read(
            "nba_predictions.player_prop_predictions",
            (
                *("player_lookup", "game_id", "game_date", "predicted_points", "confidence_score", "recommendation"),
                *("current_points_line", "pace_adjustment", "similar_games_count", "created_at", "updated_at"),
                *("prediction_id", "prediction_version", "model_version", "prediction_made_before_game"),
                "invalidation_reason",
            ),
            self._span.first,
            pl.col("system_id") == CHAMPION,
            pl.col("is_active"),
        )
        votes = rows.group_by("game_date", "model_version").agg(
            picks=(pl.col("recommendation").is_in(SIDES) & pl.col("current_points_line").is_not_null()).sum(),
            rows=pl.len(),
            created=pl.col("created_at").max(),
        )
        published = newest(votes, ("game_date",), "picks", "rows", "created", "model_version")
        current = rows.join(published, on=["game_date", "model_version"], how="semi", nulls_equal=True).filter(
            pl.col("invalidation_reason").is_null(), pl.col("prediction_made_before_game").fill_null(True)
        )
        chosen = newest(
            current,
            ("player_lookup", "game_date"),
            "prediction_version",
            pl.coalesce("updated_at", "created_at"),
            "prediction_id",
        )
        return chosen.select(
            "player_lookup",
            "game_date",
            "recommendation",
            forecast_game=pl.col("game_id"),
            points=tenths("predicted_points"),
            hundredths=scaled("confidence_score", 100),
            line=tenths("current_points_line"),
            pace=scaled("pace_adjustment", 100),
            similar=pl.col("similar_games_count"),
        )

    def games(self) -> pl.DataFrame:
        """Return the box scores of two seasons, oldest first, one of each game."""
        columns = (
            *("player_lookup", "game_date", "points", "game_id", "team_abbr", "opponent_team_abbr", "minutes_played"),
            *("fg_makes", "fg_attempts", "three_pt_makes", "three_pt_attempts", "ft_makes", "ft_attempts"),
            *("points_line", "is_dnp", "is_active", "processed_at", "player_full_name"),
        )
        rows = self._read("nba_analytics.player_game_summary", columns, self._span.history_start)
        ties = (
            *("team_abbr", "opponent_team_abbr", "points", "minutes_played", "points_line", "is_dnp", "is_active"),
            *columns[7:13],
            "player_full_name",
        )
        key = ("player_lookup", "game_date", "game_id")
        teams = pl.col("game_id").str.extract_groups(r"^\d{8}_(?<away>[A-Z0-9]{2,4})_(?<home>[A-Z0-9]{2,4})$")
        return (
            newest(rows, key, "processed_at", *ties)
            .sort(key)
            .with_columns(
                teams=teams,
                line=tenths("points_line"),
                minutes=tenths("minutes_played"),
                missed=pl.col("is_dnp").fill_null(False) | ~pl.col("is_active").fill_null(True),
            )
            .with_columns(
                away=pl.col("teams").struct.field("away"),
                home=pl.col("teams").struct.field("home"),
                played=~pl.col("missed") & pl.col("points").is_not_null(),
            )
            .with_columns(
                at_home=pl.when(pl.col("team_abbr") == pl.col("home"))
                .then(True)
                .when(pl.col("team_abbr") == pl.col("away"))
                .then(False),
                margin=pl.when("played").then(10 * pl.col("points") - pl.col("line")),
            )
            .drop("teams", "away", "home", "processed_at", "is_dnp", "is_active")
        )

    def grades(self) -> pl.DataFrame:
        """Return the champion's graded forecasts of the season, oldest first, one a date."""
        columns = (
            *("player_lookup", "game_id", "game_date", "team_abbr", "opponent_team_abbr", "recommendation"),
            *("line_value", "actual_points", "minutes_played", "prediction_correct", "is_voided", "line_source"),
            "graded_at",
        )
        start = self._span.season_start
        rows = self._read("nba_predictions.prediction_accuracy", columns, start, pl.col("system_id") == CHAMPION)
        line = tenths("line_value")
        unused = (pl.col("actual_points") == 0) & (pl.col("minutes_played").fill_null(0) == 0)
        return (
            newest(
                rows,
                ("player_lookup", "game_date"),
                "graded_at",
                pl.col("line_value").is_not_null(),
                -line.fill_null(0),
                *(name for name in columns if name not in ("player_lookup", "game_date", "graded_at")),
            )
            .sort("player_lookup", "game_date")
            .with_columns(
                decided=pl.col("recommendation").is_in(SIDES)
                & pl.col("prediction_correct").is_not_null()
                & (line != PLACEHOLDER).fill_null(False)
                & pl.col("line_source").is_in(REAL_SOURCES).fill_null(False)
                & ~pl.coalesce("is_voided", unused).fill_null(False)
            )
        )

    def names(self) -> pl.DataFrame:
        """Return each player's name and team by the registry, of the newest season on record."""
        rows = (
            self._scan("nba_reference.nba_players_registry")
            .collect()
            .with_columns(pl.col("player_lookup").replace(self._ids))
        )
        active = pl.max_horizontal("last_gamebook_activity_date", "last_roster_activity_date")
        return (
            rows.filter(pl.col("season") <= self._span.season)
            .sort(
                pl.col("season"),
                active,
                pl.col("games_played").fill_null(0),
                pl.col("player_name"),
                pl.col("team_abbr"),
                descending=[False, False, False, True, True],
                nulls_last=False,
            )
            .unique(["player_lookup"], keep="last", maintain_order=True)
            .select("player_lookup", registered_name="player_name", registered_team="team_abbr")
        )

    def injuries(self) -> pl.DataFrame:
        """Return the injury reports of the last days before each date."""
        columns = (
            *("player_lookup", "injury_status", "reason", "report_date", "report_hour", "game_date", "game_id"),
            "processed_at",
        )
        first = self._span.first - timedelta(days=7)
        return self._read("nba_raw.nbac_injury_report", columns, first, dated="report_date")

    def fatigue(self) -> pl.DataFrame:
        """Return the fatigue of each player's games."""
        columns = (
            *("player_lookup", "game_date", "fatigue_score", "fatigue_context_json", "game_id", "processed_at"),
            "created_at",
        )
        return self._read("nba_precompute.player_composite_factors", columns, self._span.first)

    def odds(self) -> pl.DataFrame:
        """Return the active best-line offers of points, each bookmaker's of one line and side once."""
        columns = (
            *("game_date", "player_lookup", "points_line", "bet_side", "odds_american", "bookmaker"),
            "bookmaker_last_update",
        )
        rows = self._read(
            "nba_raw.bettingpros_player_points_props",
            columns,
            self._span.first,
            pl.col("market_type") == "points",
            pl.col("is_active"),
            pl.col("is_best_line"),
        ).with_columns(line=tenths("points_line"), side=pl.col("bet_side").str.to_lowercase())
        key = ("player_lookup", "game_date", "line", "side", "bookmaker")
        chosen = newest(rows, key, "bookmaker_last_update", "points_line", "bet_side", "odds_american")
        real = chosen.filter(pl.col("odds_american").abs().is_between(100, 10_000))
        best = pl.col("odds_american")
        return real.group_by("player_lookup", "game_date", "line").agg(
            over=best.filter(pl.col("side") == "over").max(), under=best.filter(pl.col("side") == "under").max()
        )

    def defenses(self) -> pl.DataFrame:
        """Return how many points each team allows, as analysed on the dates before each night."""
        columns = ("team_abbr", "analysis_date", "opponent_points_per_game", "processed_at", "early_season_flag")
        first = self._span.first - timedelta(days=30)
        rows = self._read("nba_precompute.team_defense_zone_analysis", columns, first, dated="analysis_date").filter(
            pl.col("opponent_points_per_game").is_not_null(), ~pl.col("early_season_flag").fill_null(False)
        )
        chosen = newest(rows, ("team_abbr", "analysis_date"), "processed_at", "opponent_points_per_game")
        return chosen.select("team_abbr", "analysis_date", allowed=tenths("opponent_points_per_game"))
