"""The options that decide whether a date is published, and how their texts become rules."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from exporters.config import ExportConfig, FunnelRules, GateRules, PerName, ShrinkRules
from exporters.league.forecasts.funnel import PUBLISHED, STAGES
from exporters.registry import exports
from pipeline.requests.field import STRICT, Described, whole_or_empty
from pipeline.requests.problems import nearest
from pipeline.requests.request_message import CHAMPION_PATTERN, DATE_PATTERN, INSTANT_PATTERN, Instant

_CONFIG = ExportConfig()
_PER_NAME = "[0-9]{1,4}(?:,[a-z-]+:[0-9]{1,4})*"
_PUBLISH, _WITHHOLD = "publish", "withhold"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class GuardOptions:
    """The conditions under which a date is published."""

    fallback_system_ids: Annotated[
        str,
        whole_or_empty(f"{CHAMPION_PATTERN}(?:,{CHAMPION_PATTERN})*"),
        Described(
            "Models that take the champion's place when it has no predictions, separated by commas, the first choice "
            "first. Without one, such a request is rejected.",
            example="ensemble_v1",
            default_help="none",
            metavar="LIST",
        ),
    ] = ""
    min_players_per_game: Annotated[
        str,
        whole_or_empty(_PER_NAME),
        Described(
            "Players in the game context that a date needs for each of its games before tonight types go out; TYPE:N "
            "sets another number for one export type.",
            example="8,tonight-players:4",
            metavar="N[,TYPE:N]",
        ),
    ] = str(_CONFIG.gates.players_per_game)
    min_predicted_percent: Annotated[
        str,
        whole_or_empty(_PER_NAME),
        Described(
            "Percent of those players who need a prediction of the champion before prediction types go out.",
            example="12,best-bets:25",
            metavar="N[,TYPE:N]",
        ),
    ] = str(_CONFIG.gates.predicted_percent)
    min_funnel_percent: Annotated[
        str,
        whole_or_empty(_PER_NAME),
        Described(
            f"Percent of the players of a stage who must reach the next one, or the run is degraded. The stages: "
            f"{', '.join((*STAGES, PUBLISHED))}.",
            example="50,ready:20",
            metavar="N[,STAGE:N]",
        ),
    ] = str(_CONFIG.funnel.percent)
    degraded: Annotated[
        Literal["publish", "withhold"],
        Described(
            "Whether the date of a degraded run is published. Either way the report names it, and the exit code is 1.",
            example=_WITHHOLD,
            metavar=f"{_PUBLISH}|{_WITHHOLD}",
        ),
    ] = "withhold" if _CONFIG.funnel.withhold else "publish"
    max_lost_percent: Annotated[
        str,
        whole_or_empty(_PER_NAME),
        Described(
            "Percent of its picks or players that a document may lose against the published one of the same date; more "
            "of them withhold the date. Losses with a known reason do not count.",
            example="20,streaks:50",
            metavar="N[,TYPE:N]",
        ),
    ] = str(_CONFIG.shrink.percent)
    min_lost: Annotated[
        int,
        Field(ge=1, le=1_000_000),
        Described(
            "The least number of lost picks or players that withholds a date; an emptied document always does.",
            example="5",
            metavar="N",
        ),
    ] = _CONFIG.shrink.min_lost


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ShrinkOptions:
    """The losses that a run accepts."""

    accept_shrink: Annotated[
        str,
        whole_or_empty(rf"[a-z-]+(?::{DATE_PATTERN})?(?:,[a-z-]+(?::{DATE_PATTERN})?)*"),
        Described(
            "Export types that may lose picks or players in this run, whatever is published, separated by commas; with "
            "TYPE:DATE, on one date.",
            example="best-bets:2026-02-11",
            metavar="TYPE[:DATE]",
        ),
    ] = ""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PictureOptions:
    """Which picture of the warehouse a run reads."""

    as_of: Annotated[
        Instant | None,
        Described(
            "Read every table as it was at this instant, to publish again or explain what was published then; BigQuery "
            "keeps seven days. Documents of newer runs stay: give another --output to see those of this one.",
            example="2026-02-11T18:04:11Z",
            default_help="now",
            metavar="INSTANT",
            pattern=INSTANT_PATTERN,
        ),
    ] = None


def guard_rules(given: GuardOptions) -> dict[str, Any]:
    """Return the rules of the guards as arguments of :class:`ExportConfig`.

    Raises:
        OptionTextError: A text names no export type, or no stage.
    """

    def per_name(name: str, known: tuple[str, ...], default: PerName) -> PerName:
        text: str = getattr(given, name)
        if text == str(default):
            return default
        first, *others = text.split(",")
        by_name = {}
        for other in others:
            key, _, number = other.partition(":")
            by_name[known_name(name, key, known)] = int(number)
        return PerName(int(first), by_name)

    types = tuple(exports())
    gates, funnel, shrink = _CONFIG.gates, _CONFIG.funnel, _CONFIG.shrink
    return {
        "fallback_system_ids": tuple(filter(None, given.fallback_system_ids.split(","))),
        "gates": GateRules(
            players_per_game=per_name("min_players_per_game", types, gates.players_per_game),
            predicted_percent=per_name("min_predicted_percent", types, gates.predicted_percent),
        ),
        "funnel": FunnelRules(
            percent=per_name("min_funnel_percent", (*STAGES, PUBLISHED), funnel.percent),
            withhold=given.degraded == _WITHHOLD,
        ),
        "shrink": ShrinkRules(
            percent=per_name("max_lost_percent", types, shrink.percent),
            min_lost=given.min_lost,
        ),
    }


def accepted_shrinks(text: str) -> frozenset[str]:
    """Return the entries of ``--accept_shrink``.

    Raises:
        OptionTextError: It names no export type, or no date.
    """
    found = frozenset(filter(None, text.split(",")))
    for accepted in found:
        name, _, day = accepted.partition(":")
        known_name("accept_shrink", name, tuple(exports()))
        if day:
            try:
                date.fromisoformat(day)
            except ValueError as error:
                raise OptionTextError("accept_shrink", f"names {day}, which is no date") from error
    return found


def rule_texts(config: ExportConfig) -> dict[str, str]:
    """Return the rules of a configuration as the texts of their options, for a job that uses the same rules."""
    return {
        "fallback_system_ids": ",".join(config.fallback_system_ids),
        "min_players_per_game": str(config.gates.players_per_game),
        "min_predicted_percent": str(config.gates.predicted_percent),
        "min_funnel_percent": str(config.funnel.percent),
        "degraded": _WITHHOLD if config.funnel.withhold else _PUBLISH,
        "max_lost_percent": str(config.shrink.percent),
        "min_lost": str(config.shrink.min_lost),
    }


class OptionTextError(ValueError):
    """The text of an option names something that does not exist.

    Attributes:
        option: Name of the option.
    """

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(reason)
        self.option = option


def known_name(option: str, name: str, known: tuple[str, ...]) -> str:
    """Return a known name.

    Raises:
        OptionTextError: It is not.
    """
    if name in known:
        return name
    meant = nearest(name, known)
    hint = f" (did you mean {meant}?)" if meant else f"; known are {', '.join(known)}"
    raise OptionTextError(option, f"names {re.sub('[^ -~]', '?', name)[:80]}, which is unknown{hint}")
