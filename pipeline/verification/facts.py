"""Facts about players that several documents of a date show, and that must be the same in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Json = Mapping[str, Any]


class Fact(NamedTuple):
    """A fact that a document shows.

    Attributes:
        player: About whom.
        name: Which one.
        value: Its value there.
    """

    player: str
    name: str
    value: Any


def facts_of(export: str, document: Json) -> Iterator[Fact]:
    """Yield the facts that a document of an export type shows, as far as other types show them as well."""
    if "halt_active" in document:
        yield Fact("the date", "halt", (document["halt_active"], document["halt_reason"], document["halt_since"]))
    if (read := _READERS.get(export)) is not None:
        try:
            yield from read(document)
        except (LookupError, TypeError, AttributeError):
            # It does not fit its schema, which is a finding of its own.
            return


def _forecast(player: str, points: Any, line: Any, edge: Any, confidence: Any, pick: Any) -> Iterator[Fact]:
    yield Fact(player, "predicted points", points)
    yield Fact(player, "line", line)
    if edge is not None:
        yield Fact(player, "edge", abs(edge))
    yield Fact(player, "confidence", confidence)
    yield Fact(player, "recommendation", pick)


def _predictions(document: Json) -> Iterator[Fact]:
    for game in document["games"]:
        for entry in game["predictions"]:
            said, player = entry["prediction"], entry["player_lookup"]
            yield Fact(player, "team", entry["team"])
            yield Fact(player, "game", game["game_id"])
            yield from _forecast(
                player, said["points"], said["line"], said["edge"], said["confidence"], said["recommendation"]
            )


def _tonight(document: Json) -> Iterator[Fact]:
    for game in document["games"]:
        for card in game["players"]:
            player = card["player_lookup"]
            yield Fact(player, "name", card["name"])
            yield Fact(player, "game", game["game_id"])
            yield Fact(player, "team", card["team"])
            for name in ("days_rest", "injury_status", "injury_reason", "season_ppg", "season_mpg", "last_5_ppg"):
                yield Fact(player, name, card[name])
            yield Fact(player, "fatigue score", card["fatigue_score"])
            yield Fact(player, "points of the last 10 games", card["last_10_points"])
            yield Fact(player, "lines of the last 10 games", card["last_10_lines"])
            if card["has_line"]:
                said = card["prediction"]
                yield Fact(player, "predicted points", said["predicted"])
                yield Fact(player, "confidence", said["confidence"])


def _tonight_players(document: Json) -> Iterator[Fact]:
    player, context, numbers = document["player_lookup"], document["game_context"], document["quick_numbers"]
    yield Fact(player, "name", document["player_full_name"])
    yield Fact(player, "game", context["game_id"])
    yield Fact(player, "team", context["team_abbr"])
    for name in ("days_rest", "injury_status", "injury_reason"):
        yield Fact(player, name, context[name])
    for name in ("season_ppg", "season_mpg", "last_5_ppg"):
        yield Fact(player, name, numbers[name])
    yield Fact(player, "fatigue score", document["fatigue"]["score"])
    form = document["recent_form"]
    yield Fact(player, "points of the last 10 games", [game["points"] for game in form])
    yield Fact(player, "lines of the last 10 games", [None if game["is_dnp"] else game["line"] for game in form])
    said = document.get("prediction")
    if said is not None:
        yield from _forecast(
            player,
            said["predicted_points"],
            said["line"],
            said["edge"],
            said["confidence_score"],
            said["recommendation"],
        )


def _best_bets(document: Json) -> Iterator[Fact]:
    for bet in document["picks"]:
        player = bet["player_lookup"]
        yield Fact(player, "name", bet["player_full_name"])
        yield Fact(player, "team", bet["team"])
        yield from _forecast(
            player, bet["predicted"], bet["line"], bet["edge"], bet["confidence"], bet["recommendation"]
        )


def _live(document: Json) -> Iterator[Fact]:
    for game in document["games"]:
        if game["score_source"] == "box_score":
            for player in game["players"]:
                yield Fact(player["player_lookup"], "points scored", player["points"])


def _live_grading(document: Json) -> Iterator[Fact]:
    for row in document["predictions"]:
        player = row["player_lookup"]
        yield from _forecast(player, row["predicted"], row["line"], None, row["confidence"], row["recommendation"])
        if row["score_source"] == "box_score":
            yield Fact(player, "points scored", row["actual"])


def _results(document: Json) -> Iterator[Fact]:
    for row in document["results"]:
        yield Fact(row["player_lookup"], "points scored", row["actual"])


_READERS: Mapping[str, Callable[[Json], Iterator[Fact]]] = {
    "predictions": _predictions,
    "tonight": _tonight,
    "tonight-players": _tonight_players,
    "best-bets": _best_bets,
    "live": _live,
    "live-grading": _live_grading,
    "results": _results,
}


class FactBook:
    """The facts of a date, each as the first document that shows it says."""

    def __init__(self) -> None:
        """Begin without facts."""
        self._known: dict[tuple[str, str], tuple[str, Any]] = {}
        self.compared = 0

    def differences(self, export: str, path: str, document: Json) -> Iterator[str]:
        """Take the facts of a document, and yield those that another document shows otherwise."""
        for fact in facts_of(export, document):
            key = (fact.player, fact.name)
            before = self._known.setdefault(key, (path, fact.value))
            if before[0] == path:
                continue
            self.compared += 1
            if before[1] != fact.value:
                yield f"says {fact.name} of {fact.player} is {fact.value!r}, and {before[0]} says {before[1]!r}"
