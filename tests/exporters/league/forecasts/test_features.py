from __future__ import annotations

import math

import pytest

from exporters.league.forecasts.features import BACK_TO_BACK, SEASON_AVERAGE, feature, select_features
from tests.support.rows import feature_row

NAMES = tuple(f"f{n}" for n in range(16))
VECTOR = tuple(float(n) for n in range(33))


class TestFeature:
    def test_is_looked_up_by_name(self) -> None:
        row = feature_row(features=(1.0, 21.5, 0.0), feature_names=("x", SEASON_AVERAGE, BACK_TO_BACK))
        assert feature(row, SEASON_AVERAGE) == 21.5
        assert feature(row, BACK_TO_BACK) == 0.0

    def test_is_at_its_position_where_nothing_is_named(self) -> None:
        row = feature_row(features=VECTOR, feature_names=())
        assert (feature(row, SEASON_AVERAGE), feature(row, BACK_TO_BACK)) == (2.0, 16.0)

    def test_is_unknown_where_other_elements_are_named(self) -> None:
        assert feature(feature_row(features=VECTOR, feature_names=NAMES), SEASON_AVERAGE) is None

    @pytest.mark.parametrize("length", [0, 1, 2])
    @pytest.mark.parametrize("names", [(), ("a", "b", SEASON_AVERAGE)])
    def test_is_unknown_in_a_short_vector(self, length: int, names: tuple[str, ...]) -> None:
        assert feature(feature_row(features=VECTOR[:length], feature_names=names), SEASON_AVERAGE) is None

    def test_is_unknown_without_a_vector(self) -> None:
        assert feature(None, SEASON_AVERAGE) is None

    @pytest.mark.parametrize("value", [math.nan, math.inf])
    def test_is_unknown_when_it_is_no_number(self, value: float) -> None:
        assert feature(feature_row(features=(0.0, 0.0, value)), SEASON_AVERAGE) is None


class TestSelectFeatures:
    def test_takes_the_newest_row(self) -> None:
        old = feature_row(created_at="2025-01-15T10:00:00Z", updated_at=None, feature_version="v9")
        new = feature_row(created_at="2025-01-15T08:00:00Z", updated_at="2025-01-15T11:00:00Z", feature_version="v1")
        assert select_features([old, new]) == select_features([new, old]) == new

    def test_of_equally_new_rows_takes_the_greatest_version(self) -> None:
        rows = [feature_row(feature_version=version) for version in ("v1_25features", "v2_33features")]
        assert select_features(rows) == rows[1]

    def test_finds_nothing_in_nothing(self) -> None:
        assert select_features([]) is None
