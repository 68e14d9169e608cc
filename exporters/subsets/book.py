"""The subsets of one date and their season: what all subset documents are made from.

A player's card carries frozen picks and tonight's candidates; the book puts the cards of a date together,
decides which version of each date counts, and selects members where nothing was frozen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from exporters.declaration import Export, Read, Window
from exporters.league.arithmetic.dates import instant_of, local_date
from exporters.league.forecasts import signals
from exporters.league.forecasts.signals import signals_by_date
from exporters.league.games import schedule
from exporters.league.games.schedule import Schedule, first_tips, season_opening
from exporters.league.nights.night import PlayerNight
from exporters.league.nights.slate import Slate
from exporters.league.subsets import frozen_picks
from exporters.league.subsets import members as subsets
from exporters.league.subsets.frozen_picks import FrozenPick, Version, locked_version, versions_by_date
from exporters.league.subsets.members import Candidate, Definition, Market, definitions, membership
from exporters.league.subsets.picks import Pick, one_per_player
from exporters.league.subsets.public_names import SUBSETS, PublicModel, PublicSubset, public_model
from exporters.league.subsets.records import SubsetRecords
from exporters.subsets import candidates
from exporters.subsets.candidates import BOX_SCORE_READS
from exporters.warehouse.forecast_rows import SignalRow
from exporters.warehouse.tables import PREDICTIONS, SCHEDULE, SIGNALS, SUBSET_DEFINITIONS, SUBSET_VERSIONS

_SCHEDULE_READS = tuple(Read(read.table, read.columns, Window.SEASON) for read in schedule.READS)
RECORD_READS = (*subsets.READS, *frozen_picks.READS, *_SCHEDULE_READS, *BOX_SCORE_READS)
"""What the records of the season take: frozen picks, the tip-offs that lock them, the points that grade them."""
PICK_READS = (*RECORD_READS, *candidates.READS, *signals.READS)
"""What the picks of a date and their records take."""

Card = dict[str, Any]


def record_card(night: PlayerNight) -> Card | None:
    """Condense a player to the results of the frozen picks of this season; None without any."""
    results = night.history.subset_picks.results(night.config.calendar.season_start(night.date), night.date)
    return {"results": results, "frozen": [], "candidates": []} if results else None


def pick_card(night: PlayerNight, *, since: date) -> Card | None:
    """Condense a player to the picks; None without any.

    Args:
        night: The player's night.
        since: First date whose frozen picks are wanted whole; of earlier dates the results do.
    """
    results = night.history.subset_picks.results(night.config.calendar.season_start(night.date), night.date)
    frozen = night.history.subset_picks.picks(since, night.date)
    offered = candidates.candidates(night) if _is_selected_now(night) else []
    if not results and not frozen and not offered:
        return None
    for pick in frozen:
        pick["player_name"] = pick["player_name"] or night.name
        if pick["prediction_created_at"] is None:
            key = (pick["game_date"], pick["prediction_id"] or "")
            pick["prediction_created_at"] = night.history.forecast_times.get(key)
    _bring_up_to_date(night, [pick for pick in frozen if pick["game_date"] == night.date.isoformat()])
    return {"results": results, "frozen": frozen, "candidates": offered}


def _is_selected_now(night: PlayerNight) -> bool:
    """Whether anyone may ask who would be selected of tonight's forecasts; see :attr:`SubsetBook.tonight`."""
    return night.config.write_subset_picks or night.date not in night.league.frozen_dates


def _bring_up_to_date(night: PlayerNight, tonight: Sequence[FrozenPick]) -> None:
    """Complete tonight's frozen picks with facts of the night, and remove what is not final.

    Picks that were frozen without the time of their forecast, or without teams, get them (contract P-4, M-7). A box
    score of a game that is not over decides nothing yet.
    """
    teams = candidates.night_teams(night) or (None, None)
    undated = any(pick["prediction_created_at"] is None for pick in tonight)
    made: dict[str, int] = {}
    for row in night.history.on(PREDICTIONS, night.date) if undated else ():
        made[row.prediction_id] = max(row.created_at, made.get(row.prediction_id, row.created_at))
    for pick in tonight:
        if pick["prediction_created_at"] is None:
            pick["prediction_created_at"] = made.get(pick["prediction_id"] or "")
        pick["team"], pick["opponent"] = pick["team"] or teams[0], pick["opponent"] or teams[1]
        if pick["actual"] is not None and night.game_over is False:
            pick["actual"] = pick["result"] = None


class Key(NamedTuple):
    """A subset of a model; system and subset ids are internal."""

    system_id: str
    subset_id: str


@dataclass(frozen=True)
class Group:
    """A model that is shown, and its subsets in their public order."""

    model: PublicModel
    subsets: Mapping[PublicSubset, Sequence[Key]]


