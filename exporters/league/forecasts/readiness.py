"""What was counted while the tables were read, and what may go out because of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import Enum
from functools import cached_property

from exporters.config import RULES, ExportConfig
from exporters.declaration import Export, Gate, Read, Window
from exporters.league.forecasts.forecasts import ModelVersions
from exporters.league.forecasts.rosters import EXPECTED, PREDICTED, READS, Rosters
from exporters.league.players import aliases
from exporters.league.players.aliases import Aliases
from exporters.league.players.unmatched import NameReport
from exporters.warehouse.tables import CONTEXT, GAMES, PREDICTIONS, SCHEDULE, TEAM_GAMES

GAMES_READ = Read(SCHEDULE, ("game_date", "away_team_tricode", "home_team_tricode", "game_status"))
"""What tells a date with games from one without; read for every request."""
_FORECASTS_READ = Read(
    PREDICTIONS,
    (
        *READS[PREDICTED].columns,
        "created_at",
        "recommendation",
    ),
)
GATE_READS: Mapping[Gate, tuple[Read, ...]] = {
    Gate.CONTEXT: (READS[EXPECTED],),
    Gate.PREDICTIONS: (READS[EXPECTED], _FORECASTS_READ),
    Gate.CHAMPION: (_FORECASTS_READ,),
}
"""What each gate counts."""
RESULT_TABLES: Mapping[str, Read] = {
    read.table.name: read
    for read in (
        Read(GAMES, ("player_lookup", "game_date", "team_abbr"), Window(days=RULES.trends.results.known_days)),
        Read(TEAM_GAMES, ("game_date", "team_abbr"), Window(days=RULES.trends.results.known_days)),
    )
}
"""What the results of teams are counted from."""
_FINALS_READ = replace(GAMES_READ, window=Window(days=RULES.trends.results.days))
Meeting = tuple[str, str]
"""The two teams of a game, in the order of their codes."""


@dataclass(frozen=True)
class DayCount:
    """What the warehouse holds for one date.

    Attributes:
        games: Scheduled games.
        final_games: Those that are over.
        context_rows: Rows of the game context.
        context_players: Different players in them.
        predictions: Rows of the predictions that were read, superseded ones included.
        active_predictions: Active rows of the predictions, of all systems.
        grades: Rows of the graded predictions, where those are read.
    """

    games: int = 0
    final_games: int = 0
    context_rows: int = 0
    context_players: int = 0
    predictions: int = 0
    active_predictions: int = 0
    grades: int = 0

    @property
    def settled(self) -> bool:
        """Every game of the date is over."""
        return 0 < self.games == self.final_games

    @property
    def forecasts_gone(self) -> bool:
        """The date was forecast, for it was graded, and its forecasts are no longer kept."""
        return self.grades > 0 and self.active_predictions == 0


@dataclass(frozen=True)
class SystemCount:
    """The forecasts of one system for one date, of the model version that publishes.

    Attributes:
        model_version: That version; a system may publish forecasts without one.
        forecasts: Active forecasts.
        picks: Those with a line that recommend OVER or UNDER.
        players: Different players with a standing forecast: active, not withdrawn, and made before the game.
    """

    model_version: str | None
    forecasts: int
    picks: int
    players: int = 0


_NOTHING, _NO_FORECASTS = DayCount(), SystemCount(None, 0, 0)


@dataclass(frozen=True)
class ScanCounts:
    """Facts about the whole league that were counted in the scan, before players are looked at one by one.

    Attributes:
        days: Counts by date.
        systems: Forecasts by date and system.
        broken: Tables that could not be read, with the reason.
        rows: Rows read, by table.
        bytes: Arrow bytes read, by table.
        absent: Optional columns that the warehouse lacks, by table; an empty name stands for the table itself.
        aliases: The other spellings of players' ids.
        names: The spellings that match nobody, by date; no entry for a date without any.
        games: Scheduled games, by date.
        rosters: Which players were seen in which tables, by date.
        finals: Those of the scheduled games that are over, by date.
        results: Teams with a row, by table of :data:`RESULT_TABLES` and date.
    """

    days: Mapping[date, DayCount] = field(default_factory=dict)
    systems: Mapping[tuple[date, str], SystemCount] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    bytes: Mapping[str, int] = field(default_factory=dict)
    absent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: Aliases = field(default_factory=Aliases)
    names: Mapping[date, NameReport] = field(default_factory=dict)
    games: Mapping[date, frozenset[Meeting]] = field(default_factory=dict)
    rosters: Rosters = field(default_factory=Rosters)
    finals: Mapping[date, frozenset[Meeting]] = field(default_factory=dict)
    results: Mapping[str, Mapping[date, frozenset[str]]] = field(default_factory=dict)

    @cached_property
    def versions(self) -> ModelVersions:
        """The model version that publishes, by date and system."""
        return {key: count.model_version for key, count in self.systems.items()}

    def on(self, day: date) -> DayCount:
        """Return the counts of a date; all zero when nothing was read for it."""
        return self.days.get(day, _NOTHING)

    def of(self, day: date, system_id: str) -> SystemCount:
        """Return the forecasts of a system for a date; all zero when it has none."""
        return self.systems.get((day, system_id), _NO_FORECASTS)

    def systems_on(self, day: date) -> dict[str, int]:
        """Return the systems that have active forecasts for a date, with how many, by name."""
        return dict(self._systems_by_date.get(day, {}))

    @cached_property
    def _systems_by_date(self) -> Mapping[date, Mapping[str, int]]:
        found: dict[date, dict[str, int]] = {}
        for (day, system), count in sorted(self.systems.items()):
            if count.forecasts:
                found.setdefault(day, {})[system] = count.forecasts
        return found


class State(Enum):
    """What may happen with an export type on a date."""

    READY = "ready"
    NO_GAMES = "no_games"
    WITHHELD = "withheld"
    FAILED = "failed"
    DEGRADED = "degraded"


@dataclass(frozen=True)
class Verdict:
    """Whether an export type goes out on a date, and why not.

    Attributes:
        state: What may happen with it.
        reason: Why it is held back.
        halt: Why its picks are paused, in a code of the halt envelope: a document that says so goes out in place of the
            one that is held back. None for a type whose documents cannot say it.
    """

    state: State
    reason: str | None = None
    halt: str | None = field(default=None, compare=False)

    @property
    def publishes(self) -> bool:
        """The type goes out: its real documents, or the contract's empty ones on a date without games."""
        return self.state in (State.READY, State.NO_GAMES)

    @property
    def builds(self) -> bool:
        """Documents are built: those that go out, or those that say that picks are paused."""
        return self.publishes or self.halt is not None


