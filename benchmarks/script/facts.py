"""What is known of each player on each date, as columns: one row a player and date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from benchmarks.script.tables import Span, Tables, newest, ratio

KEY = ("player_lookup", "game_date")
LONGEST_RUN = 20
SHORTEST_RUN = 4
CURRENT_DAYS = 30
SPLITS = ("home", "away", "back_to_back", "normal", "rested")
_CANONICAL = r"^\d{8}_(?<away>[A-Z0-9]{2,4})_(?<home>[A-Z0-9]{2,4})$"


@dataclass(frozen=True)
class Facts:
    """All that documents show.

    Attributes:
        nights: A row for each player who is expected or forecast on a date.
        games: The box scores that a date may show, those of a player together, oldest first; ``nights.at`` is the
            place of the newest.
        decided: The games that went over or under the line; ``line_runs.at`` is the place of the newest.
        line_runs: Runs of overs or unders, as known on each date.
        correct_runs: Runs of correct forecasts, as known on each date.
        schedule: The games of the dates, in the order of tip-offs.
    """

    nights: pl.DataFrame
    games: pl.DataFrame
    decided: pl.DataFrame
    line_runs: pl.DataFrame
    correct_runs: pl.DataFrame
    schedule: pl.DataFrame


def before(left: pl.DataFrame, right: pl.DataFrame, by: Sequence[str] = ("player_lookup",)) -> pl.DataFrame:
    """Join the newest row before each date."""
    return left.sort("game_date").join_asof(
        right.sort("game_date"), on="game_date", by=list(by), allow_exact_matches=False, check_sortedness=False
    )


def find_facts(tables: Tables, span: Span) -> Facts:
    """Read the tables and compute every fact of some dates."""
    games = tables.games()
    played = _played(games, span)
    decided = _decided(played)
    names = tables.names()
    grades = tables.grades()
    schedule, ids = tables.schedule()
    shown = _shown(games, span)
    nights = _matched(tables, games, grades, schedule, ids)
    nights = _averages(nights, shown, played, decided)
    nights = _named(nights, names, games, span)
    nights = _surroundings(nights, tables)
    dates = pl.DataFrame({"game_date": pl.date_range(span.first, span.last, eager=True)})
    season = decided.filter("in_season").select("player_lookup", "game_date", "over", "length", "margin_sum", "run_at")
    line_runs = _current(dates, season)
    correct_runs = _current(dates, _correct(grades)).filter("prediction_correct")
    return Facts(
        nights,
        shown,
        decided,
        _named(line_runs, names, games, span),
        _named(correct_runs, names, games, span),
        schedule,
    )


def _shown(games: pl.DataFrame, span: Span) -> pl.DataFrame:
    """Return the games that a date may show: those of the dates, and each player's newest ten before them."""
    place = pl.int_range(1, pl.len() + 1).over("player_lookup")
    age = (pl.col("game_date") < span.first).sum().over("player_lookup") - place
    frame = games.with_columns(shown=pl.min_horizontal(place, pl.lit(10, pl.Int64)), age=age)
    return frame.filter(pl.col("age") < 10).with_row_index("at")


