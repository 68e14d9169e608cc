from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import pytest

from pipeline.deployment.settings import load_deployment
from pipeline.options.configuration import StreamConfig, parse_job
from pipeline.version import ROOT, lock_digest
from tests.deploy.places import settled
from tests.support.commands import FakeCommands
from tests.support.git import commit_all

IAM, STREAM = (str(ROOT / "deploy" / name) for name in ("iam.sh", "stream.sh"))
OURS = load_deployment()
THINGS = (
    "iam service-accounts",
    "storage buckets",
    "artifacts repositories",
    "pubsub topics",
    "pubsub subscriptions",
    "secrets",
)
SECRET = "projects/my-project/secrets/phase6-live-feed"
ABSENT = [(f"{what} describe", 1, "") for what in THINGS]


@pytest.fixture
def commands(tmp_path: Path) -> FakeCommands:
    return FakeCommands(tmp_path / "bin")


def grants(calls: list[list[str]]) -> set[tuple[str, str, str]]:
    """Return (account, role, resource) of every grant."""
    found = set()
    for call in calls:
        if "add-iam-policy-binding" in call:
            flags = dict(word[2:].split("=", 1) for word in call if word.startswith("--"))
            place = call[call.index("add-iam-policy-binding") + 1]
            found.add((flags["member"].removeprefix("serviceAccount:").split("@")[0], flags["role"], place))
    return found


class TestIam:
    def test_roles_of_each_service_account(self, commands: FakeCommands) -> None:
        commands.add("gcloud")
        done = commands.run("bash", IAM, EXECUTE="1")
        assert done.returncode == 0, done.stderr
        work, output = "gs://my-project-phase6-work", "gs://my-project-api"
        assert grants(commands.calls) == {
            ("allUsers", "roles/storage.objectViewer", output),
            ("phase6-worker", "roles/dataflow.worker", "my-project"),
            ("phase6-worker", "roles/bigquery.dataViewer", "my-project"),
            ("phase6-worker", "roles/bigquery.readSessionUser", "my-project"),
            ("phase6-worker", "roles/bigquery.jobUser", "my-project"),
            ("phase6-worker", "roles/storage.objectUser", output),
            ("phase6-worker", "roles/storage.objectUser", f"{output}-control"),
            ("phase6-worker", "roles/storage.objectUser", work),
            ("phase6-worker", "roles/artifactregistry.reader", "phase6"),
            *(
                ("phase6-worker", role, subscription)
                for role in ("roles/pubsub.subscriber", "roles/pubsub.viewer")
                for subscription in (OURS.input_subscription, OURS.upstream_subscription)
            ),
            ("phase6-worker", "roles/pubsub.publisher", OURS.completion_topic),
            ("phase6-worker", "roles/pubsub.publisher", OURS.dead_letter_topic),
            ("phase6-worker", "roles/dataflow.developer", "my-project"),
            ("phase6-worker", "roles/iam.serviceAccountUser", OURS.worker_account),
            ("phase6-worker", "roles/secretmanager.secretAccessor", SECRET),
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
            ["storage", "buckets", "create", "gs://my-project-api"],
            ["storage", "buckets", "create", "gs://my-project-api-control"],
            ["storage", "buckets", "create", "gs://my-project-phase6-work"],
            ["artifacts", "repositories", "create", "phase6"],
            ["pubsub", "topics", "create", OURS.request_topic],
            ["pubsub", "subscriptions", "create", OURS.input_subscription],
            ["pubsub", "subscriptions", "create", OURS.upstream_subscription],
            ["pubsub", "topics", "create", OURS.completion_topic],
            ["pubsub", "subscriptions", "create", OURS.completion_subscription],
            ["pubsub", "topics", "create", OURS.dead_letter_topic],
            ["pubsub", "subscriptions", "create", OURS.dead_letter_subscription],
            ["iam", "service-accounts", "create", "phase6-worker"],
            ["secrets", "create", SECRET, "--replication-policy=automatic"],
            ["iam", "service-accounts", "create", "phase6-schedule"],
            ["iam", "service-accounts", "create", "phase6-build"],
        ]

    def test_what_is_there_is_left(self, commands: FakeCommands) -> None:
        commands.add("gcloud")
        commands.run("bash", IAM, EXECUTE="1")
        assert [call for call in commands.calls if "create" in call] == []

    def test_the_secret_is_there_before_its_role_is_granted(self, commands: FakeCommands) -> None:
        commands.add("gcloud", ABSENT)
        commands.run("bash", IAM, EXECUTE="1")
        assert [call[2] for call in commands.calls if call[1] == "secrets"] == [
            "describe",
            "create",
            "add-iam-policy-binding",
        ]

    def test_a_key_of_the_environment_needs_no_secret(self, commands: FakeCommands, tmp_path: Path) -> None:
        commands.add("gcloud", ABSENT)
        done = commands.run("bash", settled(tmp_path, "iam.sh", LIVE_FEED_KEY="env:FEED_KEY"), EXECUTE="1")
        assert done.returncode == 0, done.stderr
        assert [call for call in commands.calls if call[1] == "secrets"] == []

    def test_a_failure_stops_it(self, commands: FakeCommands) -> None:
        commands.add("gcloud", [("services enable", 1, "")])
        done = commands.run("bash", IAM, EXECUTE="1")
        assert done.returncode == 1
        assert [call[1:3] for call in commands.calls] == [["services", "enable"]]

    @pytest.mark.parametrize("role", ["owner", "editor", "viewer", "storage.admin", "dataflow.admin", "bigquery.admin"])
    def test_no_role_of_the_large_ones(self, role: str) -> None:
        assert f"roles/{role} " not in Path(IAM).read_text()


