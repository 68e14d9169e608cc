"""What each script would do, line by line: ``--dry_run`` is compared with what is written down in ``dry_run/``.

After a change that is meant, write them again: ``python -m tests.deploy.test_dry_run``.
"""

from __future__ import annotations

import re
import shlex
import sys
import tempfile
from pathlib import Path

import pytest

from pipeline.version import ROOT
from tests.deploy.places import PRIVATE, settled
from tests.support.commands import FakeCommands

EXPECTED = Path(__file__).with_name("dry_run")
CASES: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "iam": ("iam.sh", {}, {}),
    "iam-private": ("iam.sh", {}, {**PRIVATE, "LIVE_FEED_KEY": "env:FEED_KEY"}),
    "template": ("template.sh", {}, {}),
    "stream": ("stream.sh", {}, {}),
    "stream-private": ("stream.sh", {"UPDATE": "1"}, {**PRIVATE, "JOB_OPTIONS": "min_lost=5 min_context_rows=40"}),
    "stream-drain": ("stream.sh", {"DRAIN": "1"}, {}),
}
SCRIPTS = sorted(
    path.name for path in (ROOT / "deploy").glob("*.sh") if 'common.sh"\n' in path.read_text(encoding="utf-8")
)


def said(case: str, folder: Path) -> str:
    """Return what a script prints with ``--dry_run``, although ``EXECUTE=1`` is set; commits are placeholders."""
    script, environment, settings = CASES[case]
    commands = FakeCommands(folder / "bin")
    commands.add("gcloud")
    path = settled(folder, script, **settings) if settings else str(ROOT / "deploy" / script)
    done = commands.run("bash", path, "--dry_run", EXECUTE="1", PYTHON=sys.executable, TMPDIR="/tmp", **environment)
    assert done.returncode == 0, done.stderr
    assert commands.calls == []
    text = re.sub(r"\b[0-9a-f]{12}\b", "COMMIT", done.stdout)
    return re.sub(r"(lock=)[0-9a-f]{16}\b", r"\1LOCK", text)


@pytest.mark.parametrize("case", CASES)
def test_a_script_would_do_what_is_written_down(case: str, tmp_path: Path) -> None:
    assert said(case, tmp_path) == (EXPECTED / f"{case}.txt").read_text(encoding="utf-8")


def test_every_script_and_every_file_has_its_case() -> None:
    assert {script for script, *_ in CASES.values()} == set(SCRIPTS)
    assert {path.stem for path in EXPECTED.iterdir()} == CASES.keys()


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("argument", ["--dryrun", "--execute", "now"])
def test_another_argument_is_rejected_before_anything_is_done(script: str, argument: str, tmp_path: Path) -> None:
    commands = FakeCommands(tmp_path / "bin")
    commands.add("gcloud")
    done = commands.run("bash", str(ROOT / "deploy" / script), argument, EXECUTE="1")
    assert (done.returncode, done.stdout, commands.calls) == (2, "", [])
    assert done.stderr == (
        f"{argument}: is no option of {script}; its only one is --dry_run, and EXECUTE=1 carries out\n"
    )


@pytest.mark.parametrize("case", CASES)
def test_what_is_printed_is_what_a_shell_would_run(case: str) -> None:
    lines = [line for line in (EXPECTED / f"{case}.txt").read_text(encoding="utf-8").splitlines() if line]
    commands = [shlex.split(line) for line in lines if not line.startswith("#")]
    assert commands
    assert {command[0] for command in commands} <= {"gcloud", "git"}


if __name__ == "__main__":
    EXPECTED.mkdir(exist_ok=True)
    for name in CASES:
        with tempfile.TemporaryDirectory() as made:
            (EXPECTED / f"{name}.txt").write_text(said(name, Path(made)), encoding="utf-8")
