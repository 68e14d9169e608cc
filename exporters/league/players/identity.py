"""Who a player is: a valid id, a display name, a team."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from exporters.declaration import Read, Window
from exporters.league.players.aliases import normalized
from exporters.warehouse.league_rows import RegistryRow
from exporters.warehouse.selection import whole
from exporters.warehouse.tables import GAMES, REGISTRY

READS = (
    Read(
        REGISTRY,
        (
            "player_lookup",
            "player_name",
            "season",
            "team_abbr",
            "games_played",
            "last_gamebook_activity_date",
            "last_roster_activity_date",
        ),
    ),
    Read(GAMES, ("player_lookup", "game_date", "player_full_name"), Window.SEASON),
)
"""What names a player: the registry, and the season's box scores for one whom it does not know."""
POSITION_READS = (Read(REGISTRY, ("player_lookup", "position")),)

UNKNOWN_PLAYER = "Player not found"
"""The error of a document whose player the registry has never heard of."""

_PLAYER_LOOKUP = re.compile(r"[a-z0-9]{1,80}")
_NO_ID = re.compile(r"[^a-z0-9]")
_LETTERS = str.maketrans(
    {"đ": "d", "ð": "d", "ł": "l", "ø": "o", "ħ": "h", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
)
"""Letters that do not decompose into one of ours and an accent."""
_RESERVED = frozenset({"index"})


def is_player_lookup(value: str) -> bool:
    """Whether a player id may become part of an object's path: lower-case letters and digits, and not reserved."""
    return _PLAYER_LOOKUP.fullmatch(value) is not None and value not in _RESERVED


def lookup_of(first_name: str | None, last_name: str | None) -> str | None:
    """Return the player id that a name stands for, accents folded (contract P&L §2.1); None without both names.

    A suffix such as Jr. is part of the last name, and stays.
    """
    first, last = _folded(first_name or ""), _folded(last_name or "")
    return first + last if first and last else None


def lookups_of(first_name: str | None, last_name: str | None) -> tuple[str, ...]:
    """Return every id that may be meant by a name: letters such as ``đ`` are folded, and the warehouse drops them."""
    folded = lookup_of(first_name, last_name)
    if folded is None:
        return ()
    return tuple(dict.fromkeys((folded, normalized(f"{first_name}{last_name}"))))


def _folded(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    return _NO_ID.sub("", decomposed.lower())


def registry_entry(rows: Iterable[RegistryRow], season: str) -> RegistryRow | None:
    """Return a player's registry row as of a season, given by its label (contract B1-D7, P&L §2.5).

    That of the season, or of the latest season before it: the team with the latest activity, then the one with the most
    games, then the lowest name.
    """
    candidates = [row for row in rows if row.season <= season]
    if not candidates:
        return None
    newest = max(row.season for row in candidates)
    return min(
        (row for row in candidates if row.season == newest),
        key=lambda row: (-_last_activity(row), -(row.games_played or 0), row.player_name, row.team_abbr, whole(row)),
    )


def _last_activity(row: RegistryRow) -> int:
    active = (row.last_gamebook_activity_date, row.last_roster_activity_date)
    return max((day.toordinal() for day in active if day is not None), default=0)
