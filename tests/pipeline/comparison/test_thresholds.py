from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest

from pipeline.comparison.change import Change, Comparison, Kind
from pipeline.comparison.thresholds import THRESHOLD_PATTERN, exceeded, parse_thresholds

DAY, OTHER_DAY = date(2026, 2, 11), date(2026, 2, 10)


def lost(players: int, day: date | None = DAY, kind: Kind = Kind.PLAYERS_LOST, amount: float = 0.0) -> list[Change]:
    return [Change(kind, "tonight", day, "tonight/x.json", f"player{n}", amount=amount) for n in range(players)]


def comparison(changes: list[Change], **sizes: int) -> Comparison:
    return Comparison(changes=changes, sizes={("tonight", day): Counter(sizes) for day in (DAY, OTHER_DAY, None)})


def over(text: str, found: Comparison) -> list[str]:
    return exceeded(found, parse_thresholds(text))


def test_a_limit_is_still_allowed_and_one_more_is_not() -> None:
    assert over("players_lost:3", comparison(lost(3))) == []
    assert over("players_lost:3", comparison(lost(4))) == ["4 players lost, and 3 are allowed"]
    assert over("players_lost", comparison(lost(1))) == ["1 players lost, and 0 are allowed"]


def test_a_share_is_of_one_type_and_date() -> None:
    """A tenth of two dates together, and a fifth of one of them."""
    found = comparison(lost(20), players=100)
    assert over("players_lost:20%", found) == []
    assert over("players_lost:19.9%", found) == ["tonight 2026-02-11: 20 players lost of 100, and 19.9 % are allowed"]


def test_everything_is_too_much_where_there_was_nothing() -> None:
    assert over("players_gained:100%", comparison(lost(1, kind=Kind.PLAYERS_GAINED)))


def test_other_kinds_do_not_count() -> None:
    assert over("picks_dropped,picks_flipped", comparison(lost(9))) == []
    assert len(over("picks_dropped,players_lost,players_lost:50%", comparison(lost(9), players=10))) == 2


def test_the_forecast_that_changed_most_counts() -> None:
    found = comparison([*lost(1, amount=0.5), *lost(1, amount=2.6), *lost(1, None, amount=1.0)])
    assert over("prediction_change:2.6", found) == []
    assert over("prediction_change:2.5", found) == [
        "tonight 2026-02-11: a forecast changed by 2.6 points, and 2.5 are allowed"
    ]


def test_any_difference_and_none_at_all() -> None:
    assert over("any", comparison([])) == []
    assert over("any", comparison(lost(2))) == ["2 differences"]
    assert over("never", comparison(lost(2, kind=Kind.DOCUMENTS_UNREADABLE))) == []


def test_a_document_that_cannot_be_read_is_within_no_other_threshold() -> None:
    found = comparison(lost(1, kind=Kind.DOCUMENTS_UNREADABLE))
    assert over("picks_dropped:5", found) == ["1 documents unreadable"]
    assert over("documents_unreadable:1", found) == []


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("any", True),
        ("never", True),
        ("picks_dropped", True),
        ("picks_dropped:0", True),
        ("picks_dropped:12.5%", True),
        ("prediction_change:2.5", True),
        ("prediction_change:2.5%", False),
        ("any:1", False),
        ("picks_dropped:", False),
        ("picks_dropped:-1", False),
        ("picks_lost", False),
        ("", False),
    ],
)
def test_texts_of_thresholds(text: str, is_right: bool) -> None:
    assert bool(re.fullmatch(THRESHOLD_PATTERN, text)) is is_right
