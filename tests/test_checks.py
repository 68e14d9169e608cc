"""The checks that people and a hosted service run: the targets of make, the matrix of Python versions, the workflow."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from pipeline.version import ROOT
from tests.support.commands import FakeCommands, need_command

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split()  # type: ignore[index]
VERSIONS = re.search(r"^PYTHONS \?= (.*)$", MAKEFILE, re.MULTILINE)[1].split()  # type: ignore[index]
MATRIX = str(ROOT / ".ci" / "matrix")


class TestHelp:
    def test_every_target_is_listed_once_with_its_purpose(self) -> None:
        need_command("make")
        shown = subprocess.run(
            ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
        ).stdout
        groups = {part.splitlines()[0]: part.splitlines()[1:] for part in shown.split("\n\n")[1:]}
        assert list(groups) == ["Set up", "Run", "Check", "Measure", "Release"]
        listed = [line.split()[1] for line in shown.splitlines() if line.startswith("  make ")]
        assert sorted(listed) == sorted(TARGETS)
        assert all(re.fullmatch(r"  make [a-z-]+ +[A-Z].*\.", line) for lines in groups.values() for line in lines)

    def test_targets_are_those_that_are_run(self) -> None:
        assert sorted(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)) == sorted(TARGETS)


class TestLint:
    def test_hooks_of_pre_commit_are_the_checks_of_make_lint(self) -> None:
        config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
        hooks = [hook["entry"].replace(" --force-exclude", "") for repo in config["repos"] for hook in repo["hooks"]]
        [recipe] = re.findall(r"^lint: .*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
        checks = [line.strip().replace("$(BIN)/", ".venv/bin/") for line in recipe.splitlines()]
        assert hooks == [check.removesuffix(" .") for check in checks]
        assert len(hooks) == 7

    def test_the_whole_run_and_the_matrix_lint(self) -> None:
        assert re.search(r"^test: .*\blint\b", MAKEFILE, re.MULTILINE)
        assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
        assert re.search(r"\blint unit\b", (ROOT / ".ci" / "matrix").read_text(encoding="utf-8"))


def test_what_is_left_out_of_the_unit_tests_is_there() -> None:
    need_command("make")
    # The matrix hands on that it leaves out less.
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    shown = subprocess.run(
        ["make", "--dry-run", "unit"], cwd=ROOT, env=plain, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    left_out = re.findall(r"--ignore=(\S+)", shown)
    assert {"tests/wire", "tests/soak", "tests/pipeline/verification/test_corruptions.py"} <= set(left_out)
    assert [name for name in left_out if not (ROOT / name).exists()] == []


class TestMatrix:
    """Python 3.96 to 3.99 are stand-ins: no machine has them."""

    @pytest.fixture
    def commands(self, tmp_path: Path) -> FakeCommands:
        made = FakeCommands(tmp_path / "bin")
        made.add("make", [("--no-print-directory --keep-going VENV=.venv-3.98", 2, "1 failed\n")])
        return made

    def run(self, commands: FakeCommands, *versions: str) -> tuple[int, list[str]]:
        done = commands.run("sh", MATRIX, *versions, MAKE="make")
        return done.returncode, done.stdout.splitlines()

    def test_each_version_is_checked_in_an_environment_of_its_own(self, commands: FakeCommands) -> None:
        for version in ("3.96", "3.97"):
            commands.add(f"python{version}")
        code, lines = self.run(commands, "3.96", "3.97")
        assert code == 0
        assert lines[-2:] == ["matrix: passed on Python: 3.96 3.97; failed on: none", "left out: nothing"]
        assert [call for call in commands.calls if call[0] == "make"] == [
            [
                "make",
                "--no-print-directory",
                "--keep-going",
                f"VENV=.venv-{version}",
                f"PYTHON=python{version}",
                "LONG=",
                "lint",
                "unit",
            ]
            for version in ("3.96", "3.97")
        ]

    def test_what_is_absent_is_named_and_does_not_pass(self, commands: FakeCommands) -> None:
        commands.add("python3.96")
        commands.add("python3.97", [("", 127, "")])
        code, lines = self.run(commands, "3.96", "3.97", "3.99")
        assert code == 0
        assert lines[-3:] == [
            "matrix: passed on Python: 3.96; failed on: none",
            "left out: Python 3.97: python3.97 is not on PATH or does not start; install it",
            "left out: Python 3.99: python3.99 is not on PATH or does not start; install it",
        ]

    def test_one_failure_fails_it_after_all_have_run(self, commands: FakeCommands) -> None:
        for version in ("3.97", "3.98", "3.99"):
            commands.add(f"python{version}")
        code, lines = self.run(commands, "3.97", "3.98", "3.99")
        assert code == 1
        assert lines[-2:] == ["matrix: passed on Python: 3.97 3.99; failed on: 3.98", "left out: nothing"]

    def test_without_any_version_it_fails(self, commands: FakeCommands) -> None:
        assert self.run(commands, "3.99")[0] == 1


class TestWorkflow:
    WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))

    def test_every_supported_version_is_checked(self) -> None:
        jobs = self.WORKFLOW["jobs"]
        [whole] = [step["with"]["python-version"] for step in jobs["run"]["steps"] if "with" in step]
        others = jobs["matrix"]["strategy"]["matrix"]["python"]
        assert whole == "3.11", "the emulators need it"
        assert sorted([whole, *others]) == sorted(VERSIONS)

    def test_it_runs_what_people_run(self) -> None:
        commands = [step["run"] for job in self.WORKFLOW["jobs"].values() for step in job["steps"] if "run" in step]
        assert commands == [".ci/run", "make matrix PYTHONS=${{ matrix.python }}"]
        assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