def _played(games: pl.DataFrame, span: Span) -> pl.DataFrame:
    """Return the played games with totals up to and including each."""
    season = pl.col("in_season")
    gap = pl.col("game_date").diff().dt.total_days().over("player_lookup", "in_season")
    frame = games.filter("played").with_columns(in_season=pl.col("game_date") >= span.season_start)
    frame = frame.with_columns(
        home=season & pl.col("at_home").fill_null(False),
        away=season & ~pl.col("at_home").fill_null(True),
        back_to_back=season & (gap == 1).fill_null(False),
        normal=season & (gap != 1).fill_null(True),
        rested=season & (gap >= 3).fill_null(False),
        over=(pl.col("margin") > 0).fill_null(False),
        is_decided=(pl.col("margin") != 0).fill_null(False),
        timed=pl.col("minutes").is_not_null().cast(pl.Int64),
        minutes=pl.col("minutes").fill_null(0),
    )
    totals = ("n", "points", "minutes", "timed")
    sums = [pl.col(name).cum_sum().over("player_lookup").alias(f"all_{name}") for name in totals[1:]]
    sums.append(pl.int_range(1, pl.len() + 1).over("player_lookup").alias("all_n"))
    for name in ("points", "minutes", "timed"):
        sums.append((pl.col(name) * season).cum_sum().over("player_lookup").alias(f"season_{name}"))
    sums.append(season.cast(pl.Int64).cum_sum().over("player_lookup").alias("season_n"))
    for split in SPLITS:
        sums.extend(_tally(split, pl.col(split), ("player_lookup",)))
    frame = frame.with_columns(sums)
    lasts = []
    for name in totals:
        for count in (5, 10):
            earlier = pl.col(f"all_{name}").shift(count).over("player_lookup").fill_null(0)
            lasts.append((pl.col(f"all_{name}") - earlier).alias(f"last_{count}_{name}"))
    return frame.with_columns(lasts)


def _tally(name: str, chosen: pl.Expr, by: Sequence[str]) -> list[pl.Expr]:
    counted = {
        "n": chosen.cast(pl.Int64),
        "points": pl.col("points") * chosen,
        "overs": (chosen & pl.col("over")).cast(pl.Int64),
        "decided": (chosen & pl.col("is_decided")).cast(pl.Int64),
    }
    return [value.cum_sum().over(*by).alias(f"{name}_{what}") for what, value in counted.items()]


def _with_runs(frame: pl.DataFrame, *kind: str) -> pl.DataFrame:
    """Add how long the run is that ends with each row; rows are those of a player together, oldest first."""
    begins = pl.any_horizontal(*((pl.col(name) != pl.col(name).shift(1)).fill_null(True) for name in kind))
    frame = frame.with_columns(run=begins.cum_sum())
    place = pl.int_range(1, pl.len() + 1).over("run")
    return frame.with_columns(length=pl.min_horizontal(place, pl.lit(LONGEST_RUN, pl.Int64)))


def _decided(played: pl.DataFrame) -> pl.DataFrame:
    frame = _with_runs(played.filter("is_decided"), "player_lookup", "in_season", "over").with_row_index("run_at")
    total = pl.col("margin").cum_sum()
    at = pl.col("run_at").cast(pl.Int64) - pl.col("length")
    frame = frame.with_columns(total=total)
    earlier = pl.when(at >= 0).then(pl.col("total").gather(pl.max_horizontal(at, pl.lit(0)))).otherwise(0)
    return frame.with_columns(margin_sum=pl.col("total") - earlier)


def _correct(grades: pl.DataFrame) -> pl.DataFrame:
    frame = _with_runs(grades.filter("decided"), "player_lookup", "prediction_correct")
    return frame.select("player_lookup", "game_date", "team_abbr", "prediction_correct", "length")