@dataclass(frozen=True)
class Checkout:
    """A checkout under git that holds what building a template reads."""

    root: Path
    commit: str
    commands: FakeCommands

    def build(self, **environment: str) -> subprocess.CompletedProcess[str]:
        script = str(self.root / "deploy" / "template.sh")
        return self.commands.run("bash", script, PYTHON=sys.executable, TMPDIR=str(self.root.parent), **environment)


@pytest.fixture
def checkout(tmp_path: Path, commands: FakeCommands) -> Checkout:
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "deploy", root / "deploy")
    for name in ("requirements.txt", "pipeline/__init__.py", "pipeline/version.py"):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    return Checkout(root, commit_all(root)[:12], commands)


class TestTemplate:
    def test_printing_builds_nothing(self, checkout: Checkout) -> None:
        checkout.commands.add("gcloud")
        done = checkout.build(EXECUTE="")
        assert done.returncode == 0, done.stderr
        assert checkout.commands.calls == []
        archive, submit = done.stdout.splitlines()
        assert archive.startswith("git archive ")
        assert submit.startswith("gcloud builds submit ")

    def test_what_is_built_is_the_commit(self, checkout: Checkout) -> None:
        locked = lock_digest(checkout.root)
        (checkout.root / "requirements.txt").write_text("changed==1\n")
        (checkout.root / "pipeline" / "new.py").write_text("A = 1\n")
        checkout.commands.add("gcloud")
        done = checkout.build(EXECUTE="1")
        assert done.returncode == 0, done.stderr
        [call] = checkout.commands.calls
        path = checkout.root.parent / f"phase6-export-{checkout.commit}.tar.gz"
        assert call[:4] == ["gcloud", "builds", "submit", str(path)]
        with tarfile.open(path) as archive:
            assert "deploy/cloudbuild.yaml" in archive.getnames()
            assert "pipeline/new.py" not in archive.getnames()
            held = archive.extractfile("requirements.txt")
            assert held is not None
            assert held.read() == (ROOT / "requirements.txt").read_bytes()
        [given] = [word.partition("=")[2] for word in call if word.startswith("--substitutions=")]
        worker = f"--worker-region={OURS.region} --service-account-email={OURS.worker_account}"
        places = f"--temp-location={OURS.temp_location} --staging-location={OURS.staging_location}"
        assert dict(pair.split("=", 1) for pair in listed(given)) == {
            "_COMMIT": checkout.commit,
            "_IMAGE": OURS.image,
            "_TEMPLATE": OURS.template,
            "_STREAMING_TEMPLATE": OURS.streaming_template,
            "_LABELS": f"commit={checkout.commit},lock={locked}",
            "_WORKER_FLAGS": f"{worker} {places}",
        }

    def test_a_build_that_fails(self, checkout: Checkout) -> None:
        checkout.commands.add("gcloud", [("builds submit", 1, "")])
        assert checkout.build(EXECUTE="1").returncode == 1


def flags(call: list[str]) -> dict[str, str]:
    """Return the flags of a command line."""
    return {word.partition("=")[0]: word.partition("=")[2] for word in call if word.startswith("--")}


