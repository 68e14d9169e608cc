from __future__ import annotations

from decimal import Decimal

import pytest

from exporters.league.arithmetic.facts import fact, kept


class Night:
    def __init__(self, day: int) -> None:
        self.day = day
        self.computed = 0

    @fact
    def season(self) -> int:
        """The season."""
        self.computed += 1
        return self.day // 100


def test_a_fact_is_computed_on_first_use_and_once() -> None:
    night = Night(2_512)
    assert night.computed == 0
    assert [night.season, night.season] == [25, 25]
    assert night.computed == 1


def test_a_fact_belongs_to_its_object() -> None:
    assert (Night(2_512).season, Night(2_601).season) == (25, 26)


def test_a_fact_that_is_none_is_kept_as_well() -> None:
    class Empty:
        computed = 0

        @fact
        def nothing(self) -> None:
            self.computed += 1

    empty = Empty()
    assert empty.nothing is empty.nothing is None
    assert empty.computed == 1


def test_a_fact_that_fails_is_computed_again() -> None:
    class Broken:
        tried = 0

        @fact
        def value(self) -> int:
            self.tried += 1
            if self.tried == 1:
                raise ValueError("once")
            return self.tried

    broken = Broken()
    with pytest.raises(ValueError, match="once"):
        assert broken.value
    assert broken.value == 2


def test_a_class_shows_the_documentation_of_its_facts() -> None:
    assert Night.season.__doc__ == "The season."


def test_results_are_kept_by_value() -> None:
    asked = []

    @kept
    def doubled(value: Decimal) -> Decimal:
        asked.append(value)
        return 2 * value

    assert [doubled(Decimal("1.5")), doubled(Decimal("1.50")), doubled(Decimal(2))] == [3, 3, 4]
    assert asked == [Decimal("1.5"), Decimal(2)]