def reads_of(export: Export) -> tuple[Read, ...]:
    """Return everything that must be read before an export can go out: its own tables and those that decide on it."""
    listed = () if export.lists is None else export.lists.reads
    gates = (read for gate in Gate if gate in export.gates for read in GATE_READS[gate])
    results = () if export.results_in is None else (_FINALS_READ, RESULT_TABLES[export.results_in.name])
    own = (*export.reads, *listed, GAMES_READ, *gates, *results)
    names_players = any(read.table.player is not None or read.table.live for read in own)
    return (*own, aliases.READ) if names_players else own


def verdict(export: Export, day: date, scan_counts: ScanCounts, config: ExportConfig) -> Verdict:
    """Return whether ``export`` goes out on ``day``.

    A table that could not be read fails, or degrades, every export that depends on it. Gates hold back an export on a
    date with games; a date without games is held back only when players are expected all the same, because then it is
    the schedule that is wrong.
    """
    broken = sorted({read.table.name for read in reads_of(export)} & scan_counts.broken.keys())
    if broken:
        state = State.DEGRADED if export.degrades else State.FAILED
        return Verdict(state, "; ".join(scan_counts.broken[table] for table in broken))
    count = scan_counts.on(day)
    if count.games == 0 and export.is_about_a_night:
        # Players that only another type of the same run looks for were not counted had this one been alone.
        if count.context_rows and any(read.table is CONTEXT for read in reads_of(export)):
            return Verdict(
                State.WITHHELD,
                f"the schedule has no game on {day}, yet the context expects {count.context_rows} players",
            )
        return Verdict(State.NO_GAMES)
    reason = _lacks_players(export, day, count, config) if Gate.CONTEXT in export.gates else None
    if reason is None and export.results_in is not None:
        reason = _lacks_results(export.results_in.name, day, scan_counts)
    if reason is None and not (export.outlives_forecasts and count.forecasts_gone):
        reason = _lacks_forecasts(export, day, scan_counts, config)
    if reason is None:
        return Verdict(State.READY)
    return Verdict(State.WITHHELD, reason, _halt(export, day, scan_counts, config))


