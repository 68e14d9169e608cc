from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.audit import CLEAN, HOLES, LOCK, PIP_AUDIT, UNKNOWN, main

HOLE = {"id": "PYSEC-2026-1", "fix_versions": ["2.1"]}


def answer(folder: Path, dependencies: list[dict[str, Any]] | None, *, code: int = 0, error: str = "") -> list[str]:
    """Return a command that answers as pip-audit does."""
    text = "" if dependencies is None else json.dumps({"dependencies": dependencies, "fixes": []})
    script = folder / "pip_audit.py"
    script.write_text(f"import sys\nsys.stdout.write({text!r})\nsys.stderr.write({error!r})\nsys.exit({code})\n")
    return [sys.executable, str(script)]


@pytest.mark.parametrize(
    ("dependencies", "code", "wanted", "says"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], 0, CLEAN, "1 dependencies, 0 known holes"),
        ([{"name": "a", "version": "2", "vulns": [HOLE]}], 1, HOLES, "a 2 has PYSEC-2026-1; fixed in 2.1"),
        ([{"name": "a", "skip_reason": "is not there"}], 0, UNKNOWN, "nothing is known of a"),
        ([], 0, UNKNOWN, "nothing is known of any dependency"),
    ],
)
def test_what_the_database_knows(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    dependencies: list[dict[str, Any]],
    code: int,
    wanted: int,
    says: str,
) -> None:
    assert main(LOCK, answer(tmp_path, dependencies, code=code)) == wanted
    shown = capsys.readouterr()
    assert says in shown.out + shown.err


@pytest.mark.parametrize("code", [0, 1])
def test_a_database_that_cannot_be_reached_is_no_clean_bill(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], code: int
) -> None:
    error = "Traceback (most recent call last):\n  x\nrequests.exceptions.ConnectionError: nobody answers\n"
    assert main(LOCK, answer(tmp_path, None, code=code, error=error)) == UNKNOWN
    assert capsys.readouterr().err == (
        "audit: the advisory database did not answer, so that nothing is known: "
        "requests.exceptions.ConnectionError: nobody answers\n"
    )


def test_the_real_tool_says_so_without_a_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy where nobody listens takes the network away."""
    for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    [pinned] = re.findall(r"^idna==[^\\\n]+(?:\\\n    --hash=\S+ ?)+", LOCK.read_text(encoding="utf-8"), re.M)
    lock = tmp_path / "requirements.txt"
    lock.write_text(pinned + "\n")
    assert main(lock, [*PIP_AUDIT, f"--cache-dir={tmp_path}"]) == UNKNOWN
    assert "the advisory database did not answer" in capsys.readouterr().err
