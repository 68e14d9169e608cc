"""The workers of a pool hold the wheel: where their modules come from, and that they find all of its files."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.end_to_end.command_line import ROOT, run_python
from tests.support.engine_runs import NIGHT, prism
from tests.support.warehouses import League
from tests.support.wheel import PACKAGES
from tests.support.worker_pool import WorkerPool, environment_of, worker_pool

LOCATIONS = f"import importlib; [print(importlib.import_module(name).__file__) for name in {PACKAGES}]"


def bytecode(python: Path) -> set[str]:
    """Return the modules of ours that a process of an environment has compiled."""
    [site] = python.parents[1].glob("lib/python*/site-packages")
    found = (path for package in PACKAGES for path in (site / package).rglob("__pycache__/*.pyc"))
    return {f"{path.parents[1].relative_to(site).as_posix()}/{path.name.partition('.')[0]}" for path in found}


def test_a_worker_imports_from_the_wheel(league: League, tmp_path: Path, pool: WorkerPool) -> None:
    environment = environment_of(pool.python)
    command = [pool.python, "-B", "-c", LOCATIONS]
    places = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    assert len(places) == len(PACKAGES)
    assert all(Path(place).is_relative_to(pool.python.parents[1]) for place in places), places
    assert not any(Path(place).is_relative_to(ROOT) for place in places)
    assert run_python(league, tmp_path / "out", *NIGHT, *prism(), *pool.options).code == 0
    # Nothing but workers runs in this environment: what is compiled there, they have imported from there.
    stages = {"transforms/stages/player_stage", "transforms/stages/date_stages", "exporters/tonight/streaks"}
    assert stages <= bytecode(pool.python)


def test_a_wheel_without_a_schema_fails_the_run(league: League, tmp_path: Path, wheel_python: Path) -> None:
    """The documents of a run come from the files of the wheel: without one of them there are none."""
    [site] = wheel_python.parents[1].glob("lib/python*/site-packages")
    schema = site / "exporters" / "tonight" / "streaks.schema.json"
    aside = schema.rename(schema.with_suffix(".aside"))
    folder = tmp_path / "pool"
    folder.mkdir()
    try:
        with worker_pool(wheel_python, folder) as pool:
            ended = run_python(league, tmp_path / "out", *NIGHT, "--validate", *prism(), *pool.options)
    finally:
        aside.rename(schema)
    assert ended.code == 1
    assert "streaks" in ended.out + ended.err