class SubsetBook:
    """The subsets of a slate, or of a season as of a date."""

    def __init__(self, slate: Slate, export: Export) -> None:
        """Take the cards that ``export`` made; everything else is computed on first use."""
        self._slate = slate
        self._cards: Sequence[Card] = slate.cards(export)
        self.date = slate.date
        self.now = instant_of(slate.generated_at)

    @cached_property
    def definitions(self) -> tuple[Definition, ...]:
        """The active definitions."""
        return definitions(self._slate.rows(SUBSET_DEFINITIONS))

    @cached_property
    def signals(self) -> Mapping[date, SignalRow]:
        """The champion's market conditions by date."""
        return signals_by_date(self._slate.rows(SIGNALS), self._slate.config.champion_system_id)

    @property
    def market(self) -> Market:
        """The conditions of the date."""
        row = self.signals.get(self.date)
        return Market() if row is None else Market(row.daily_signal, row.pct_over)

    @cached_property
    def season_start(self) -> date:
        """The first date that counts in the season."""
        return season_opening(self._slate.rows(SCHEDULE), self.date, self._slate.config.calendar)

    @cached_property
    def _versions(self) -> Mapping[date, Sequence[Version]]:
        return versions_by_date(self._slate.rows(SUBSET_VERSIONS), self._seen())

    def _seen(self) -> Iterator[tuple[date, str, int]]:
        # Players have picks of the same versions: a season has few, and many results.
        seen = {(day, version, at) for card in self._cards for day, version, at, _ in card["results"]}
        seen.update(
            (pick["game_date"], pick["version_id"], pick["computed_at"])
            for card in self._cards
            for pick in card["frozen"]
        )
        return ((date.fromisoformat(day), version, at) for day, version, at in sorted(seen))

    @cached_property
    def _locked(self) -> Mapping[date, str]:
        in_doubt = {day for day, versions in self._versions.items() if len(versions) > 1}
        tips = first_tips(row for row in self._slate.rows(SCHEDULE) if row.game_date in in_doubt)
        locked = {day: locked_version(versions, tips.get(day)) for day, versions in self._versions.items()}
        return {day: version for day, version in locked.items() if version is not None}

    @cached_property
    def records(self) -> SubsetRecords:
        """The results of the frozen picks before the date (contract G-1)."""
        return SubsetRecords(self._results())

    def _results(self) -> Iterator[tuple[str, date, str | None]]:
        days = _Dates()
        for card in self._cards:
            for text, version_id, _, results in card["results"]:
                day = days[text]
                if self._locked.get(day) == version_id:
                    for subset_id, result in results:
                        yield subset_id, day, result

    @cached_property
    def candidates(self) -> list[Candidate]:
        """The forecasts of the date that subsets may choose from."""
        return [candidate for card in self._cards for candidate in card["candidates"]]

    @cached_property
    def selected(self) -> Mapping[Definition, Sequence[Candidate]]:
        """The members that the definitions select of the date's candidates; what would be frozen now."""
        return membership(
            self.definitions, self.candidates, self.market, alert_level=self._slate.config.subsets.alert_level
        )

    @cached_property
    def _frozen(self) -> Mapping[date, Sequence[FrozenPick]]:
        found: dict[date, list[FrozenPick]] = defaultdict(list)
        days = _Dates()
        for card in self._cards:
            for pick in card["frozen"]:
                day = days[pick["game_date"]]
                if self._locked.get(day) == pick["version_id"]:
                    found[day].append(pick)
        return found

    @cached_property
    def tonight(self) -> Mapping[Key, Sequence[Pick]]:
        """The picks of the date by subset, best first.

        They are those of its locked version (contract G-4), which may have none (M-2). The definitions select where
        nothing was frozen (P-2), and where this run is about to freeze its own selection (P-7).
        """
        if (self._slate.config.write_subset_picks and self.may_be_frozen) or self.date not in self._locked:
            return {Key(found.system_id, found.subset_id): members for found, members in self.selected.items()}
        return _by_subset(self._frozen.get(self.date, ()))

    @cached_property
    def may_be_frozen(self) -> bool:
        """Whether what is selected now may become a version of the date (contract G-4, C §1.4).

        Not without definitions or games, and not once a game has begun: what was published before it is what counts,
        and nothing may take its place.
        """
        today = local_date(self.now, self._slate.config.calendar)
        games = Schedule(row for row in self._slate.rows(SCHEDULE) if row.game_date == self.date)
        has_begun = self.date < today or games.has_begun(self.date, self.now)
        return bool(self.definitions) and bool(games.on(self.date)) and not has_begun

    @cached_property
    def season(self) -> Mapping[date, Mapping[Key, Sequence[Pick]]]:
        """The picks of every date of the season so far by subset: what was frozen, and tonight's."""
        days = {day: _by_subset(picks) for day, picks in self._frozen.items() if self.season_start <= day < self.date}
        return {**days, self.date: self.tonight}

    def groups(self, with_picks: Iterable[Key] = ()) -> list[Group]:
        """Return the models that are shown and their subsets, in public order.

        These are the publicly named subsets of the active definitions (contract P-1, G-8).

        Args:
            with_picks: Subsets that are shown as well, because they have picks, though they may be retired.
        """
        defined = (Key(found.system_id, found.subset_id) for found in self.definitions)
        models: dict[PublicModel, dict[PublicSubset, list[Key]]] = {}
        for key in sorted({*defined, *with_picks}):
            model, subset = public_model(key.system_id, self._slate.config), SUBSETS.get(key.subset_id)
            if model is not None and model.is_displayed and subset is not None:
                models.setdefault(model, {}).setdefault(subset, []).append(key)
        return [
            Group(model, {subset: models[model][subset] for subset in sorted(models[model], key=_subset_order)})
            for model in sorted(models, key=_model_order)
        ]


def _by_subset(picks: Iterable[FrozenPick]) -> dict[Key, Sequence[Pick]]:
    found: dict[Key, list[FrozenPick]] = defaultdict(list)
    for pick in picks:
        found[Key(pick["system_id"], pick["subset_id"])].append(pick)
    return {key: one_per_player(members) for key, members in found.items()}


def _model_order(model: PublicModel) -> tuple[bool, str]:
    return model.order


def _subset_order(subset: PublicSubset) -> int:
    return subset.order


class _Dates(dict[str, date]):
    """ISO texts to dates; a season has few different ones, and many picks."""

    def __missing__(self, text: str) -> date:
        self[text] = date.fromisoformat(text)
        return self[text]
