"""The score and the rationale of a best bet (contract: picks-and-results §2.3, §2.5)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from exporters.bets.best_bets import Candidate, rationale, score
from exporters.config import BestBetRules
from exporters.league.forecasts.grades import PickRecord

RULES = BestBetRules()


def candidate(**values: Any) -> Candidate:
    given: dict[str, Any] = {
        "points": Decimal(20),
        "line": Decimal(20),
        "side": "OVER",
        "confidence": Decimal(70),
        "line_source": None,
        "alert_level": "green",
        "quality": None,
        "defaults": None,
    }
    return Candidate(**{**given, **values})


class TestScore:
    """Contract §2.3."""

    def test_the_worked_numbers(self) -> None:
        """Contract B13: three digits, from the unrounded value."""
        found = candidate(points=Decimal("10.0"), line=Decimal("15.5"), confidence=Decimal(90))
        assert score(found, PickRecord(161, 200), RULES) == Fraction(108675, 100000)

    @pytest.mark.parametrize(
        ("correct", "wrong", "factor"), [(0, 0, "0.85"), (0, 4, "0.85"), (4, 1, "0.8"), (0, 5, "0")]
    )
    def test_the_player_s_own_accuracy_counts_from_five_picks(self, correct: int, wrong: int, factor: str) -> None:
        assert score(candidate(), PickRecord(correct, correct + wrong), RULES) == Fraction("0.7") * Fraction(factor)


class TestRationale:
    """Contract §2.5."""

    @staticmethod
    def lines(correct: int = 0, decided: int = 0, fatigue: int | None = None, **values: Any) -> list[str]:
        return rationale(candidate(**values), PickRecord(correct, decided), fatigue, RULES)

    @pytest.mark.parametrize(
        ("edge", "label"),
        [(0, "Value pick: "), (3, "Strong pick: "), (5, "Premium pick: ")],
    )
    def test_starts_with_the_tier(self, edge: int, label: str) -> None:
        assert self.lines(points=Decimal(20 + edge))[0].startswith(label)

    def test_the_hit_rates_are_those_of_the_configuration(self) -> None:
        """Contract B1."""
        for tier in RULES.tiers:
            assert tier.hit_rate in self.lines(points=Decimal(20) + tier.min_edge)[0]

    @pytest.mark.parametrize(
        ("confidence", "line"),
        [
            ("90", "High confidence (90%)"),
            ("89.99", "Good confidence (90%)"),
            ("80", "Good confidence (80%)"),
            ("92.5", "High confidence (93%)"),
            ("79.99", None),
        ],
    )
    def test_confidence_is_inclusive_and_rounded_away(self, confidence: str, line: str | None) -> None:
        """Contract B17."""
        found = [text for text in self.lines(confidence=Decimal(confidence)) if " confidence (" in text]
        assert found == ([] if line is None else [line])

    @pytest.mark.parametrize(
        ("edge", "line"),
        [
            ("7.3", "Strong edge (7.3 points)"),
            ("5", "Strong edge (5.0 points)"),
            ("4.9", "Solid edge (4.9 points)"),
            ("4", "Solid edge (4.0 points)"),
            ("3.9", "Moderate edge (3.9 points)"),
            ("2", "Moderate edge (2.0 points)"),
            ("1.9", None),
        ],
    )
    def test_edge(self, edge: str, line: str | None) -> None:
        found = [text for text in self.lines(points=Decimal(20) + Decimal(edge)) if " edge (" in text]
        assert found == ([] if line is None else [line])

    @pytest.mark.parametrize(
        ("points", "label"),
        [("0.1", "Bench player"), ("11.9", "Bench player"), ("12", "Rotation player"), ("17.9", "Rotation player")],
    )
    def test_role(self, points: str, label: str) -> None:
        assert self.lines(points=Decimal(points), line=Decimal(points))[1].startswith(label)

    @pytest.mark.parametrize("points", ["0", "18", "24.9"])
    def test_no_role(self, points: str) -> None:
        assert not any(" player (" in text for text in self.lines(points=Decimal(points)))

    @pytest.mark.parametrize(
        ("correct", "decided", "line"),
        [
            (4, 5, "Strong track record (80% accuracy, 5 games)"),
            (161, 200, "Strong track record (81% accuracy, 200 games)"),
            (7, 10, "Good track record (70% accuracy, 10 games)"),
            (79, 100, "Good track record (79% accuracy, 100 games)"),
            (4, 4, None),
            (69, 100, None),
            (0, 0, None),
        ],
    )
    def test_track_record(self, correct: int, decided: int, line: str | None) -> None:
        found = [text for text in self.lines(correct, decided) if " track record (" in text]
        assert found == ([] if line is None else [line])

    @pytest.mark.parametrize(
        ("fatigue", "line"),
        [
            (95, "Well-rested (fatigue: 95)"),
            (74, "Elevated fatigue (fatigue: 74)"),
            (75, None),
            (94, None),
            (None, None),
        ],
    )
    def test_fatigue(self, fatigue: int | None, line: str | None) -> None:
        found = [text for text in self.lines(fatigue=fatigue) if "fatigue:" in text]
        assert found == ([] if line is None else [line])

    def test_has_at_least_two_lines(self) -> None:
        assert self.lines()[1:] == ["Meets every criterion of the selection"]
        assert len(self.lines(confidence=Decimal(85))) == 2

    def test_keeps_its_order(self) -> None:
        made = self.lines(8, 10, 99, points=Decimal(11), line=Decimal(16), confidence=Decimal(95))
        assert [text.split(" (")[0].split(":")[0] for text in made] == [
            "Premium pick",
            "High confidence",
            "Strong edge",
            "Bench player",
            "Strong track record",
            "Well-rested",
        ]