def listed(text: str) -> list[str]:
    """Return the items of a list as gcloud reads it: ^DELIMITER^ at its start names the separator."""
    _, delimiter, items = text.split("^", 2)
    return items.split(delimiter)


class TestStream:
    def test_printing_starts_nothing(self, commands: FakeCommands) -> None:
        commands.add("gcloud")
        for more in ({}, {"UPDATE": "1"}, {"DRAIN": "1"}):
            done = commands.run("bash", STREAM, EXECUTE="", **more)
            assert done.returncode == 0, done.stderr
            assert done.stdout.startswith("gcloud dataflow ")
        assert commands.calls == []

    def test_it_is_one_small_worker_on_streaming_engine(self, commands: FakeCommands) -> None:
        commands.add("gcloud")
        commands.run("bash", STREAM, EXECUTE="1")
        [call] = commands.calls
        assert call[:5] == ["gcloud", "dataflow", "flex-template", "run", "phase6-stream"]
        given = flags(call)
        assert given["--template-file-gcs-location"] == OURS.streaming_template
        assert given["--service-account-email"] == OURS.worker_account
        assert (given["--num-workers"], given["--max-workers"]) == ("1", "2")
        assert "--enable-streaming-engine" in given
        assert "--update" not in given

    def test_the_job_understands_what_it_is_given(self, commands: FakeCommands) -> None:
        commands.add("gcloud")
        commands.run("bash", STREAM, EXECUTE="1")
        parameters = listed(flags(commands.calls[0])["--parameters"])
        # What the launcher adds.
        place = ("--project=p", "--region=r", "--temp_location=gs://b/t", "--runner=DataflowRunner")
        argv = [*(f"--{parameter}" for parameter in parameters), *place]
        config = parse_job(argv, known_types=(), groups={}, now=datetime.now(timezone.utc))[1]
        assert isinstance(config, StreamConfig)
        names = ("input_subscription", "upstream_subscription", "dead_letter_topic", "completion_topic", "live_feed")
        assert [getattr(config, name) for name in names] == [getattr(OURS, name) for name in names]
        assert (config.batch_template, config.live_feed_key) == (OURS.template, OURS.live_feed_key)

    def test_places_may_hold_commas(self, commands: FakeCommands, tmp_path: Path) -> None:
        commands.add("gcloud")
        commands.run("bash", settled(tmp_path, "stream.sh", OUTPUT="gs://b/v1,beta", LIVE_FEED="a,b=c"), EXECUTE="1")
        parameters = listed(flags(commands.calls[0])["--parameters"])
        assert {"output=gs://b/v1,beta", "live_feed=a,b=c"} <= set(parameters)
        assert [parameter for parameter in parameters if not re.match("[a-z_]+=", parameter)] == []

    @pytest.mark.parametrize(("wanted", "updates"), [("1", True), ("0", False), ("", False)])
    def test_an_update_replaces_the_running_job(self, commands: FakeCommands, wanted: str, updates: bool) -> None:
        commands.add("gcloud")
        commands.run("bash", STREAM, EXECUTE="1", UPDATE=wanted)
        [call] = commands.calls
        assert ("--update" in call) is updates
        assert "" not in call

    def test_an_update_names_the_steps_that_have_other_names(self, commands: FakeCommands) -> None:
        commands.add("gcloud")
        commands.run("bash", STREAM, EXECUTE="1", UPDATE="1", MAPPING="A/Map(<lambda at a.py:1>)=A/Map")
        commands.run("bash", STREAM, EXECUTE="1", MAPPING="A=B")
        updated, started = commands.calls
        assert flags(updated)["--transform-name-mappings"] == "A/Map(<lambda at a.py:1>)=A/Map"
        assert not [flag for flag in started if "mapping" in flag], "only an update has steps to map"

    def test_draining_finds_the_job(self, commands: FakeCommands) -> None:
        commands.add("gcloud", [("dataflow jobs list", 0, "2026-02-11_job\n")])
        commands.run("bash", STREAM, EXECUTE="1", DRAIN="1")
        assert commands.calls[-1][:5] == ["gcloud", "dataflow", "jobs", "drain", "2026-02-11_job"]

    def test_there_may_be_nothing_to_drain(self, commands: FakeCommands) -> None:
        commands.add("gcloud")
        done = commands.run("bash", STREAM, EXECUTE="1", DRAIN="1")
        assert (done.returncode, done.stderr) == (1, "no job phase6-stream is running\n")
