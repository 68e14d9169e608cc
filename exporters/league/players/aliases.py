"""Spellings of players' ids: how a name is spelled as an id, and which id another spelling stands for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from exporters.declaration import Read
from exporters.warehouse.league_rows import PlayerAliasRow
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import PLAYER_ALIASES

READ = Read(PLAYER_ALIASES, ("alias_lookup", "nba_canonical_lookup", "is_active", "processed_at"))
"""What tells spellings apart; read by every run that reads a table that names players."""

_NOT_OF_AN_ID = re.compile(r"[^a-z0-9]")
_TURKISH_I = str.maketrans({"ı": "i", "İ": "i"})


def normalized(name: str) -> str:
    """Return a name as the warehouse spells it in ids: accents stripped, lower case, letters and digits only.

    A letter that is more than one of ours with an accent, such as ``đ``, is dropped. A suffix such as ``jr`` stays.
    """
    decomposed = unicodedata.normalize("NFD", name.translate(_TURKISH_I))
    return _NOT_OF_AN_ID.sub("", decomposed.lower())


@dataclass(frozen=True)
class Aliases:
    """The other spellings of players' ids.

    Attributes:
        ids: Alias to the id that it stands for, which is no alias itself.
        problems: What is wrong with the rows, one line each: what, which of them count, and the fix.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def id_of(self, spelling: str) -> str:
        """Return the id that a spelling stands for: itself, unless it is an alias."""
        return self.ids.get(spelling, spelling)


NO_ALIASES = Aliases()
"""Those of a warehouse that spells every player alike."""


def resolve_aliases(rows: Iterable[PlayerAliasRow]) -> Aliases:
    """Return the aliases that some rows declare, whatever their order and however often each is there.

    Of several rows of one alias and target the newest says whether they are active. An alias that has several targets
    stands for the newest one, among equals for the lowest. An alias of an alias stands for the id at the end of the
    chain; where a chain runs in a circle, the lowest id of the circle stands for all of them.
    """
    declared = list(rows)
    candidates = _candidates(declared)
    chosen = {alias: _choice(found) for alias, found in candidates.items()}
    circles = sorted({circle for alias in chosen if (circle := _circle(alias, chosen))})
    problems = (
        *sorted({_useless(row) for row in declared if not all(_pair(row))}),
        *(
            _ambiguous(alias, candidates[alias], chosen[alias])
            for alias in sorted(chosen)
            if len(candidates[alias]) > 1
        ),
        *(
            f"aliases {' and '.join(circle)} stand for one another: {circle[0]!r} counts; deactivate the row of it"
            for circle in circles
        ),
    )
    ends = {alias: _end(alias, chosen) for alias in sorted(chosen)}
    return Aliases({alias: end for alias, end in ends.items() if alias != end}, problems)


_Candidate = tuple[tuple[bool, int], str]
"""When a row was written, as a sort key, and its target."""


def _pair(row: PlayerAliasRow) -> tuple[str, str]:
    return normalized(row.alias_lookup), normalized(row.nba_canonical_lookup)


def _candidates(rows: Iterable[PlayerAliasRow]) -> dict[str, list[_Candidate]]:
    """Return the active targets of each alias; an alias of itself, or without a target, says nothing."""
    newest = latest_per(rows, key=_pair, by=lambda row: (known(row.processed_at), known(row.is_active)))
    found: dict[str, list[_Candidate]] = {}
    for (alias, target), row in newest.items():
        if row.is_active and alias and target and alias != target:
            found.setdefault(alias, []).append((known(row.processed_at), target))
    return found


def _choice(found: Iterable[_Candidate]) -> str:
    targets = sorted(found, key=lambda one: one[1])
    newest = max(written for written, _ in targets)
    return next(target for written, target in targets if written == newest)


def _circle(alias: str, chosen: Mapping[str, str]) -> tuple[str, ...]:
    """Return the circle that the chain of an alias runs into, lowest id first; empty when the chain has an end."""
    chain: list[str] = []
    while alias in chosen:
        if alias in chain:
            return tuple(sorted(chain[chain.index(alias) :]))
        chain.append(alias)
        alias = chosen[alias]
    return ()


def _end(alias: str, chosen: Mapping[str, str]) -> str:
    circle = _circle(alias, chosen)
    if circle:
        return circle[0]
    while alias in chosen:
        alias = chosen[alias]
    return alias


def _useless(row: PlayerAliasRow) -> str:
    return (
        f"alias {row.alias_lookup!r} of {row.nba_canonical_lookup!r} names nobody: it does not count; correct the row"
    )


def _ambiguous(alias: str, found: Iterable[_Candidate], chosen: str) -> str:
    targets = " and ".join(sorted(target for _, target in found))
    return f"alias {alias!r} stands for {targets}: {chosen!r} counts; deactivate the other rows"
