"""The gate of a build, with the very script that the build runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.version import ROOT, current_build
from tests.support.commands import FakeCommands

GATE = ROOT / "deploy" / "gate.sh"


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A folder with ``main.py`` beside nothing else, as in the image."""
    shutil.copy(ROOT / "pipeline" / "main.py", tmp_path)
    return tmp_path


def run(folder: Path, commit: str, *, script: Path = GATE, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the gate with this checkout in place of the image."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", str(script), commit],
        cwd=folder,
        env={**os.environ, "PATH": path, "MAIN": str(folder / "main.py"), "TMPDIR": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_game_night_is_exported_and_verified(gate: Path) -> None:
    done = run(gate, current_build().commit)
    assert done.returncode == 0, done.stdout + done.stderr
    counted = [line for line in done.stdout.splitlines() if line.startswith("gate: ") and line.endswith(" documents")]
    assert int(counted[0].split()[1]) > 50
    assert "objects checked" in done.stdout
    assert done.stdout.splitlines()[-1] == "gate: passed"
    # What it made is removed again.
    assert [path.name for path in gate.iterdir() if path.is_dir()] == []


def test_a_night_without_games_is_no_proof(gate: Path) -> None:
    done = run(gate, current_build().commit, NIGHT="2026-02-10")
    assert done.returncode == 1
    assert "gate: no document of tonight-players" in done.stderr
    assert "passed" not in done.stdout


def test_documents_of_another_commit_are_no_proof(tmp_path: Path) -> None:
    commands = FakeCommands(tmp_path / "bin")
    commands.add("python", [("-m demo.tonight", 0, "2026-02-11T17:00:00Z\n")])
    commands.add("phase6")
    done = commands.run("sh", str(GATE), "0123456789ab")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "gate: 2026-02-11 was not published by commit 0123456789ab"
    assert [call[1] for call in commands.calls if call[0] == "phase6"] == ["verify"]


def test_a_finding_of_verify_fails_the_build(gate: Path) -> None:
    script, verify = GATE.read_text(encoding="utf-8"), "phase6 verify"
    assert script.count(verify) == 1
    broken = 'echo "{}" >"$work/out/predictions/$night.json"\n'
    (gate / "gate.sh").write_text(script.replace(verify, broken + verify))
    done = run(gate, current_build().commit, script=gate / "gate.sh")
    assert done.returncode == 1
    assert "predictions/2026-02-11.json" in done.stdout + done.stderr
    assert "passed" not in done.stdout
