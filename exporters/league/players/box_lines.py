"""What documents show of one box score, beside its columns."""

from __future__ import annotations

from exporters.warehouse.league_rows import GameRow


def rebounds(row: GameRow) -> int | None:
    """Return the rebounds of both kinds; None when one of them is unknown."""
    if row.offensive_rebounds is None or row.defensive_rebounds is None:
        return None
    return row.offensive_rebounds + row.defensive_rebounds


def made_of(makes: int | None, attempts: int | None) -> str | None:
    """Return shots as ``makes/attempts``; None when either is unknown or there was none (contract B2-D9, P18)."""
    return None if makes is None or not attempts else f"{makes}/{attempts}"
