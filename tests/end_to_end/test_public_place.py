"""What readers of the API can see says nothing about how it is made."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from jsonschema_rs import Draft202012Validator

from exporters.document_schemas import status_schema
from exporters.registry import exports
from exporters.warehouse.tables import CONTEXT, PREDICTIONS, TABLES
from pipeline.execution.in_process import run_in_process
from tests.support.matchers import contents, json_of
from tests.support.plans import EASY, plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League, find_row, with_value
from transforms.stores.control import ControlledStore

MODEL = re.compile(r"\b(?:catboost|xgboost|lightgbm|ensemble|moving_average|zone_matchup|similarity)[a-z_]*_v?[0-9]+\b")


@pytest.fixture(scope="module")
def night(league: League) -> ControlledStore:
    """The night with a row that fails a player's documents, so that there is something to hide."""
    context = league.rows(CONTEXT)
    at = find_row(context, game_date=league.today)
    broken = league.changed({CONTEXT: with_value(context, at, team_abbr=None)})
    store = ControlledStore(MemoryStore(), MemoryStore())
    run_in_process(plan_of(*exports(), first=league.today), broken, store)
    return store


@pytest.fixture(scope="module")
def public(night: ControlledStore) -> dict[str, str]:
    found = {path: held.decode() for path, held in contents(night.public).items()}
    return {path: text for path, text in found.items() if not path.startswith("schemas/")}


def test_there_is_something_to_hide(night: ControlledStore) -> None:
    private = b"\n".join(contents(night.control).values()).decode()
    assert PREDICTIONS.name in private
    assert EASY.champion_system_id in private


def test_no_table_is_named(public: dict[str, str]) -> None:
    names = [name for table in TABLES for name in (table.name, table.name.partition(".")[2])]
    assert {(path, name) for path, text in public.items() for name in names if name in text} == set()


def test_no_model_is_named_but_by_its_public_name(league: League, public: dict[str, str]) -> None:
    systems = set(league.rows(PREDICTIONS).column("system_id").to_pylist()) | {EASY.champion_system_id}
    assert {(path, name) for path, text in public.items() for name in systems if name in text} == set()
    assert {(path, found) for path, text in public.items() for found in MODEL.findall(text)} == set()


def test_no_place_no_host_and_no_stack_is_named(league: League, public: dict[str, str]) -> None:
    hidden = ("Traceback", 'File "', str(league.root), str(Path.cwd()), socket.gethostname(), "gs://", "Error:")
    assert {(path, name) for path, text in public.items() for name in hidden if name and name in text} == set()


def test_status_tells_every_type_that_was_exported(night: ControlledStore) -> None:
    status = json_of(night, "status.json")
    assert set(status["exports"]) == set(exports())
    validator = Draft202012Validator(status_schema(), validate_formats=True)
    assert [str(error) for error in validator.iter_errors(status)] == []
    assert {entry["date"] for entry in status["exports"].values()} == set(status["dates"])
