"""The numbers that the contract fixes, by subject: they do not depend on options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from exporters.config.players import Bands, HeatRules, NewsRules
from exporters.config.site import BestBetsPageRules, CalendarRules, HaltRules
from exporters.config.trends import TrendRules


@dataclass(frozen=True)
class SourceRules:
    """What is known of the tables' contents, whatever the exporters make of it.

    Attributes:
        first_date: Where the record begins: documents about all of a player's career look no further back (P&L P1).
        predictions_days: Days for which forecasts are kept.
        zones_days: Days for which analyses of shots and defences are kept.
        cache_days: Days for which the daily cache is kept.
        game_statuses: The schedule's codes of a game that is to come, under way, and over.
        feature_positions: Where features are in vectors without names, which are of the first version (P&R §3.2).
        odds: Least and greatest magnitude of American odds that are real (ODDS, B1-D22).
    """

    first_date: date = date(2021, 10, 1)
    predictions_days: int = 365
    zones_days: int = 90
    cache_days: int = 30
    game_statuses: tuple[int, int, int] = (1, 2, 3)
    feature_positions: Mapping[str, int] = field(
        default_factory=lambda: {"points_avg_season": 2, "back_to_back": 16}, hash=False
    )
    odds: tuple[int, int] = (100, 10_000)


@dataclass(frozen=True)
class LineRules:
    """Which betting lines are real: the ones that the grader grades.

    Attributes:
        placeholder: The line that stands where none is known.
        sources: The ``line_source`` of a line that a bookmaker offered.
    """

    placeholder: Decimal = Decimal(20)
    sources: frozenset[str] = frozenset({"ACTUAL_PROP", "ODDS_API", "BETTINGPROS"})


@dataclass(frozen=True)
class NameRules:
    """Spellings of players' ids that match no known player.

    Attributes:
        most_listed: Spellings that are listed for a date; the others are counted.
        likeness: How alike two spellings are, from 0 to 1, when one may stand for the other.
    """

    most_listed: int = 50
    likeness: Fraction = Fraction(13, 20)


@dataclass(frozen=True)
class CacheSeconds:
    """How long readers may keep a document (contract of each document)."""

    live: int = 30
    minute: int = 60
    short: int = 300
    quarter_hour: int = 900
    half_hour: int = 1800
    hour: int = 3600
    half_day: int = 43200
    day: int = 86400


@dataclass(frozen=True)
class FormRules:
    """How a player's newest games are summed up (B1 fields 14 to 23).

    Attributes:
        seasons: Seasons in which they are looked for (B1.2).
        short: Games behind "last 5" figures.
        long: Games behind "last 10" figures and in the arrays that cards draw.
        limited_games: With fewer played games this season a player's averages are marked as limited data.
        hot_tenths: Tenths of a point by which the short average must differ from the season's to be hot or cold
            (B1-D12).
    """

    seasons: int = 2
    short: int = 5
    long: int = 10
    limited_games: int = 10
    hot_tenths: int = 30


@dataclass(frozen=True)
class RestRules:
    """Rest before a game. A gap is the calendar days since the player's last game; a day of rest is one less.

    Attributes:
        back_to_back: Gap of the second of two games in a row.
        rested: Gap from which a season's split calls a game rested (P&L §2.3).
        well_rested: Gap from which rest is long: in the rested average and its trigger (B2-D7), in the factors of a
            recommendation (B1 §5), and in the patterns of a season, which speak of two days of rest (P&L S13).
        buckets: Gap to bucket of a profile's split (P&L §2.3).
        longer: The bucket of every other gap.
    """

    back_to_back: int = 1
    rested: int = 2
    well_rested: int = 3
    buckets: Mapping[int, str] = field(default_factory=lambda: {1: "b2b", 2: "one_day", 3: "two_day"}, hash=False)
    longer: str = "three_plus"


@dataclass(frozen=True)
class RunRules:
    """Unbroken runs, and the lists of them.

    Attributes:
        longest: Decided games that are looked at (B3-D9).
        current_days: A run is current when its newest game is at most this many days old (B3-D10).
        most_line_runs: Runs of overs, and of unders, that are listed (B3).
        most_correct_runs: Runs of correct forecasts that are listed (B3).
        games_listed: Newest games that are listed of a run (B3).
    """

    longest: int = 20
    current_days: int = 30
    most_line_runs: int = 50
    most_correct_runs: int = 30
    games_listed: int = 5


@dataclass(frozen=True)
class AvailabilityRules:
    """Whether a player is expected to play, and how rested the player is.

    Attributes:
        report_days: Days back in which a game's injury reports are looked for; a report lists the games of two days.
        fresh_from: Fatigue score from which a player is fresh (LEVEL).
        tired_below: Score below which a player is tired (LEVEL).
    """

    report_days: int = 7
    fresh_from: int = 95
    tired_below: int = 75


@dataclass(frozen=True)
class DefenseRules:
    """How teams' defences are ranked and rated.

    Attributes:
        fresh_days: Older analyses do not take part in the ranking (B2-D10).
        min_teams: With fewer teams there is no ranking (B2-D10).
        tiers: Tiers with their last rank, ascending (B2).
        last_tier: The tier of every other rank.
        zone_points: Percentage points below or above the league from which a zone is strong or weak (P&L G7).
        fast_pace: Possessions per game from which an opponent is fast (P&L C.3).
        slow_pace: Possessions up to which an opponent is slow (P&L C.3).
    """

    fresh_days: int = 30
    min_teams: int = 25
    tiers: tuple[tuple[str, int], ...] = (("elite", 5), ("good", 10), ("average", 20))
    last_tier: str = "weak"
    zone_points: Decimal = Decimal(2)
    fast_pace: int = 102
    slow_pace: int = 96


@dataclass(frozen=True)
class ShotRules:
    """Where a player shoots from (P&L B.3).

    Attributes:
        mostly: Share of the shots, inside or behind the arc, that makes a profile.
        often: Share of the shots from mid-range that does.
    """

    mostly: Decimal = Decimal("0.50")
    often: Decimal = Decimal("0.30")


@dataclass(frozen=True)
class TonightRules:
    """The home page and the page of one player's game (B1 §5, B2).

    Attributes:
        max_unmatched: Share of tonight's players in no scheduled game above which the export fails (B1-D20).
        named: How many of them the error names.
        strong_edge: Edge in points of strong conviction.
        solid_edge: Edge of a solid one.
        min_decided: Decided games that the record of the last ten needs to count.
        hot_count: Games on our side that make a streak.
        trend_count: Games on our side that make a trend.
        min_location_games: Games at home, or away, that the factor of the place needs.
    """

    max_unmatched: Decimal = Decimal("0.05")
    named: int = 5
    strong_edge: int = 5
    solid_edge: int = 3
    min_decided: int = 5
    hot_count: int = 7
    trend_count: int = 5
    min_location_games: int = 3


@dataclass(frozen=True)
class ProfileRules:
    """Players' profiles (P&L A).

    Attributes:
        games_listed: Newest games in the log.
        next_game_days: How far ahead a game is looked for; the longest break of a season is shorter (P17).
        min_meetings: Games against a team that a split by opponent needs.
        min_picks: Picks that the accuracy needs to be put into words.
        limited_below: Dates below which a sample is limited.
        large_from: Dates from which it is large.
        slight_bias: Points beyond which we forecast a player slightly too high or too low.
        strong_bias: Points beyond which we do so significantly.
        accuracy: What a share of correct picks is called.
    """

    games_listed: int = 50
    next_game_days: int = 14
    min_meetings: int = 2
    min_picks: int = 5
    limited_below: int = 5
    large_from: int = 15
    slight_bias: Decimal = Decimal(1)
    strong_bias: Decimal = Decimal(3)
    accuracy: Bands = (
        ("Excellent", Decimal("0.85")),
        ("Good", Decimal("0.70")),
        ("Average", Decimal("0.55")),
        ("Below average", Decimal(0)),
    )


@dataclass(frozen=True)
class PatternRules:
    """Patterns of a player's season (P&L S13).

    Attributes:
        min_games: Games that each side of a pattern needs.
        points: Points per game that make a pattern.
        strong_points: Points that make a strong one.
    """

    min_games: int = 5
    points: Decimal = Decimal("2.5")
    strong_points: Decimal = Decimal(4)


@dataclass(frozen=True)
class ReportRules:
    """The report of one game (P&L C).

    Attributes:
        averages: Games behind each moving average.
        recent_games: Newest games that are listed.
        most_angles: Angles that are listed for and against.
        min_run: Games over or under the line in a row that make an angle (G13).
        trend: Share by which the newest games must differ from the season to make one (G14).
    """

    averages: tuple[int, ...] = (5, 10, 20)
    recent_games: int = 5
    most_angles: int = 3
    min_run: int = 3
    trend: Fraction = Fraction(15, 100)


@dataclass(frozen=True)
class DocumentRules:
    """Windows and versions of the documents about models and subsets.

    Attributes:
        model_windows: Days of the rolling windows of ``performance``, the as-of date included; they do not reach back
            into the season before (P&R §4).
        subset_windows: Whole days before the as-of date of the windows of ``subset-performance``; None is the season
            (C §5).
        broadest_subsets: Public ids of the subsets whose record stands for their model (C S-2).
        subset_version: Of the layout that the subset documents share.
    """

    model_windows: Mapping[str, int] = field(default_factory=lambda: {"last_7_days": 7, "last_30_days": 30}, hash=False)
    subset_windows: Mapping[str, int | None] = field(
        default_factory=lambda: {
            "last_1_day": 1,
            "last_3_days": 3,
            "last_7_days": 7,
            "last_14_days": 14,
            "last_30_days": 30,
            "season": None,
        },
        hash=False,
    )
    broadest_subsets: frozenset[str] = frozenset({"8", "11", "13"})
    subset_version: int = 2


@dataclass(frozen=True)
class Rules:
    """All of them."""

    sources: SourceRules = SourceRules()
    lines: LineRules = LineRules()
    names: NameRules = NameRules()
    cache: CacheSeconds = CacheSeconds()
    form: FormRules = FormRules()
    rest: RestRules = RestRules()
    runs: RunRules = RunRules()
    availability: AvailabilityRules = AvailabilityRules()
    defense: DefenseRules = DefenseRules()
    shots: ShotRules = ShotRules()
    heat: HeatRules = field(default_factory=HeatRules)
    news: NewsRules = field(default_factory=NewsRules)
    tonight: TonightRules = TonightRules()
    profile: ProfileRules = ProfileRules()
    pattern: PatternRules = PatternRules()
    report: ReportRules = ReportRules()
    documents: DocumentRules = DocumentRules()
    trends: TrendRules = field(default_factory=TrendRules)
    calendar: CalendarRules = field(default_factory=CalendarRules)
    halts: HaltRules = field(default_factory=HaltRules)
    best_bets_page: BestBetsPageRules = field(default_factory=BestBetsPageRules)


RULES = Rules()
"""The contract's numbers, as exporters read them."""
