"""Players whom a table names and another does not know: spellings that no alias explains."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from exporters.config import RULES
from exporters.league.players.aliases import Aliases
from exporters.warehouse.tables import ACCURACY, CONTEXT, GAMES, PREDICTIONS, PROPS

EXPECTED_TABLES = (PROPS, PREDICTIONS)
"""Tables that name only players who are expected in a game of the date."""
NAMING_TABLES = (*EXPECTED_TABLES, CONTEXT, GAMES, ACCURACY)
"""Tables whose players are looked for among the known ones, most telling first."""

NOT_REGISTERED = "not in the registry"
NOT_EXPECTED = "not expected in a game of the date"
"""Why a spelling is listed. The second is that of a player with odds or a forecast for whom there is no context."""


class UnmatchedName(NamedTuple):
    """A spelling that matches nobody.

    Attributes:
        table: Name of the table.
        player: The player's id as the table spells it.
        rows: Rows of the date that have it.
        reason: :data:`NOT_REGISTERED` or :data:`NOT_EXPECTED`.
        nearest: The id that is spelled most alike among those that would match; None when none is alike.
    """

    table: str
    player: str
    rows: int
    reason: str
    nearest: str | None


class NameReport(NamedTuple):
    """The spellings of a date that match nobody.

    Attributes:
        listed: Those that are listed, by table and id.
        more: How many others there are.
    """

    listed: tuple[UnmatchedName, ...] = ()
    more: int = 0


def unmatched_names(
    named: Mapping[str, Mapping[str, int]], aliases: Aliases, registered: Collection[str] | None
) -> NameReport:
    """Return the spellings of one date that match nobody.

    Args:
        named: Table name to the players that it names on the date, as it spells them, and their rows. A table that was
            not read is not there.
        aliases: The other spellings.
        registered: Every id of the registry; None when it was not read, and nothing can be told from it.
    """
    everybody = None if registered is None else frozenset(map(aliases.id_of, registered))
    expected = frozenset(map(aliases.id_of, named.get(CONTEXT.name, ())))
    found: list[tuple[str, str, int, str, frozenset[str]]] = []
    for table in NAMING_TABLES:
        matched = _matched(everybody, expected if table in EXPECTED_TABLES else frozenset())
        players = named.get(table.name, {})
        # Nearly all are spelled as they should be; only the others are looked at one by one.
        for player in sorted(players.keys() - (matched - aliases.ids.keys())):
            rows, who = players[player], aliases.id_of(player)
            if everybody is not None and who not in everybody:
                found.append((table.name, player, rows, NOT_REGISTERED, everybody))
            elif expected and table in EXPECTED_TABLES and who not in expected:
                found.append((table.name, player, rows, NOT_EXPECTED, expected))
    most = RULES.names.most_listed
    listed = (
        UnmatchedName(table, player, rows, reason, nearest_name(aliases.id_of(player), candidates))
        for table, player, rows, reason, candidates in found[:most]
    )
    return NameReport(tuple(listed), max(len(found) - most, 0))


def _matched(everybody: frozenset[str] | None, expected: frozenset[str]) -> frozenset[str]:
    """Return the ids that match; an empty set of expected players, or no registry, matches nothing by itself."""
    if everybody is None or not expected:
        return everybody or expected
    return everybody & expected


@lru_cache(maxsize=4096)
def nearest_name(player: str, candidates: frozenset[str]) -> str | None:
    """Return the candidate that is spelled most like an id, among equals the greatest; None when none is alike."""
    alike: Iterable[str] = get_close_matches(player, candidates, 1, float(RULES.names.likeness))
    return next(iter(alike), None)
