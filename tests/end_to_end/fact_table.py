"""Facts, and where each export type shows them.

A place is the path of a field, as in the schemas. Whom it is about is the nearest ``player_lookup`` around the field,
and of when is the nearest date around it, or the date of the document. ``A@B`` names field A of an object that holds
the objects B: the id of a game in which players are listed.

``SHOWN`` has the places of each fact, by source: the tables that a value is taken from. Documents made of one warehouse
may differ between sources only where the warehouse contradicts itself. ``APART`` has the fields of such a name that are
about something else, each with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

Places = Mapping[str, Sequence[str]]
Json = dict[str, Any]


class Key(NamedTuple):
    """What a value is about."""

    fact: str
    player: str
    day: str


@dataclass(frozen=True)
class Told:
    """A value, and where it stands.

    Attributes:
        key: What it is about.
        source: The tables that it is taken from.
        value: The value.
        export: The export type.
        place: The path of the field.
        path: The document.
        decimals: The decimals that it is rounded to; None where it is shown as it is elsewhere.
    """

    key: Key
    source: str
    value: Any
    export: str
    place: str
    path: str
    decimals: int | None = None

    def agrees(self, other: Told) -> bool:
        """Whether another value is the same, as far as both are told: each is rounded once, from the same number."""
        if self.decimals == other.decimals:
            return bool(self.value == other.value)
        apart = abs(Decimal(str(self.value)) - Decimal(str(other.value)))
        decimals = (_ELSEWHERE if one is None else one for one in (self.decimals, other.decimals))
        return apart <= sum(Decimal(5).scaleb(-1 - places) for places in decimals)


_ELSEWHERE = 2
"""Decimals of a value that is shown with one less somewhere."""
_CARDS, _DETAIL, _TRENDS = "games[].players[]", "tonight-players", "tonight-trend-plays"
SHOWN: Mapping[str, Mapping[str, Places]] = {
    "name": {
        "registry": {
            "best-bets": ("picks[].player_full_name",),
            "live-grading": ("predictions[].player_name",),
            "player-game-report": ("player_full_name",),
            "player-index": ("players[].player_full_name",),
            "player-profiles": ("player_full_name", "summary.player_name"),
            "player-season": ("player_full_name",),
            "streaks": tuple(f"streaks.{kind}[].player_full_name" for kind in ("over", "under", "prediction_hits")),
            "tonight": (f"{_CARDS}.name",),
            _DETAIL: ("player_full_name",),
            _TRENDS: ("trend_plays[].player_full_name",),
            "trends-bounce-back": ("bounce_back_candidates[].player_full_name",),
            "trends-hot-cold": ("hot[].player_full_name", "cold[].player_full_name"),
        },
        "feed": {"live": (f"{_CARDS}.name",)},
    },
    "team": {
        "context": {
            "best-bets": ("picks[].team",),
            "live-grading": ("predictions[].team",),
            "predictions": ("games[].predictions[].team",),
            "tonight": (f"{_CARDS}.team",),
            _DETAIL: ("game_context.team_abbr",),
            _TRENDS: ("trend_plays[].team_abbr",),
        },
        "feed": {"live": (f"{_CARDS}.team",)},
        "grades": {"results": ("results[].team",)},
        "registry": {"player-season": ("player_profile.team_abbr",)},
        "newest": {
            "trends-bounce-back": ("bounce_back_candidates[].team_abbr",),
            "trends-hot-cold": ("hot[].team_abbr", "cold[].team_abbr"),
        },
    },
    "team of the newest grade": {
        "grades": {"player-index": ("players[].team",), "player-profiles": ("summary.team", "summary.team_abbr")},
    },
    "position": {
        "registry": {
            "player-game-report": ("player_profile.position",),
            "player-season": ("player_profile.position",),
            _TRENDS: ("trend_plays[].position",),
            "trends-hot-cold": ("hot[].position", "cold[].position"),
        },
    },
    "opponent": {
        "context": {
            "best-bets": ("picks[].opponent",),
            "live-grading": ("predictions[].opponent",),
            "player-game-report": ("opponent_context.opponent",),
            "player-profiles": ("next_game.opponent",),
            _DETAIL: ("game_context.opponent",),
            _TRENDS: ("trend_plays[].tonight.opponent",),
            "trends-bounce-back": ("bounce_back_candidates[].tonight.opponent",),
            "trends-hot-cold": ("hot[].tonight.opponent", "cold[].tonight.opponent"),
        },
        "grades": {"results": ("results[].opponent",)},
        "box scores": {
            "player-game-report": ("recent_games[].opponent",),
            "player-profiles": ("game_log[].opponent",),
            "player-season": ("game_log[].opponent",),
            "streaks": ("streaks.over[].games[].opponent", "streaks.under[].games[].opponent"),
            _DETAIL: ("recent_form[].opponent",),
            "trends-bounce-back": ("bounce_back_candidates[].last_game.opponent",),
        },
    },
    "at home": {
        "context": {
            "player-profiles": ("next_game.home_game",),
            "predictions": ("games[].predictions[].is_home",),
            "tonight": (f"{_CARDS}.is_home",),
            _DETAIL: ("game_context.home_game",),
            _TRENDS: ("trend_plays[].tonight.home",),
            "trends-bounce-back": ("bounce_back_candidates[].tonight.home",),
            "trends-hot-cold": ("hot[].tonight.home", "cold[].tonight.home"),
        },
        "grades": {"results": ("results[].is_home",)},
        "box scores": {
            "player-profiles": ("game_log[].home_game",),
            "player-season": ("game_log[].is_home",),
            _DETAIL: ("recent_form[].home_game",),
        },
    },
    "game": {
        "context": {
            "best-bets": ("picks[].game_id",),
            "player-profiles": ("next_game.game_id",),
            "predictions": ("games[].game_id@games[].predictions[]",),
            "tonight": (f"games[].game_id@{_CARDS}",),
            _DETAIL: ("game_context.game_id",),
        },
        "feed": {"live": (f"games[].game_id@{_CARDS}",)},
        "box scores": {"player-game-report": ("game_id",)},
        "grades": {"results": ("results[].game_id",)},
    },
    "game state": {
        "schedule": {"tonight": (f"games[].game_status@{_CARDS}",)},
        "feed": {"live": (f"games[].status@{_CARDS}",), "live-grading": ("predictions[].game_status",)},
    },
    "home score": {
        "schedule": {"tonight": (f"games[].home_score@{_CARDS}",)},
        "feed": {"live": (f"games[].home_score@{_CARDS}",)},
    },
    "away score": {
        "schedule": {"tonight": (f"games[].away_score@{_CARDS}",)},
        "feed": {"live": (f"games[].away_score@{_CARDS}",)},
    },
    "forecast": {
        "forecasts": {
            "best-bets": ("picks[].predicted",),
            "live-grading": ("predictions[].predicted",),
            "predictions": ("games[].predictions[].prediction.points",),
            "tonight": (f"{_CARDS}.prediction.predicted",),
            _DETAIL: ("prediction.predicted_points",),
        },
        "grades": {"player-game-report": ("prop_line.predicted",), "results": ("results[].predicted",)},
    },
    "line": {
        "forecasts": {
            "best-bets": ("picks[].line",),
            "live-grading": ("predictions[].line",),
            "predictions": ("games[].predictions[].prediction.line",),
            _DETAIL: ("prediction.line", "game_context.line"),
        },
        "grades": {
            "player-game-report": ("prop_line.line", "recent_games[].line"),
            "player-profiles": ("game_log[].line",),
            "player-season": ("game_log[].line",),
            "results": ("results[].line",),
            "streaks": ("streaks.over[].games[].line", "streaks.under[].games[].line"),
            _DETAIL: ("recent_form[].line",),
        },
    },
    "recommendation": {
        "forecasts": {
            "best-bets": ("picks[].recommendation",),
            "live-grading": ("predictions[].recommendation",),
            "predictions": ("games[].predictions[].prediction.recommendation",),
            "tonight": (f"{_CARDS}.prediction.recommendation",),
            _DETAIL: ("prediction.recommendation",),
        },
        "grades": {"player-game-report": ("prop_line.recommendation",), "results": ("results[].recommendation",)},
    },
    "confidence": {
        "forecasts": {
            "best-bets": ("picks[].confidence",),
            "live-grading": ("predictions[].confidence",),
            "predictions": ("games[].predictions[].prediction.confidence",),
            "tonight": (f"{_CARDS}.prediction.confidence",),
            _DETAIL: ("prediction.confidence_score",),
        },
        "grades": {"player-game-report": ("prop_line.confidence",), "results": ("results[].confidence",)},
    },
    "edge": {
        "forecasts": {
            "best-bets": ("picks[].edge",),
            "predictions": ("games[].predictions[].prediction.edge",),
            _DETAIL: ("prediction.edge",),
        },
    },
    "points": {
        "box scores": {
            "player-game-report": ("recent_games[].points",),
            "player-profiles": ("game_log[].points",),
            "player-season": ("game_log[].points",),
            "streaks": ("streaks.over[].games[].points", "streaks.under[].games[].points"),
            _DETAIL: ("recent_form[].points",),
            "trends-bounce-back": ("bounce_back_candidates[].last_game.result",),
            "live-grading": ("predictions[].actual",),
        },
        "feed": {"live": (f"{_CARDS}.points",)},
        "grades": {"best-bets": ("picks[].actual",), "results": ("results[].actual",)},
        "frozen picks": {
            "season-subsets": ("model_groups[].dates[].picks[].actual",),
            "subset-picks": ("model_groups[].subsets[].picks[].actual",),
        },
        "shown picks": {"best-bets-all": ("today[].actual", "weeks[].days[].picks[].actual")},
        "outcomes": {"player-game-report": ("result.actual",)},
    },
    "result of the pick": {
        "forecasts": {"best-bets": ("picks[].result",)},
        "grades": {"results": ("results[].result",)},
    },
    "last 5 games": {
        "form": {"tonight": (f"{_CARDS}.last_5_ppg",), _DETAIL: ("quick_numbers.last_5_ppg",)},
    },
    "season average": {
        "form": {
            "tonight": (f"{_CARDS}.season_ppg",),
            _DETAIL: ("quick_numbers.season_ppg",),
            "player-game-report": ("player_profile.season_ppg",),
        },
    },
    "injury": {
        "reports": {
            "tonight": (f"{_CARDS}.injury_status",),
            _DETAIL: ("game_context.injury_status",),
            "trends-bounce-back": ("bounce_back_candidates[].injury_status",),
            "trends-hot-cold": ("hot[].injury_status", "cold[].injury_status"),
        },
    },
    "injury reason": {
        "reports": {"tonight": (f"{_CARDS}.injury_reason",), _DETAIL: ("game_context.injury_reason",)},
    },
    "halt": {
        "halts": dict.fromkeys(
            ("best-bets", "best-bets-all", "predictions", "subset-picks"), ("halt_active", "halt_reason", "halt_since")
        ),
    },
}
"""Fact to source to export type to the places of the fields."""

_OTHER_GAMES = "of all games of the season, not of one"
_PICK = "of a pick that was stored when it was made, by any of the models"
_LISTED = "names a subset, not a player"
APART: Mapping[str, Mapping[str, str]] = {
    "best-bets-all": {
        **{
            f"{where}.{key}": _PICK
            for where in ("today[]", "weeks[].days[].picks[]")
            for key in ("player", "team", "opponent", "home", "direction", "line", "edge", "result")
        },
        "record": "of the picks of the page",
        "record.last_10": "of the picks of the page",
        "weeks[].record": "of a week",
        "weeks[].days[].record": "of a day",
        "weeks[].days[].status": "of a day",
    },
    "live-grading": {"predictions[].status": "whether a forecast leads, not the state of a game"},
    "player-game-report": {
        "recent_games[].result": "which side of the line won, not the result of a pick",
        "result": "the object around the points",
    },
    "player-news": {
        "player_name": "as the articles name him",
        "team_abbr": "of the newest season of the registry",
    },
    "player-profiles": {
        "splits.location.home": _OTHER_GAMES,
        "splits.opponents[].team": "an opponent",
    },
    "player-season": {
        "prop_hit_rates.points": _OTHER_GAMES,
        "splits.home": _OTHER_GAMES,
        "game_log[].result": "which side of the line won, not the result of a pick",
    },
    "predictions": {"games[].predictions[].prediction": "the object around the forecast"},
    "results": {
        "breakdowns.by_context.home": "counts",
        **{
            f"highlights.{kind}_prediction.{key}": "names a player without his id"
            for kind in ("best", "worst")
            for key in ("player", "team", "predicted", "actual")
        },
    },
    "season-subsets": {
        "model_groups[].record": "of a model",
        **{
            f"model_groups[].dates[].picks[].{key}": _PICK
            for key in ("player", "team", "opponent", "prediction", "line", "direction", "result")
        },
    },
    "subset-picks": {
        "model_groups[].subsets[].name": _LISTED,
        "model_groups[].subsets[].record": "of a subset",
        **{
            f"model_groups[].subsets[].picks[].{key}": _PICK
            for key in ("player", "team", "opponent", "prediction", "line", "direction", "result")
        },
    },
    "streaks": {f"streaks.{kind}[].team": "of his last game" for kind in ("over", "under", "prediction_hits")},
    "subset-definitions": {"model_groups[].subsets[].name": _LISTED},
    "subset-performance": {
        f"model_groups[].windows.{window}.groups[].name": _LISTED
        for window in ("last_1_day", "last_3_days", "last_7_days", "last_14_days", "last_30_days", "season")
    },
    "tonight": {
        f"{_CARDS}.last_10_points": "compared with the detail's recent form in test_consistency",
        f"{_CARDS}.last_10_lines": "compared with the detail's recent form in test_consistency",
        f"{_CARDS}.props[].line": "compared with the detail's line in test_consistency",
        f"{_CARDS}.prediction": "the object around the forecast",
    },
    _DETAIL: {
        "prediction": "the object around the forecast",
        "tonights_factors[].direction": "of a factor",
    },
    _TRENDS: {"trend_plays[].confidence": "of a trend, not of a forecast"},
    "trends-team": {
        f"{where}[].team": "a team, not a player's"
        for where in (
            "pace.kings",
            "pace.grinders",
            *(f"defense_by_zone.{zone}.{end}" for zone in ("paint", "perimeter") for end in ("best", "worst")),
            *("home_away.home_dominant", "home_away.road_warriors"),
            *("back_to_back.vulnerable", "back_to_back.resilient"),
        )
    },
    "trends-what-matters": {
        f"archetypes.{kind}.factors.home_away.home": _OTHER_GAMES
        for kind in ("star", "scorer", "rotation", "role_player")
    },
}
"""Export type to fields that have the name of a fact and are about something else, with the reason."""

OTHER_NAMES = frozenset({"player", "prediction", "record", "last_10", "last_10_points", "last_10_lines", "status"}) | {
    "direction",
    "home_score",
    "away_score",
    "team_abbr",
}
"""Names under which facts might be shown as well, besides those in :data:`SHOWN`."""


def place_of(entry: str) -> str:
    """Return the path of the field of an entry of :data:`SHOWN`."""
    return entry.partition("@")[0]


def known_names() -> frozenset[str]:
    """Return every name of a field under which a fact is shown."""
    entries = (
        entry for by_type in SHOWN.values() for places in by_type.values() for at in places.values() for entry in at
    )
    return OTHER_NAMES | {place_of(entry).rpartition(".")[2] for entry in entries}


def registered(export: str) -> set[str]:
    """Return the fields of an export type that the table knows, as facts or apart from them."""
    shown = {
        place_of(entry) for by_type in SHOWN.values() for places in by_type.values() for entry in places.get(export, ())
    }
    return shown | APART.get(export, {}).keys()


_DATES = ("game_date", "date")
_SOURCED: Mapping[tuple[str, str], Callable[[Json], bool]] = {
    # While a game is played, the score is that of the feed.
    ("live-grading", "predictions[].actual"): lambda item: item["score_source"] == "box_score",
    # A card without a line has no forecast to compare.
    ("tonight", f"{_CARDS}.prediction.recommendation"): lambda item: item.get("predicted") is not None,
}
_DECIMALS: Mapping[tuple[str, str], int] = {("results", "results[].confidence"): 1}
"""Fields that are rounded to fewer decimals than elsewhere."""
_SAME: Mapping[str, Callable[[Any], Any]] = {"edge": abs}
"""What makes the values of a fact comparable."""


def told_by(export: str, path: str, document: Json, day: date) -> Iterator[Told]:
    """Yield the facts that a document of a date shows.

    Args:
        export: Its export type.
        path: Its path.
        document: The document.
        day: Its date.
    """
    for fact, by_source in SHOWN.items():
        for source, places in by_source.items():
            for entry in places.get(export, ()):
                field, _, below = entry.partition("@")
                name = field.rpartition(".")[2]
                holder = below or field.rpartition(".")[0]
                for chain in _objects(document, holder):
                    item = next((one for one in reversed(chain) if name in one), None)
                    if item is None or item[name] is None or not _SOURCED.get((export, field), _any)(item):
                        continue
                    value = _SAME.get(fact, _same)(item[name])
                    yield Told(
                        _key(fact, name, chain, day), source, value, export, field, path, _DECIMALS.get((export, field))
                    )


def _key(fact: str, name: str, chain: Sequence[Json], day: date) -> Key:
    player = next((one["player_lookup"] for one in reversed(chain) if one.get("player_lookup")), "")
    told = (str(one[key]) for one in reversed(chain) for key in _DATES if isinstance(one.get(key), str))
    return Key(name if fact == "halt" else fact, player, next(told, day.isoformat())[:10])


def _objects(value: Any, path: str, chain: tuple[Json, ...] = ()) -> Iterator[tuple[Json, ...]]:
    """Yield the objects at a path, each after those that hold it."""
    if not isinstance(value, dict):
        return
    chain = (*chain, value)
    if not path:
        yield chain
        return
    key, _, rest = path.partition(".")
    inner = value.get(key.removesuffix("[]"))
    for item in (inner or ()) if key.endswith("[]") else (inner,):
        yield from _objects(item, rest, chain)


def _any(_item: Json) -> bool:
    return True


def _same(value: Any) -> Any:
    return value


class Comparison:
    """Facts side by side.

    Attributes:
        compared: Values that were held against one of another document, by fact.
        differing: Those that are not the same, a line each.
    """

    def __init__(self, *, by_source: bool = False) -> None:
        """Begin without facts.

        Args:
            by_source: Compare values of one source only.
        """
        self._by_source = by_source
        self._known: dict[tuple[Key, str], Told] = {}
        self.compared: dict[str, int] = {}
        self.differing: list[str] = []

    def add(self, told: Told) -> None:
        """Compare a value with the first one of the same fact."""
        first = self._known.setdefault((told.key, told.source if self._by_source else ""), told)
        if (first.path, first.place) == (told.path, told.place):
            return
        self.compared[told.key.fact] = self.compared.get(told.key.fact, 0) + 1
        if not first.agrees(told):
            self.differing.append(
                f"{told.key.fact} of {told.key.player or 'the date'} on {told.key.day}: {first.export} has "
                f"{first.value!r} ({first.place} of {first.path}), {told.export} has {told.value!r} "
                f"({told.place} of {told.path})"
            )
