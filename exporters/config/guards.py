"""The numbers that decide whether a date may go out, and whether it may replace what is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PerName:
    """A whole number, and other ones for some export types or stages.

    Attributes:
        default: For every name that is not listed.
        by_name: By name.
    """

    default: int
    by_name: Mapping[str, int] = field(default_factory=dict, hash=False)

    def of(self, name: str) -> int:
        """Return the number of a name."""
        return self.by_name.get(name, self.default)

    def __str__(self) -> str:
        return ",".join([str(self.default), *(f"{name}:{number}" for name, number in sorted(self.by_name.items()))])


@dataclass(frozen=True)
class GateRules:
    """What a date with games needs before an export type goes out, by its number of games.

    Attributes:
        players_per_game: Players in the game context for each scheduled game (contract: operations §10.2), by type.
        predicted_percent: Percent of those players who need a standing forecast of the champion, by type. With eight
            players a game, 12 asks for one forecast a game; a real night of four games went out with 20 (§4).
    """

    players_per_game: PerName = PerName(8)
    predicted_percent: PerName = PerName(12)


@dataclass(frozen=True)
class FunnelRules:
    """When so few players come through the funnel that the run is degraded.

    Attributes:
        percent: Percent of the players of the stage before, by stage. Lines may be missing for most of the day.
        through_percent: Percent of the players in the context who have a standing forecast: losses of several stages
            add up.
        last_good_percent: Percent of the players that the last good run of the same date had at a stage.
        min_lost: With fewer lost players nothing is degraded.
        early_days: Days from the start of a season in which the early stages are not judged.
        early_stages: Stages that are made from the games of the season so far.
        listed: Lost players that a manifest names per stage.
        withhold: A degraded date is withheld; otherwise it is published, and named.
    """

    percent: PerName = PerName(50, {"ready": 30, "lined": 0, "published": 80})
    through_percent: int = 50
    last_good_percent: int = 80
    min_lost: int = 3
    early_days: int = 30
    early_stages: frozenset[str] = frozenset({"zones", "cache"})
    listed: int = 50
    withhold: bool = False


@dataclass(frozen=True)
class ShrinkRules:
    """How much less than what is published a document may show.

    Attributes:
        percent: Percent of the picks or players that may be lost, by type.
        min_lost: Fewer lost ones are never too many, unless nothing is left.
        listed: Lost players that a manifest names per document.
        most_read: Published documents of single players that are read to find out why the players are gone.
        schedule_days: Days before a date of which one must have a game, to believe that the date has none any more.
    """

    percent: PerName = PerName(20)
    min_lost: int = 3
    listed: int = 50
    most_read: int = 200
    schedule_days: int = 7
