from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pipeline.deployment.stamp import main as stamp
from pipeline.version import (
    ROOT,
    Build,
    checkout_commit,
    current_build,
    lock_digest,
    package_version,
    read_build,
    source_digest,
)
from tests.support.git import commit_all

COMMIT = "0123456789ab"
IMAGE = f"us-west2-docker.pkg.dev/p/r/phase6-export:{COMMIT}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with one module and a lock file, not under git."""
    made = tmp_path / "checkout"
    (made / "pipeline").mkdir(parents=True)
    (made / "pipeline" / "a.py").write_text("A = 1\n")
    (made / "requirements.txt").write_text("a==1\n")
    return made


class TestCheckout:
    def test_a_commit(self, root: Path) -> None:
        expected = commit_all(root)[:12]
        assert checkout_commit(root) == expected
        assert read_build(root, root / "none.json") == Build(package_version(), expected, lock_digest(root))

    def test_changed_code_is_not_the_commit(self, root: Path) -> None:
        expected = commit_all(root)[:12]
        (root / "pipeline" / "a.py").write_text("A = 2\n")
        first = checkout_commit(root)
        assert re.fullmatch(f"{expected}-[0-9a-f]{{8}}", first)
        (root / "pipeline" / "b.py").write_text("B = 1\n")
        assert checkout_commit(root) != first

    def test_what_does_not_run_does_not_matter(self, root: Path) -> None:
        expected = commit_all(root)[:12]
        (root / "README.md").write_text("new")
        assert checkout_commit(root) == expected

    def test_without_git(self, root: Path) -> None:
        assert checkout_commit(root) == f"source-{source_digest(root)}"

    def test_a_broken_repository(self, root: Path) -> None:
        (root / ".git").write_text("gitdir: nowhere")
        assert checkout_commit(root).startswith("source-")

    def test_a_lock_file_that_is_missing(self, tmp_path: Path) -> None:
        assert lock_digest(tmp_path) == ""
        assert lock_digest(ROOT) != ""

    def test_this_process(self) -> None:
        assert current_build().code_version.startswith(f"{package_version()}+")


class TestStamp:
    def test_what_is_stamped_is_read(self, root: Path) -> None:
        made = root / "build.json"
        assert stamp([f"--commit={COMMIT}", f"--image={IMAGE}"], root=root, stamp=made) == 0
        assert read_build(root, made) == Build(package_version(), COMMIT, lock_digest(root), IMAGE)
        assert json.loads(made.read_text()).keys() == {"commit", "lock", "image"}

    def test_json_lists_the_written_files(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        made = root / "build.json"
        assert stamp([f"--commit={COMMIT}", f"--image={IMAGE}", "--json"], root=root, stamp=made) == 0
        assert json.loads(capsys.readouterr().out) == {"file": str(made), **json.loads(made.read_text())}

    def test_all_that_is_wrong_is_named_at_once(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (root / "requirements.txt").unlink()
        assert stamp(["--commit=HEAD", "--image=i:latest"], root=root, stamp=root / "build.json") == 2
        assert [line.partition(": ")[0] for line in capsys.readouterr().err.splitlines()] == [
            "--commit",
            "--image",
            "requirements.txt",
        ]

    @pytest.mark.parametrize(
        ("flags", "message"),
        [
            ((f"--commit={COMMIT[:7]}", f"--image=i:{COMMIT[:7]}"), "give 12 hexadecimal digits"),
            ((f"--commit={COMMIT}", "--image=i:latest"), "is not tagged with its commit"),
            ((f"--commit={COMMIT}",), "--image"),
        ],
    )
    def test_what_is_rejected(
        self, root: Path, flags: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert stamp(flags, root=root, stamp=root / "build.json") == 2
        assert message in capsys.readouterr().err
        assert not (root / "build.json").exists()

    def test_there_must_be_a_lock(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert stamp([f"--commit={COMMIT}", f"--image={IMAGE}"], root=tmp_path, stamp=tmp_path / "build.json") == 2
        assert "no lock file" in capsys.readouterr().err
