from __future__ import annotations

from dataclasses import replace

import pytest

from exporters.config import ExportConfig
from exporters.league.subsets.public_names import CHAMPION, SUBSETS, PublicModel, public_model

CONFIG = ExportConfig()


def test_the_champion_is_configured() -> None:
    assert public_model(CONFIG.champion_system_id, CONFIG) == CHAMPION
    assert public_model(None, CONFIG) == CHAMPION, "rows that predate the column"
    other = next(iter(CONFIG.codenames))
    assert public_model(other, replace(CONFIG, champion_system_id=other)) == CHAMPION


def test_a_former_champion_has_no_public_name() -> None:
    assert public_model(CONFIG.champion_system_id, replace(CONFIG, champion_system_id="next")) is None


def test_two_models_are_never_both_the_champion() -> None:
    config = replace(CONFIG, codenames={"pretender": CHAMPION.model_id})
    assert public_model("pretender", config) is None


def test_every_configured_model_has_its_own_codename() -> None:
    named = [public_model(system, CONFIG) for system in (CONFIG.champion_system_id, *CONFIG.codenames)]
    assert [model.model_id for model in named if model] == [
        "phoenix",
        "aurora",
        "summit",
        "phoenix-b",
        "atlas",
        "echo",
        "drift",
        "flint",
    ]


@pytest.mark.parametrize("system_id", ["", "somebody", "CATBOOST", "phoenix"])
def test_other_models_are_not_named(system_id: str) -> None:
    assert public_model(system_id, CONFIG) is None


def test_three_models_are_displayed() -> None:
    models = [model for system in CONFIG.codenames if (model := public_model(system, CONFIG))]
    displayed = [CHAMPION, *(model for model in models if model.is_displayed)]
    assert [(model.model_id, model.name, model.type, model.description) for model in displayed] == [
        ("phoenix", "Phoenix", "primary", "Our primary prediction engine"),
        ("aurora", "Aurora", "specialist", "Specialist engine with a different approach"),
        ("summit", "Summit", "specialist", "Conservative specialist engine"),
    ]


def test_a_model_without_a_display_entry_goes_by_its_codename() -> None:
    config = replace(CONFIG, codenames={"some_system": "comet"})
    assert public_model("some_system", config) == PublicModel("comet", "comet", "unknown", "")


def test_the_champion_comes_first_and_the_others_by_codename() -> None:
    models = [model for system in (*CONFIG.codenames, None) if (model := public_model(system, CONFIG))]
    assert [model.model_id for model in sorted(models, key=lambda model: model.order)] == [
        "phoenix",
        "atlas",
        "aurora",
        "drift",
        "echo",
        "flint",
        "phoenix-b",
        "summit",
    ]


def test_thirteen_subsets_are_named_in_order() -> None:
    ordered = sorted(SUBSETS.values(), key=lambda subset: subset.order)
    assert [subset.id for subset in ordered] == [str(n) for n in range(1, 14)]
    assert [subset.name for subset in ordered] == [
        "Top Pick",
        "Top 3",
        "Top 5",
        "High Edge OVER",
        "High Edge All",
        "Ultra High Edge",
        "Green Light",
        "All Picks",
        "UNDER Top 3",
        "UNDER All",
        "Q43 All Picks",
        "Q45 UNDER Top 3",
        "Q45 All Picks",
    ]
    assert [subset.description for subset in ordered] == [
        "Single best pick",
        "Top 3 picks",
        "Top 5 picks",
        "High-edge OVER picks",
        "All high-edge picks",
        "Highest edge picks",
        "Picks in favorable conditions",
        "All qualifying picks",
        "Top 3 UNDER picks",
        "All UNDER picks",
        "All picks from this engine",
        "Top 3 UNDER picks",
        "All picks from this engine",
    ]
    assert [subset.model_id for subset in ordered] == ["phoenix"] * 8 + ["aurora"] * 3 + ["summit"] * 2
