from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from pipeline.deployment import load_deployment
from pipeline.version import ROOT
from tests.support.commands import FakeCommands

IAM, TEMPLATE = str(ROOT / "deploy" / "iam.sh"), str(ROOT / "deploy" / "template.sh")
OURS = load_deployment()
ABSENT = [(f"{what} describe", 1, "") for what in ("iam service-accounts", "storage buckets", "artifacts repositories")]


@pytest.fixture
def commands(tmp_path: Path) -> FakeCommands:
    return FakeCommands(tmp_path / "bin")


def grants(calls: list[list[str]]) -> set[tuple[str, str, str]]:
    """Return who was given which role on what."""
    found = set()
    for call in calls:
        if "add-iam-policy-binding" in call:
            flags = dict(word[2:].split("=", 1) for word in call if word.startswith("--"))
            place = call[call.index("add-iam-policy-binding") + 1]
            found.add((flags["member"].removeprefix("serviceAccount:").split("@")[0], flags["role"], place))
    return found


class TestIam:
    def test_who_may_do_what(self, commands: FakeCommands) -> None:
        commands.add("gcloud")
        done = commands.run("bash", IAM, EXECUTE="1")
        assert done.returncode == 0, done.stderr
        work, output = "gs://my-project-phase6-work", "gs://my-project-api"
        assert grants(commands.calls) == {
            ("phase6-worker", "roles/dataflow.worker", "my-project"),
            ("phase6-worker", "roles/bigquery.dataViewer", "my-project"),
            ("phase6-worker", "roles/bigquery.readSessionUser", "my-project"),
            ("phase6-worker", "roles/bigquery.jobUser", "my-project"),
            ("phase6-worker", "roles/storage.objectUser", output),
            ("phase6-worker", "roles/storage.objectUser", work),
            ("phase6-worker", "roles/artifactregistry.reader", "phase6"),
            ("phase6-schedule", "roles/dataflow.developer", "my-project"),
            ("phase6-schedule", "roles/iam.serviceAccountUser", OURS.worker_account),
            ("phase6-schedule", "roles/storage.objectViewer", work),
            ("phase6-build", "roles/artifactregistry.writer", "phase6"),
            ("phase6-build", "roles/storage.objectUser", work),
            ("phase6-build", "roles/logging.logWriter", "my-project"),
        }

    def test_every_grant_has_its_reason(self, commands: FakeCommands) -> None:
        lines = commands.run("bash", IAM).stdout.splitlines()
        bindings = [number for number, line in enumerate(lines) if "add-iam-policy-binding" in line]
        assert bindings
        assert [lines[number] for number in bindings if not re.match(r"# [A-Z].*\.$", lines[number - 1])] == []

    def test_printing_calls_nothing(self, commands: FakeCommands) -> None:
        commands.add("gcloud")
        done = commands.run("bash", IAM, EXECUTE="")
        assert done.returncode == 0, done.stderr
        assert commands.calls == []
        assert done.stdout.count("service-accounts create") == 3

    def test_what_is_absent_is_made(self, commands: FakeCommands) -> None:
        commands.add("gcloud", ABSENT)
        commands.run("bash", IAM, EXECUTE="1")
        made = [call[1:5] for call in commands.calls if "create" in call]
        assert made == [
            ["storage", "buckets", "create", "gs://my-project-phase6-work"],
            ["artifacts", "repositories", "create", "phase6"],
            ["iam", "service-accounts", "create", "phase6-worker"],
            ["iam", "service-accounts", "create", "phase6-schedule"],
            ["iam", "service-accounts", "create", "phase6-build"],
        ]

    def test_what_is_there_is_left(self, commands: FakeCommands) -> None:
        commands.add("gcloud")
        commands.run("bash", IAM, EXECUTE="1")
        assert [call for call in commands.calls if "create" in call] == []

    def test_a_failure_stops_it(self, commands: FakeCommands) -> None:
        commands.add("gcloud", [("services enable", 1, "")])
        done = commands.run("bash", IAM, EXECUTE="1")
        assert done.returncode == 1
        assert len(commands.calls) == 1

    @pytest.mark.parametrize("role", ["owner", "editor", "viewer", "storage.admin", "dataflow.admin", "bigquery.admin"])
    def test_no_role_of_the_large_ones(self, role: str) -> None:
        assert f"roles/{role} " not in Path(IAM).read_text()


class TestTemplate:
    def test_printing_builds_nothing(self, commands: FakeCommands) -> None:
        commands.add("gcloud")
        done = commands.run("bash", TEMPLATE, EXECUTE="")
        assert done.returncode == 0, done.stderr
        assert commands.calls == []
        archive, submit = done.stdout.splitlines()
        assert archive.startswith("git archive ")
        assert submit.startswith("gcloud builds submit ")

    def test_what_is_built_is_the_commit(self, commands: FakeCommands, tmp_path: Path) -> None:
        head = subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=True, timeout=60
        ).stdout[:12]
        commands.add("gcloud")
        done = commands.run("bash", TEMPLATE, EXECUTE="1", TMPDIR=str(tmp_path))
        assert done.returncode == 0, done.stderr
        [call] = commands.calls
        archive = tmp_path / f"phase6-export-{head}.tar.gz"
        assert call[:4] == ["gcloud", "builds", "submit", str(archive)]
        assert archive.stat().st_size > 0
        [given] = [word.partition("=")[2] for word in call if word.startswith("--substitutions=")]
        values = dict(pair.split("=", 1) for pair in given.split(","))
        assert values.keys() == {"_COMMIT", "_LOCK", "_IMAGE", "_TEMPLATE"}
        assert (values["_COMMIT"], values["_IMAGE"], values["_TEMPLATE"]) == (head, OURS.image, OURS.template)
        assert re.fullmatch("[0-9a-f]{16}", values["_LOCK"])

    def test_a_build_that_fails(self, commands: FakeCommands, tmp_path: Path) -> None:
        commands.add("gcloud", [("builds submit", 1, "")])
        assert commands.run("bash", TEMPLATE, EXECUTE="1", TMPDIR=str(tmp_path)).returncode == 1
