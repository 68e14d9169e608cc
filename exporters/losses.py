"""The losses of a document against the published one of the same date, and their reasons.

The guard of a run and the comparison of two trees count by these functions, so that they find the same: the guard with
the evidence of the tables that it has read, the comparison without any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from exporters.config import ExportConfig, ShrinkRules
from exporters.declaration import Export, Json
from exporters.league.forecasts.readiness import ScanCounts
from exporters.league.forecasts.rosters import OUT, PREDICTED
from exporters.league.games.schedule import teams_of

Counts = Mapping[str, int]
Teams = Mapping[str, frozenset[str]]
"""Player to the teams of the game that a document shows him in; both, or one where it names no other."""

NO_LONGER_CHOSEN = "no longer chosen"
OUT_INJURED = "out in the injury report"
UNSCHEDULED = "the game is no longer scheduled"
WITHDRAWN = "the prediction was withdrawn"
"""Why a player may leave a document."""
PLAYERS = "players"
"""What is counted of a type with a document per player."""
_SIDES = (("team", "opponent"), ("home_team", "away_team"))


@dataclass(frozen=True)
class Loss:
    """What a document, or all players' documents of a type, would lose.

    Attributes:
        export: The export type.
        path: The document; empty for the players' documents of a type.
        what: The count that falls: a dotted path, or ``players``.
        before: As published.
        after: As built.
        empties: Whether it would become empty.
        unexplained: Picks or players without a known reason.
        reasons: Number of lost players by reason.
        players: The first of those without one, by id.
    """

    export: str
    path: str
    what: str
    before: int
    after: int
    empties: bool = False
    unexplained: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    players: tuple[str, ...] = ()

    def __str__(self) -> str:
        lost = f"{self.before} -> {self.after} {self.what}"
        if self.empties:
            return f"{self.export} would be emptied ({lost})"
        return f"{self.export} would lose {self.unexplained} without a known reason ({lost})"


def too_many(lost: int, whole: int, export: Export, rules: ShrinkRules) -> bool:
    """Whether so many of ``whole`` picks or players are more than an export may lose."""
    return lost >= rules.min_lost and 100 * lost > rules.percent.of(export.name) * whole


def would_empty(before: Counts, after: Counts) -> bool:
    """Whether a document that shows something would show nothing."""
    return any(before.values()) and not any(after.values())


def falling(export: Export, before: Counts, after: Counts, rules: ShrinkRules) -> list[str]:
    """Return the counts that fall by too much, whatever the reason; one that was not published before cannot fall."""
    if would_empty(before, after):
        return [path for path in export.counts if before.get(path)]
    return [
        path
        for path in export.counts
        if path in before and too_many(before[path] - after.get(path, 0), before[path], export, rules)
    ]


@dataclass(frozen=True)
class Shows:
    """What a document shows, as far as it can be lost.

    Attributes:
        counts: Its declared counts.
        members: The players behind each count.
        teams: The game that it shows each player in.
    """

    counts: Counts
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    teams: Teams = field(default_factory=dict)


def shown_by(export: Export, document: Json | None) -> Shows:
    """Return what a document shows; nothing for one that is not there, or has another shape than its type."""
    if document is None:
        return Shows({})
    try:
        return Shows(export.item_counts(document), export.members_of(document), teams_in(document))
    except (LookupError, TypeError, AttributeError, ValueError):
        # Another version of the code wrote it.
        return Shows({})


@dataclass(frozen=True)
class Evidence:
    """The evidence for the reason why a player is gone on a date.

    Attributes:
        export: The export type of the document.
        day: The date.
        counted: The counts of the scan.
        config: The rules.
        teams: The games that the published document shows players in.
    """

    export: Export
    day: date
    counted: ScanCounts
    config: ExportConfig
    teams: Teams = field(default_factory=dict)

    def reason(self, player: str) -> str | None:
        """Return the reason why a player is not in the document any more; None without evidence."""
        rosters = self.counted.rosters
        withdrawn = rosters.withdrawn.get(self.day, {}).get(player)
        if withdrawn is not None and not rosters.holds(self.day, PREDICTED, player):
            return f"{WITHDRAWN}: {withdrawn}"
        if rosters.holds(self.day, OUT, player):
            return OUT_INJURED
        if self.is_off_day or self._is_unscheduled(self.teams.get(player, frozenset())):
            return UNSCHEDULED
        if any(rosters.holds(self.day, roster, player) for roster in self.export.selects_from):
            return NO_LONGER_CHOSEN
        return None

    @property
    def is_off_day(self) -> bool:
        """The date has no game any more: the schedule has games around it, and no table expects a player.

        A schedule that lost the date, or all of its dates, looks different.
        """
        count = self.counted.on(self.day)
        days = self.config.shrink.schedule_days
        around = (self.day + timedelta(n) for n in range(-days, days + 1) if n)
        return (
            count.games == 0
            and count.context_rows == 0
            and not self.counted.systems_on(self.day)
            and any(self.counted.on(other).games for other in around)
        )

    def _is_unscheduled(self, teams: frozenset[str]) -> bool:
        meetings = self.counted.games.get(self.day, frozenset())
        return bool(teams and meetings) and not any(teams <= frozenset(meeting) for meeting in meetings)


def loss(
    evidence: Evidence,
    what: str,
    counts: tuple[int, int],
    lost: Iterable[str],
    *,
    path: str = "",
    whole: int,
    empties: bool = False,
) -> Loss:
    """Return a loss with its reasons.

    Args:
        evidence: The evidence for reasons.
        what: The count that falls.
        counts: As published, and as built.
        lost: The players who are gone; none where a document names no players.
        path: The document.
        whole: How many players were behind the count before; 0 for one that no players are behind.
        empties: Whether the document would become empty.
    """
    rules, players = evidence.config.shrink, sorted(set(lost))
    reasons: Counter[str] = Counter()
    unknown: list[str] = []
    for player in players:
        reason = evidence.reason(player)
        if reason is None or (empties and reason == NO_LONGER_CHOSEN):
            unknown.append(player)
        else:
            reasons[reason] += 1
    before, after = counts
    if players:
        unexplained, base = len(unknown), max(whole, len(players))
    elif whole and evidence.export.selects_from and not empties:
        # The same players, fewer picks of them.
        unexplained, base = 0, before
        reasons[NO_LONGER_CHOSEN] = before - after
    else:
        unexplained, base = (0 if evidence.is_off_day else before - after), before
    return Loss(
        export=evidence.export.name,
        path=path,
        what=what,
        before=before,
        after=after,
        empties=empties and unexplained > 0,
        unexplained=unexplained if empties or too_many(unexplained, base, evidence.export, rules) else 0,
        reasons=dict(sorted(reasons.items())),
        players=tuple(unknown[: rules.listed]),
    )


def document_losses(evidence: Evidence, path: str, before: Shows, after: Shows) -> Iterator[Loss]:
    """Yield the losses of a document that are too large, whatever the reason.

    Args:
        evidence: The evidence for reasons.
        path: The document.
        before: What the published document shows.
        after: What takes its place; nothing where it is only removed.
    """
    told = replace(evidence, teams=before.teams)
    for what in falling(evidence.export, before.counts, after.counts, evidence.config.shrink):
        there = before.members.get(what, frozenset())
        yield loss(
            told,
            what,
            (before.counts[what], after.counts.get(what, 0)),
            there - after.members.get(what, frozenset()),
            path=path,
            whole=len(there),
            empties=would_empty(before.counts, after.counts),
        )


def lost_documents(export: Export, before: Collection[str], after: Container[str], rules: ShrinkRules) -> list[str]:
    """Return the players' documents that are not there any more, if there are too many of them; none otherwise."""
    lost = [path for path in before if path not in after]
    too_many_lost = len(lost) == len(before) or too_many(len(lost), len(before), export, rules)
    return lost if too_many_lost else []


