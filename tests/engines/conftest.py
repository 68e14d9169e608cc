"""The engines and runs that tests of this folder compare; ``make test-engines`` runs them, ``make test`` does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from demo.live_feed import live_feed
from tests.end_to_end.command_line import run_python
from tests.support.engine_runs import (
    EMBEDDED,
    LOCAL,
    NIGHT,
    Case,
    Engine,
    as_it_is,
    below_a_file,
    prism,
    with_manifests_in_the_way,
)
from tests.support.job_server import JobServer, job_server
from tests.support.prism import prism_binary
from tests.support.warehouses import League
from tests.support.wheel import build_wheel, install_wheel
from tests.support.worker_pool import WorkerPool, worker_pool
from tests.wire.conftest import bigquery, gcs_url, league_project

__all__ = ["bigquery", "gcs_url", "league_project"]

_CARD = Path("nba_predictions", "player_prop_predictions")


@pytest.fixture(scope="session")
def wheel_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the wheel, and is not the checkout's."""
    prism_binary()
    folder = tmp_path_factory.mktemp("wheel")
    return install_wheel(build_wheel(folder), folder / "environment")


@pytest.fixture
def pool(wheel_python: Path, tmp_path: Path) -> Iterator[WorkerPool]:
    """A pool of workers that holds the wheel."""
    folder = tmp_path / "pool"
    folder.mkdir()
    with worker_pool(wheel_python, folder) as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobServer]:
    """A job server of Beam, in a process of its own."""
    with job_server(tmp_path_factory.mktemp("job_server")) as found:
        yield found


def options_of(name: str, request: pytest.FixtureRequest) -> Engine:
    """Return the options of an engine."""
    if name == "embedded":
        return EMBEDDED
    if name == "job server":
        served: JobServer = request.getfixturevalue("server")
        return served.options
    if name == "prism":
        return prism()
    found: WorkerPool = request.getfixturevalue("pool")
    return (*prism(), *found.options)


@pytest.fixture(params=["prism", "prism with the wheel"])
def on_prism(request: pytest.FixtureRequest) -> Engine:
    """Prism, whose workers are threads of the client, and then processes of a pool."""
    return options_of(request.param, request)


@pytest.fixture(params=["prism", "prism with the wheel", "embedded", "job server"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Every engine that can be had here."""
    return options_of(request.param, request)


@pytest.fixture(scope="session")
def cases(league: League, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Case]:
    """Return what makes a case by its name, once."""
    folder = tmp_path_factory.mktemp("cases")
    broken, feed = folder / "warehouse", folder / "live-feed.json"
    shutil.copytree(league.root, broken)
    [*_, file] = sorted((broken / _CARD).rglob("*.parquet"))
    file.write_bytes(b"PAR1 no table PAR1")
    feed.write_text(json.dumps(live_feed(league.root, minutes=90)))
    evening = ("--export_types=live,live-grading", "--target_date=today", "--generated_at=2026-02-04T01:30:00Z")
    weeks = ("--export_types=tonight-all", "--start_date=2026-01-07", "--end_date=today")
    week = ("--export_types=all", "--start_date=2026-01-28", "--end_date=today", "--validate")

    @cache
    def make(name: str) -> Case:
        warehouse, flags, prepare = {
            "a night": (league, NIGHT, as_it_is),
            "a week": (league, (*week, "--json"), as_it_is),
            "four weeks": (league, (*weeks, "--json"), as_it_is),
            "live grading": (league, (*evening, f"--live_feed={feed}", "--json"), as_it_is),
            "withheld": (league, (*NIGHT, "--min_context_rows=1000"), as_it_is),
            # Unchecked, as a file that breaks between the check and the read.
            "broken table": (broken, (*NIGHT, "--skip_preflight"), as_it_is),
            "below a file": (league, NIGHT, below_a_file),
            "half way": (league, NIGHT, with_manifests_in_the_way),
        }[name]
        output = prepare(folder / name.replace(" ", "-") / "out")
        return Case(warehouse, flags, prepare, output, run_python(warehouse, output, *flags, *LOCAL))

    return make
