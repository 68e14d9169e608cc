"""The graph of several leagues: the steps of each, below its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from exporters.config.leagues import NBA
from pipeline.planning.graph import LeagueRun, build_together
from tests.support.eager import pipeline
from tests.support.plans import plan_of
from tests.support.steps import steps_of
from tests.support.stores import ForbiddenStore
from tests.support.warehouses import ForbiddenWarehouse
from transforms.elements.plan import Plan

PLAN = plan_of("tonight", "streaks", first=date(2026, 1, 15))
OTHER = replace(PLAN, league=replace(NBA, name="wnba"))


def labels(*plans: Plan) -> list[str]:
    root = pipeline()
    runs = [LeagueRun(plan, ForbiddenWarehouse(), ForbiddenStore(), "out") for plan in plans]
    build_together(root, runs)
    return [node.full_label for node in steps_of(root, "pipeline", "transforms")]


def test_the_steps_of_one_league_have_no_prefix_whichever_it_is() -> None:
    assert "ScanTables" in labels(PLAN)
    assert labels(OTHER) == labels(PLAN)


def test_the_steps_of_several_are_those_of_each_below_its_name() -> None:
    alone = labels(PLAN)
    expected = [name for league in ("nba", "wnba") for name in (league, *(f"{league}/{label}" for label in alone))]
    assert labels(PLAN, OTHER) == expected