def players_loss(evidence: Evidence, lost: Collection[str], whole: int) -> Loss:
    """Return the loss of players' documents.

    Args:
        evidence: The evidence for reasons.
        lost: The paths of those that are not there any more.
        whole: How many there were.
    """
    return loss(
        evidence,
        PLAYERS,
        (whole, whole - len(lost)),
        [evidence.export.player_of(path) for path in lost],
        whole=whole,
        empties=len(lost) == whole,
    )


def teams_in(document: Json) -> dict[str, frozenset[str]]:
    """Return the game of every player in a document, by id: from the entry that names him, or from what holds it."""
    found: dict[str, frozenset[str]] = {}
    for player, teams in _teams(document, frozenset()):
        found.setdefault(player, teams)
    return found


def _teams(value: Any, around: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    if isinstance(value, dict):
        around = _game_of(value) or _game_of(value.get("game_context")) or around
        player = value.get("player_lookup")
        if isinstance(player, str) and around:
            yield player, around
        value = value.values()
    if isinstance(value, Iterable) and not isinstance(value, str):
        for item in value:
            yield from _teams(item, around)


def _game_of(value: Any) -> frozenset[str]:
    if not isinstance(value, dict):
        return frozenset()
    game = value.get("game_id")
    if isinstance(game, str) and (teams := teams_of(game)):
        return frozenset(teams)
    for sides in _SIDES:
        named = frozenset(team for side in sides if isinstance(team := value.get(side), str) and team)
        if len(named) == len(sides):
            return named
    return frozenset()
