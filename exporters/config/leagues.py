"""Leagues: what differs between two leagues that one deployment exports.

There is one league by default. It has no prefix and reads the tables under their declared names. Another league has a
record of its own, which an operator writes (:mod:`pipeline.options.league_file`).

Imports :mod:`exporters.config` only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from exporters.config import ExportConfig
from exporters.config.calendar import LeagueCalendar
from exporters.config.champions import CHAMPIONS, Tenure

NAME_PATTERN = "[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?"
"""The name of a league: it is a part of paths, of keys and of labels."""


@dataclass(frozen=True)
class LeagueTables:
    """Where the rows of a league are: in datasets of its own, or in rows that a column marks.

    Attributes:
        datasets: Declared dataset to the dataset of the league; one that is not listed keeps its name.
        column: The column whose value names the league, in every table; empty where tables hold one league.
        value: That value.
    """

    datasets: tuple[tuple[str, str], ...] = ()
    column: str = ""
    value: str = ""

    def source(self, table: str) -> str:
        """Return the stored table that holds the rows of a declared one, both as ``dataset.table``."""
        dataset, _, name = table.partition(".")
        return f"{dict(self.datasets).get(dataset, dataset)}.{name}"


DECLARED = LeagueTables()
"""The tables of the default league: they have the declared names, and hold no other league."""


@dataclass(frozen=True)
class LeagueSettings:
    """One league.

    Attributes:
        name: Letters, digits and hyphens, as :data:`NAME_PATTERN` has it.
        tables: Its tables.
        champions: Its champions by date.
        config: Its rules of the exporters, its calendar included; the champion is the newest one.
        live_feed: Where the points of its running games are; empty for nowhere. The default league's is an option.
    """

    name: str
    tables: LeagueTables = DECLARED
    champions: tuple[Tenure, ...] = CHAMPIONS
    config: ExportConfig = field(default_factory=ExportConfig)
    live_feed: str = ""

    @property
    def calendar(self) -> LeagueCalendar:
        """Its days, seasons and clock."""
        return self.config.calendar

    @property
    def is_default(self) -> bool:
        """Whether it is the league that requests mean which name none."""
        return self.name == NBA.name


NBA = LeagueSettings("nba")
"""The default league."""


@dataclass(frozen=True)
class Leagues:
    """The leagues of a deployment.

    Attributes:
        others: Those besides the default one, by name.
        default: The default one. Only its tables may be other ones, where a column tells its rows from others.
    """

    others: tuple[LeagueSettings, ...] = ()
    default: LeagueSettings = NBA

    def __iter__(self) -> Iterator[LeagueSettings]:
        """Iterate over all leagues, the default one first."""
        return iter((self.default, *self.others))

    @property
    def names(self) -> tuple[str, ...]:
        """The names, the default league's first."""
        return tuple(league.name for league in self)

    def find(self, name: str) -> LeagueSettings | None:
        """Return a league by name, the default one for an empty name; None for an unknown one."""
        return next((league for league in self if league.name == (name or NBA.name)), None)


ONE_LEAGUE = Leagues()
"""The leagues of a deployment that names none."""


def leagues_of(league: LeagueSettings) -> Leagues:
    """Return leagues of which one is that one."""
    return Leagues(default=league) if league.is_default else Leagues((league,))


def together(several: Iterable[Leagues]) -> Leagues:
    """Return the leagues of several deployments, each once."""
    found = {league.name: league for leagues in several for league in leagues.others}
    return Leagues(tuple(found[name] for name in sorted(found)))


def tenures(champions: dict[str, str]) -> tuple[Tenure, ...]:
    """Return champions by date, given as ISO date to model; the first one counts for all dates before, too."""
    found = [Tenure(date.fromisoformat(first), system_id) for first, system_id in sorted(champions.items())]
    return (Tenure(date.min, found[0].system_id), *found[1:])
