from __future__ import annotations

import re

import numpy as np
import pytest

from demo.names import invent_names, lookup_of


@pytest.mark.parametrize(
    ("name", "lookup"),
    [
        ("Emre Şengülmez", "emresengulmez"),
        ("Łukasz Wieczorłowski", "lukaszwieczorlowski"),
        ("Søren Ødegårdsen", "sorenodegardsen"),
        ("Đorđe Stanković-Mrak", "dordestankovicmrak"),
        ("D'Angelo O'Marrick", "dangeloomarrick"),
        ("Kasper Caldwold Jr.", "kaspercaldwoldjr"),
        ("Roscoe Sedgedale III", "roscoesedgedaleiii"),
    ],
)
def test_a_lookup_folds_accents_and_keeps_the_suffix(name: str, lookup: str) -> None:
    assert lookup_of(name) == lookup


def test_lookups_are_distinct_and_safe_in_a_path() -> None:
    names = invent_names(np.random.default_rng(5), 4_810)
    lookups = [lookup_of(name) for name in names]
    assert len(set(lookups)) == len(names) == 4_810
    assert all(re.fullmatch("[a-z0-9]+", lookup) for lookup in lookups)
