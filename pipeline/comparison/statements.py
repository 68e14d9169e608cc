"""What a document says about players, as far as two documents of one path can be compared by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exporters.declaration import Json, players_in
from pipeline.verification.facts import facts_of

SIDES = ("OVER", "UNDER")
"""Recommendations that are picks."""
Said = tuple[str, str, Any, Any, Any]
"""Player, subset or empty, recommendation, line, and predicted points."""


@dataclass(frozen=True)
class Statements:
    """What a document says.

    Values are lists, because a document that names a pick twice says it twice.

    Attributes:
        players: Every player whom it names.
        picks: The sides of the picks, by player and subset.
        lines: The lines, by player and subset.
        predictions: The predicted points, by player and subset.
    """

    players: frozenset[str]
    picks: Mapping[str, Sequence[str]]
    lines: Mapping[str, Sequence[float]]
    predictions: Mapping[str, Sequence[float]]

    def size(self, what: str) -> int:
        """Return how many players, picks, lines or predictions there are."""
        found = getattr(self, what)
        return len(found) if what == "players" else sum(map(len, found.values()))


def statements_of(export: str, document: Json) -> Statements:
    """Return what a document of an export type says; nothing beyond the place where it stops to have its shape."""
    picks: dict[str, list[str]] = defaultdict(list)
    lines: dict[str, list[float]] = defaultdict(list)
    predictions: dict[str, list[float]] = defaultdict(list)
    for player, subset, pick, line, points in _said(export, document):
        subject = f"{player} ({subset})" if subset else player
        if pick in SIDES:
            picks[subject].append(pick)
        if _is_number(line):
            lines[subject].append(line)
        if _is_number(points):
            predictions[subject].append(points)
    return Statements(frozenset(_players(document)), picks, lines, predictions)


def _said(export: str, document: Json) -> Iterator[Said]:
    reader = _READERS.get(export)
    if reader is None:
        yield from _facts(export, document)
        return
    try:
        yield from reader(document)
    except (LookupError, TypeError, AttributeError):
        # It does not fit its schema. The rest of it is not there for a reader either.
        return


def _facts(export: str, document: Json) -> Iterator[Said]:
    """Yield what the facts say that a verification compares."""
    for fact in facts_of(export, document):
        if fact.name == "recommendation":
            yield fact.player, "", fact.value, None, None
        elif fact.name == "line":
            yield fact.player, "", None, fact.value, None
        elif fact.name == "predicted points":
            yield fact.player, "", None, None, fact.value


def _tonight(document: Json) -> Iterator[Said]:
    for game in document["games"]:
        for card in game["players"]:
            said = card.get("prediction") or {}
            player = card["player_lookup"]
            yield player, "", said.get("recommendation"), None, said.get("predicted")
            for prop in card.get("props") or ():
                yield player, "", None, prop["line"], None


def _results(document: Json) -> Iterator[Said]:
    for row in document["results"]:
        yield row["player_lookup"], "", row["recommendation"], row["line"], row["predicted"]


def _subset_picks(document: Json) -> Iterator[Said]:
    for group in document["model_groups"]:
        for subset in group["subsets"]:
            for pick in subset["picks"]:
                yield _of_subset(pick, f"{group['model_id']}, subset {subset['id']}")


def _season_subsets(document: Json) -> Iterator[Said]:
    for group in document["model_groups"]:
        for day in group["dates"]:
            for pick in day["picks"]:
                for subset in pick["subsets"]:
                    yield _of_subset(pick, f"{group['model_id']}, subset {subset}, {day['date']}")


def _of_subset(pick: Mapping[str, Any], subset: str) -> Said:
    return pick["player_lookup"], subset, pick["direction"], pick["line"], pick["prediction"]


_READERS: Mapping[str, Callable[[Json], Iterator[Said]]] = {
    "tonight": _tonight,
    "results": _results,
    "subset-picks": _subset_picks,
    "season-subsets": _season_subsets,
}
"""By export type, where its picks are; those of the others are among the facts that several types show."""


def _players(document: Json) -> Iterator[str]:
    return (player for player in players_in(document) if isinstance(player, str))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
