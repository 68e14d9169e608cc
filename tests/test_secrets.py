from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.secret_scan import BASELINE, ROOT, main
from tests.support.git import commit_all

# Made up, and put together here so that this file holds none.
SEEDED = {
    "aws": 'key = "AKIA' + "IOSFODNN7EXAMPLQ" + '"',
    "google": "live_feed_api_key: " + '"AIzaSy' + "D9x8Kf0qLmZ3vTnB7wRcU2hYpE5sGjX1o" + '"',
    "private key": "-----BEGIN " + "PRIVATE KEY-----",
    "address": "url = 'https://admin:" + "Hq8vZr2LwT@example.com/v1'",
    "github": "token = '" + "ghp_" + "a8Kd02LmQz7RtYx4VbNc6WsEfGh1JkPo3iUy" + "'",
}


@pytest.mark.parametrize("kind", SEEDED)
@pytest.mark.parametrize("name", ["settings.env", "code.py", "notes.md"])
def test_a_seeded_key_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, name: str) -> None:
    (tmp_path / name).write_text(f"# first\n{SEEDED[kind]}\n")
    commit_all(tmp_path)
    assert main([], root=tmp_path) == 1
    assert capsys.readouterr().err.startswith(f"{name}:2: ")


def test_what_is_accepted_is_accepted_where_it_is_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"{SEEDED['aws']}\n")
    commit_all(tmp_path)
    assert main(["--accept"], root=tmp_path) == 0
    assert main([], root=tmp_path) == 0
    (tmp_path / "b.py").write_text(f"{SEEDED['aws']}\n")
    assert main([], root=tmp_path) == 1


def test_nothing_is_found_in_what_is_committed() -> None:
    before = time.process_time()
    assert main([]) == 0
    assert time.process_time() - before < 20


def test_what_is_accepted_is_the_name_of_a_secret_or_made_up_by_a_test() -> None:
    accepted = json.loads((ROOT / BASELINE).read_text(encoding="utf-8"))
    assert 0 < len(accepted) < 10
    assert {kind for name, kind, _ in accepted if not name.startswith("tests/")} <= {"Secret Keyword"}


def test_lint_scans() -> None:
    done = subprocess.run(["make", "--dry-run", "lint"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "-m tests.secret_scan" in done.stdout