def _current(dates: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Return the runs that stand before each date and are long and recent enough."""
    every = dates.join(runs.select("player_lookup").unique(), how="cross")
    found = before(every, runs.with_columns(newest="game_date"))
    recent = (pl.col("game_date") - pl.col("newest")) <= timedelta(days=CURRENT_DAYS)
    return found.filter(pl.col("length") >= SHORTEST_RUN, recent)


def _matched(
    tables: Tables, games: pl.DataFrame, grades: pl.DataFrame, schedule: pl.DataFrame, ids: pl.DataFrame
) -> pl.DataFrame:
    """Return the nights with the game that each player is in."""
    contexts = tables.contexts().with_columns(expected=pl.lit(True))
    box = games.unique(KEY, keep="last", maintain_order=True)
    frame = (
        contexts.join(tables.forecasts(), on=KEY, how="full", coalesce=True)
        .join(box.select(*KEY, b_game="game_id", b_team="team_abbr", b_other="opponent_team_abbr"), on=KEY, how="left")
        .join(
            grades.select(*KEY, g_game="game_id", g_team="team_abbr", g_other="opponent_team_abbr"), on=KEY, how="left"
        )
        .with_columns(
            expected=pl.col("expected").fill_null(False),
            stored=pl.coalesce("game_id", "b_game", "g_game", "forecast_game"),
            team=pl.coalesce("team_abbr", "b_team", "g_team"),
            other=pl.coalesce("opponent_team_abbr", "b_other", "g_other"),
        )
    )
    ordered = schedule.with_row_index("order")
    sides = pl.concat(
        [ordered.select("order", "game_date", "canonical", team=f"{side}_team_tricode") for side in ("away", "home")]
    )
    sides = sides.sort("order").unique(["game_date", "team"], keep="first", maintain_order=True)
    scheduled = schedule.select("canonical", s_away="away_team_tricode", s_home="home_team_tricode")
    named = pl.col("stored").str.extract_groups(_CANONICAL)
    frame = (
        frame.join(ids, left_on=["game_date", "stored"], right_on=["game_date", "id"], how="left")
        .join(sides.select("game_date", "team", by_team="canonical"), on=["game_date", "team"], how="left")
        .with_columns(canonical=pl.coalesce("found", "by_team"), named=named)
        .join(scheduled, on="canonical", how="left")
        .with_columns(
            away=pl.coalesce("s_away", pl.col("named").struct.field("away")),
            home=pl.coalesce("s_home", pl.col("named").struct.field("home")),
        )
    )
    made = (
        pl.col("canonical").is_null()
        & pl.col("away").is_null()
        & pl.all_horizontal(pl.col(name).is_not_null() for name in ("team", "other", "home_game"))
    )
    day = pl.col("game_date").dt.strftime("%Y%m%d")
    frame = frame.with_columns(
        away=pl.when(made).then(pl.when("home_game").then("other").otherwise("team")).otherwise("away"),
        home=pl.when(made).then(pl.when("home_game").then("team").otherwise("other")).otherwise("home"),
    ).with_columns(
        game=pl.when(made)
        .then(pl.format("{}_{}_{}", day, "away", "home"))
        .otherwise(pl.coalesce("canonical", "stored"))
    )
    is_known = (pl.col("team") == pl.col("away")) | (pl.col("team") == pl.col("home"))
    return frame.with_columns(
        is_home=pl.coalesce("home_game", pl.when(is_known).then(pl.col("team") == pl.col("home"))),
        opponent=pl.coalesce(
            "other", pl.when(is_known).then(pl.when(pl.col("team") == pl.col("home")).then("away").otherwise("home"))
        ),
    ).drop("named", "found", "by_team", "b_game", "b_team", "b_other", "g_game", "g_team", "g_other")


def _averages(nights: pl.DataFrame, shown: pl.DataFrame, played: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """Add averages, splits and the current run, as known before each date."""
    totals = [
        name
        for name in played.columns
        if name.startswith(("season_", "last_"))
        or any(name.startswith(f"{split}_") and name != split for split in SPLITS)
    ]
    season = played.filter("in_season")
    versus = season.select(
        *KEY, "opponent_team_abbr", *_tally("vs", pl.col("in_season"), ("player_lookup", "opponent_team_abbr"))
    )
    run = decided.filter("in_season").select(*KEY, run_over="over", run_length="length")
    found = before(before(before(nights, shown.select(*KEY, "at", "shown")), played.select(*KEY, *totals)), run)
    found = before(found, versus, ("player_lookup", "opponent_team_abbr"))
    spans = ("season", "last_5", "last_10")
    means = [
        expression
        for span in spans
        for expression in (
            ratio(pl.col(f"{span}_points"), pl.col(f"{span}_n"), 1).alias(f"{span}_ppg"),
            ratio(pl.col(f"{span}_minutes"), 10 * pl.col(f"{span}_timed"), 1).alias(f"{span}_mpg"),
        )
    ]
    for split in (*SPLITS, "vs"):
        means.append(ratio(pl.col(f"{split}_points"), pl.col(f"{split}_n"), 1).alias(f"{split}_ppg"))
        overs, games_decided = pl.col(f"{split}_overs"), pl.col(f"{split}_decided")
        means.append(ratio(overs, games_decided, 3).alias(f"{split}_rate"))
        means.append(ratio(100 * overs, games_decided, 0).alias(f"{split}_percent"))
    difference = pl.col("last_5_ppg") - pl.col("season_ppg")
    hot = pl.when(difference > 0).then(pl.lit("Hot")).otherwise(pl.lit("Cold"))
    return found.with_columns(means).with_columns(
        form=pl.when(difference.abs() < 30).then(pl.lit("Neutral")).when(difference.is_not_null()).then(hot),
        season_n=pl.col("season_n").fill_null(0),
        shown=pl.col("shown").fill_null(0),
    )


def _named(frame: pl.DataFrame, names: pl.DataFrame, games: pl.DataFrame, span: Span) -> pl.DataFrame:
    """Add each player's name as known on the date."""
    told = games.filter(
        pl.col("game_date") >= span.season_start,
        pl.col("player_full_name").is_not_null(),
        pl.col("player_full_name") != "",
    )
    told = told.select(*KEY, told="player_full_name")
    found = frame.join(names, on="player_lookup", how="left").sort("game_date")
    found = found.join_asof(told.sort("game_date"), on="game_date", by="player_lookup", check_sortedness=False)
    registered = pl.when(pl.col("registered_name") != "").then("registered_name")
    return found.with_columns(name=pl.coalesce(registered, "told", "player_lookup"))


def _surroundings(nights: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Add injuries, fatigue, odds and the defence of the opponent."""
    expected = nights.filter("expected").select(*KEY, "game")
    reports = tables.injuries()
    dated = expected.join(reports.drop("game_id"), on=KEY)
    undated = expected.join(
        reports.filter(pl.col("game_date").is_null()).drop("game_date"),
        left_on=["player_lookup", "game"],
        right_on=["player_lookup", "game_id"],
    )
    found = pl.concat([dated, undated], how="diagonal").filter(
        pl.col("report_date").is_between(pl.col("game_date") - timedelta(days=7), pl.col("game_date"))
    )
    injury = newest(found, KEY, "report_date", "report_hour", "processed_at", "injury_status", "reason").select(
        *KEY, "reason", injury=pl.col("injury_status").fill_null("").str.to_lowercase()
    )
    tired = newest(
        expected.join(tables.fatigue(), on=KEY),
        KEY,
        (pl.col("game_id") == pl.col("game")).fill_null(False),
        "processed_at",
        "created_at",
        "fatigue_score",
        "fatigue_context_json",
    ).select(*KEY, score="fatigue_score", fatigue_context="fatigue_context_json")
    teams = tables.defenses().rename({"analysis_date": "game_date"})
    dates = nights.select("game_date").unique().join(teams.select("team_abbr").unique(), how="cross")
    ranked = (
        dates.sort("game_date")
        .join_asof(
            teams.sort("game_date"),
            on="game_date",
            by="team_abbr",
            tolerance=timedelta(days=30),
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .filter(pl.col("allowed").is_not_null())
        .filter(pl.len().over("game_date") >= 25)
        .with_columns(rank=pl.col("allowed").rank("min").over("game_date").cast(pl.Int64))
    )
    level = pl.when(pl.col("score") >= 95).then(pl.lit("fresh")).when(pl.col("score") < 75).then(pl.lit("tired"))
    return (
        nights.join(injury, on=KEY, how="left")
        .join(tired, on=KEY, how="left")
        .join(tables.odds().rename({"over": "over_odds", "under": "under_odds"}), on=[*KEY, "line"], how="left")
        .join(ranked, left_on=["game_date", "opponent_team_abbr"], right_on=["game_date", "team_abbr"], how="left")
        .with_columns(
            injury=pl.when(pl.col("injury") != "").then("injury").otherwise(pl.lit("available")),
            level=level.otherwise(pl.lit("normal")),
        )
        .sort("game_date", "player_lookup")
    )
