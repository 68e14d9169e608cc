"""The package as it is released: built, and installed with the locked dependencies and nothing else.

A dependency or a module that is missing fails here. What the image adds to that is in test_image.py.
"""

from __future__ import annotations

import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from pipeline.version import ROOT
from tests.end_to_end.command_line import arguments_of, run_main
from tests.support.matchers import assert_same_objects, documents
from tests.support.stores import published_in
from tests.support.warehouses import League
from tests.support.wheel import PACKAGES, UV, build_wheel, install_wheel, run

KINDS = (".py", ".json", ".html", ".css", ".js")
IMPORT_ALL = f"""
import importlib, pkgutil
for package in {PACKAGES}:
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{{package}}."):
        print(importlib.import_module(found.name).__file__)
"""


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a source distribution and with the wheel that was built from it."""
    return build_wheel(tmp_path_factory.mktemp("released")).parent


@pytest.fixture(scope="module")
def python(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the wheel and the locked dependencies."""
    [wheel] = released.glob("*.whl")
    return install_wheel(wheel, tmp_path_factory.mktemp("environment"))


def test_sources_and_wheel_hold_the_same(released: Path) -> None:
    [source], [wheel] = released.glob("*.tar.gz"), released.glob("*.whl")
    with tarfile.open(source) as archive:
        names = (name.partition("/")[2] for name in archive.getnames() if name.endswith(KINDS))
        sources = {name for name in names if name.startswith(tuple(f"{package}/" for package in PACKAGES))}
    with ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if ".dist-info/" not in name} == sources
    page = {f"transforms/status_page/page.{kind}" for kind in ("html", "css", "js")}
    assert {"exporters/tonight/streaks.schema.json", "pipeline/main.py", *page} <= sources


def test_dependencies_agree(python: Path) -> None:
    run(UV, "pip", "check", f"--python={python}", cwd=python.parent)


def test_every_module_is_there_and_finds_what_it_imports(python: Path, tmp_path: Path) -> None:
    imported = {Path(line) for line in run(python, "-I", "-c", IMPORT_ALL, cwd=tmp_path).splitlines()}
    wanted = {path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("[!_]*.py")}
    site = next(path for path in imported if path.name == "flex_launch.py").parents[2]
    assert site.is_relative_to(python.parents[1])
    assert wanted <= {path.relative_to(site) for path in imported}


def test_the_command_is_installed(python: Path, tmp_path: Path) -> None:
    command = python.with_name("phase6")
    assert "\n  export " in run(command, "--help", cwd=tmp_path)
    assert "--export_types=LIST" in run(command, "export", "--help", cwd=tmp_path)
    assert "_PHASE6_COMPLETE" in run(command, "completion", "zsh", cwd=tmp_path)


def test_a_night_runs_in_processes_of_its_own(python: Path, league: League, tmp_path: Path) -> None:
    night = ("--export_types=tonight-all", "--target_date=today")
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    processes = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
    run(python.with_name("phase6"), "export", *arguments_of(league, "out", *night, *processes), cwd=there)
    assert run_main(league, here, *night).code == 0
    assert_same_objects(documents(published_in(there / "out")), documents(published_in(here)))
