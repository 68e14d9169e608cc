"""Fixtures of all tests."""

from __future__ import annotations

import fcntl
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.dealing import dealt
from tests.support.eager import ENGINES, runs_graphs, use_engine
from tests.support.left_out import pytest_sessionfinish
from tests.support.reflection import keep_what_beam_finds
from tests.support.warehouses import League

__all__ = ["league", "pytest_sessionfinish"]

# A busy machine is no failure, and what lands must not depend on luck; elsewhere, chance goes on looking.
settings.register_profile("project", max_examples=40, deadline=None, derandomize="CI" in os.environ)
settings.load_profile("project")

FIRST_DATE, TODAY = date(2025, 12, 20), date(2026, 2, 3)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--engine``."""
    help_text = "what runs the graphs of tests; with another one than local, only tests that run graphs are run"
    parser.addoption("--engine", choices=ENGINES, default=ENGINES[0], help=help_text)


def pytest_configure(config: pytest.Config) -> None:
    """Use the engine that the option names, and spare each graph what Beam knows from the last one."""
    keep_what_beam_finds()
    use_engine(config.getoption("--engine"))


# The order of parametrized fixtures comes first.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what another engine makes no difference to, and deal the rest to the workers of the run."""
    here = Path(__file__).parent
    if config.getoption("--engine") != ENGINES[0]:
        chosen = [item for item in items if here / "engines" in item.path.parents or runs_graphs(item.module)]  # type: ignore[attr-defined]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen
    if (workers := getattr(config, "workerinput", {}).get("workercount", 1)) > 1:
        items[:] = dealt(items, workers, lambda item: item.path.relative_to(here).parts[0])


def generate_league(root: Path) -> League:
    """Generate the small demo league in a folder."""
    from demo.generate import generate
    from demo.options import DemoOptions

    generate(DemoOptions(output=root, seasons=1, players=60, first_date=FIRST_DATE, last_date=TODAY))
    return League(root, TODAY)


@pytest.fixture(scope="session")
def league(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> League:
    """The small demo league, generated once and shared by all workers of a session."""
    own: Path = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    with open(shared / "league.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return generate_league(shared / "league" / "warehouse")
