"""The games that documents show: as the arrays of a card, and as serialised entries of a player's form."""

from __future__ import annotations

from typing import Any

import orjson
import polars as pl

Json = dict[str, Any]


def tenth(value: int | None) -> float | None:
    """Return integer tenths as a JSON number."""
    return None if value is None else value / 10


def versus_average(points: int | None, average: int) -> str:
    """Return ``O``, ``U`` or ``P`` for points over, under or equal to an average; ``-`` for unknown ones."""
    if points is None:
        return "-"
    return "P" if 10 * points == average else "O" if 10 * points > average else "U"


class Marks:
    """The last ten games of a player as the arrays of a card."""

    def __init__(
        self, points: list[int | None], lines: list[float | None], letters: list[str], average: int | None
    ) -> None:
        self.overs, self.unders = letters.count("O"), letters.count("U")
        results, versus = letters, None
        self.basis = [
            None if line is None or point is None else "line" for line, point in zip(lines, points, strict=True)
        ]
        if average is not None and letters:
            versus = [
                "DNP" if letter == "DNP" else versus_average(point, average)
                for letter, point in zip(letters, points, strict=True)
            ]
            for i, (line, point) in enumerate(zip(lines, points, strict=True)):
                if line is None and point is not None:
                    results[i] = "-" if versus[i] == "P" else versus[i]
                    self.basis[i] = "season_avg"
        decided = self.overs + self.unders
        self.fields: Json = {
            "last_10_points": points,
            "last_10_lines": lines,
            "last_10_results": results,
            "last_10_record": f"{self.overs}-{self.unders}" if decided else None,
        }
        if versus is not None:
            self.fields["last_10_vs_avg"] = versus
            self.fields["last_10_avg_record"] = f"{versus.count('O')}-{versus.count('U')}"


class Games:
    """Box scores by place; a game is serialised once, however many nights show it."""

    def __init__(self, games: pl.DataFrame) -> None:
        missed = pl.col("missed")
        outcome = pl.when(pl.col("margin") > 0).then(pl.lit("OVER")).when(pl.col("margin") < 0).then(pl.lit("UNDER"))
        letter = pl.when(pl.col("margin") > 0).then(pl.lit("O")).when(pl.col("margin") < 0).then(pl.lit("U"))
        shown = games.select(
            points=pl.when(~missed).then("points"),
            mark=pl.when(~missed).then("line"),
            letter=pl.when(missed).then(pl.lit("DNP")).otherwise(letter.otherwise(pl.lit("-"))),
        )
        self._points, self._letters = shown["points"].to_list(), shown["letter"].to_list()
        # Polars divides by a constant as it multiplies by its inverse, which is off in the last digit.
        self._lines = [tenth(line) for line in shown["mark"].to_list()]
        shots = {
            name: pl.when(~missed & (pl.col(f"{kind}_attempts") > 0)).then(
                pl.format("{}/{}", f"{kind}_makes", f"{kind}_attempts")
            )
            for kind, name in (("fg", "fg"), ("three_pt", "three"), ("ft", "ft"))
        }
        self._entries = games.select(
            game_date=pl.col("game_date").dt.to_string(),
            opponent="opponent_team_abbr",
            home_game="at_home",
            is_dnp="missed",
            points=pl.when(~missed).then("points"),
            minutes=pl.when(~missed).then("minutes"),
            **shots,
            over_under=pl.when(missed).then(pl.lit("DNP")).otherwise(outcome),
            line="line",
            margin="margin",
        )
        self._written: dict[int, bytes] = {}

    def marks(self, at: int | None, count: int, average: int | None) -> Marks:
        """Return the arrays of the newest games up to a place, newest first."""
        if at is None:
            return Marks([], [], [], average)
        span = slice(at - count + 1, at + 1)
        return Marks(self._points[span][::-1], self._lines[span][::-1], self._letters[span][::-1], average)

    def form(self, at: int | None, count: int, average: int | None) -> Any:
        """Return the newest games up to a place as serialised JSON, at the depth where a document has them."""
        if at is None or not count:
            return []
        parts = []
        for place in range(at, at - count, -1):
            entry = self._written.get(place)
            if entry is None:
                value = self._entries.row(place, named=True)
                for name in ("minutes", "line", "margin"):
                    value[name] = tenth(value[name])
                entry = orjson.dumps(value, option=orjson.OPT_INDENT_2)[:-2].replace(b"\n", b"\n    ")
                self._written[place] = entry
            if self._letters[place] == "DNP":
                parts.append(entry + b',\n      "vs_avg": "DNP"\n    }')
            elif average is None:
                parts.append(entry + b"\n    }")
            else:
                versus = versus_average(self._points[place], average).encode()
                parts.append(entry + b',\n      "vs_avg": "' + versus + b'"\n    }')
        return orjson.Fragment(b"[\n    " + b",\n    ".join(parts) + b"\n  ]")
