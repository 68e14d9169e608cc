"""The last ten games of a player as the parallel arrays that cards draw (contract B1 fields 18 to 23)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from exporters.config import RULES
from exporters.declaration import Json
from exporters.league.arithmetic.numbers import number, tenths
from exporters.league.players.box_scores import outcome
from exporters.warehouse.league_rows import GameRow

GAMES_SHOWN = RULES.form.long
DNP = "DNP"
UNDECIDED = "-"
_LETTERS = {"OVER": "O", "UNDER": "U", None: UNDECIDED}


def not_played(row: GameRow) -> bool:
    """Whether a row is listed as did-not-play; a played game may still lack points."""
    return bool(row.is_dnp) or row.is_active is False


def versus(points: int | None, average_tenths: int) -> str:
    """Return ``O``, ``U`` or ``P`` for points over, under or equal to an average; ``-`` when they are unknown."""
    if points is None:
        return UNDECIDED
    if 10 * points == average_tenths:
        return "P"
    return "O" if 10 * points > average_tenths else "U"


class Mark(NamedTuple):
    """One game as a sparkline shows it, whatever the average of the season.

    Attributes:
        points: None when not played or unknown.
        line: The betting line; None when not played or when there was none.
        letter: ``O``, ``U``, ``DNP``, or ``-`` for a push or no line.
    """

    points: int | None
    line: float | None
    letter: str


def mark(row: GameRow) -> Mark:
    """Return the mark of a game."""
    if not_played(row):
        return Mark(None, None, DNP)
    return Mark(row.points, number(row.points_line), _LETTERS[outcome(row)])


class Record(NamedTuple):
    """Overs and unders among some games."""

    overs: int
    unders: int

    def __str__(self) -> str:
        return f"{self.overs}-{self.unders}"

    @property
    def decided(self) -> int:
        """Games that were one or the other."""
        return self.overs + self.unders


def record(letters: Sequence[str]) -> Record:
    """Count the overs and unders among result letters."""
    return Record(letters.count("O"), letters.count("U"))


class Sparkline:
    """The newest games before a date, newest first, did-not-play rows included.

    Attributes:
        record: Overs and unders against the line; results against the average never count.
        results: Each game's letter against its line or, where there was none, against the season average.
        basis: What each result is against: ``line``, ``season_avg``, or None where there is nothing to compare, so
            that the two are never confused.
        versus_average: Each game's letter against the season average; None when that is unknown, or without games.
    """

    def __init__(self, marks: Sequence[Mark], season_ppg: Decimal | None) -> None:
        """Compare the games with the season average as known on the date."""
        self._points: list[int | None]
        self._lines: list[float | None]
        self.results: list[str]
        self._points, self._lines, self.results = map(list, zip(*marks, strict=True)) if marks else ([], [], [])
        self.record = record(self.results)
        self.versus_average: list[str] | None = None
        self.basis = [
            None if line is None or points is None else "line"
            for points, line in zip(self._points, self._lines, strict=True)
        ]
        if season_ppg is None or not marks:
            return
        average = tenths(season_ppg)
        self.versus_average = [
            DNP if letter == DNP else versus(points, average)
            for points, letter in zip(self._points, self.results, strict=True)
        ]
        if None in self._lines:
            for i, letter in enumerate(self.versus_average):
                if self._lines[i] is None and self._points[i] is not None:
                    self.results[i] = UNDECIDED if letter == "P" else letter
                    self.basis[i] = "season_avg"

    def fields(self) -> Json:
        """Return fields 18 to 23 of a player card; 22 and 23 only when the season average is known."""
        fields: Json = {
            "last_10_points": self._points,
            "last_10_lines": self._lines,
            "last_10_results": self.results,
            "last_10_record": str(self.record) if self.record.decided else None,
        }
        if self.versus_average is not None:
            fields["last_10_vs_avg"] = self.versus_average
            fields["last_10_avg_record"] = str(record(self.versus_average))
        return fields