def _halt(export: Export, day: date, scan_counts: ScanCounts, config: ExportConfig) -> str | None:
    """Return why picks of a date are paused whose gate withholds; None for a type without picks.

    Of a date that has been played, or graded, the documents stay as they are: history is not touched.
    """
    count = scan_counts.on(day)
    if export.pause is None or count.final_games or count.forecasts_gone:
        return None
    has_forecasts = scan_counts.of(day, config.champion_system_id).forecasts > 0
    return RULES.halts.unvouched if has_forecasts else RULES.halts.inactive


def _lacks_results(table: str, day: date, scan_counts: ScanCounts) -> str | None:
    """Return which results of the games before a date are not there yet; None when all are.

    A team that has no result in any of the days before is none of the league, as those of an All-Star game.
    """
    rules = RULES.trends.results
    window = range(1, rules.known_days + 1)
    before = [(age, day - timedelta(days=age)) for age in window]
    found = scan_counts.results.get(table, {})
    known = frozenset[str]().union(*(found.get(on, ()) for _, on in before))
    if not known:
        over = sum(len(scan_counts.finals.get(on, ())) for age, on in before if age <= rules.days)
        return f"{table} has no result before {day}, yet {over} games are over" if over else None
    yesterday = day - timedelta(days=1)
    played = frozenset(team for meeting in scan_counts.finals.get(yesterday, ()) for team in meeting)
    missing = sorted((played & known) - found.get(yesterday, frozenset()))
    if not missing:
        return None
    return f"{table} has no result of {yesterday} yet for {len(missing)} teams that have played: {', '.join(missing)}"


def _lacks_players(export: Export, day: date, count: DayCount, config: ExportConfig) -> str | None:
    """Return why too few players are expected; None when there are enough."""
    if count.context_rows < config.min_context_rows:
        return f"{count.context_rows} context rows for {day}, at least {config.min_context_rows} are needed"
    per_game = config.gates.players_per_game.of(export.name)
    if count.context_players < per_game * count.games:
        return (
            f"{count.context_players} players in the context of {day}, "
            f"at least {per_game} for each of its {count.games} games are needed"
        )
    return None


def _lacks_forecasts(export: Export, day: date, scan_counts: ScanCounts, config: ExportConfig) -> str | None:
    """Return why the champion's forecasts do not do; None when they do."""
    if not export.gates & {Gate.PREDICTIONS, Gate.CHAMPION}:
        return None
    count, champion = scan_counts.on(day), scan_counts.of(day, config.champion_system_id)
    others = scan_counts.systems_on(day)
    if not champion.forecasts and others:
        return (
            f"{config.champion_system_id} has no active predictions for {day}, "
            f"while {systems_text(others)}: name another champion or correct the table"
        )
    if Gate.PREDICTIONS not in export.gates:
        return None
    if count.forecasts_gone:
        return f"the forecasts of {day} have expired: it was graded, and the warehouse keeps none of them"
    if count.active_predictions < config.min_active_predictions:
        return (
            f"{count.active_predictions} active predictions for {day}, "
            f"at least {config.min_active_predictions} are needed"
        )
    # Where the context has fewer players than its own gate asks for, they are no measure.
    least = config.gates.players_per_game.of(export.name) * count.games
    expected, percent = max(count.context_players, least), config.gates.predicted_percent.of(export.name)
    needed = max(-(-percent * expected // 100), 1)
    if percent and champion.players < needed:
        return (
            f"{champion.players} players with a standing prediction of {config.champion_system_id} for {day}, "
            f"at least {needed} are needed ({percent}% of {expected})"
        )
    return None


def systems_text(active: Mapping[str, int]) -> str:
    """Return which systems have active predictions, with how many: ``ensemble (118) and similarity (90) have``."""
    named = [f"{system} ({n})" for system, n in active.items()]
    *others, last = named
    return f"{', '.join(others)} and {last} have" if others else f"{last} has"
