"""The settings of workers arrive through every way in which a job is started."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.cloud.dataflow_v1beta3 import WorkerIPAddressConfiguration

from exporters.registry import exports, groups
from pipeline.deployment.launch import main as launch
from pipeline.deployment.settings import SETTINGS, load_deployment
from pipeline.options.configuration import StreamConfig, parse_job
from pipeline.requests.request import RequestDefaults, parse_request
from pipeline.stream.batch import BatchTemplate
from pipeline.version import ROOT
from tests.deploy.places import PRIVATE, settle, settled
from tests.support.commands import FakeCommands
from tests.support.dataflow import FakeDataflow, dataflow_api
from tests.support.git import commit_all

NOW = datetime(2026, 2, 12, 18, tzinfo=timezone.utc)
OTHER = {
    **PRIVATE,
    "PROJECT": "other-project",
    "REGION": "europe-west4",
    "SUBNETWORK": PRIVATE["SUBNETWORK"].replace("us-west2", "europe-west4"),
    "KMS_KEY": PRIVATE["KMS_KEY"].replace("us-west2", "europe-west4"),
    "WORKER_ACCOUNT": "somebody@other-project.iam.gserviceaccount.com",
}
WANTED = {
    "region": "europe-west4",
    "network": OTHER["NETWORK"],
    "subnetwork": OTHER["SUBNETWORK"],
    "private": True,
    "account": OTHER["WORKER_ACCOUNT"],
    "key": OTHER["KMS_KEY"],
    "labels": {"team": "data", "stage": "live"},
    "temp": "gs://other-project-phase6-work/temp",
    "staging": "gs://other-project-phase6-work/staging",
}
OURS = ("app", "commit", "lock")
PRIVATE_ADDRESSES = ("WORKER_IP_PRIVATE", WorkerIPAddressConfiguration.WORKER_IP_PRIVATE)
"""As the API takes them: the name, or its number, which the client sends."""


def of_body(region: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return what a launch of the API says of workers."""
    found = body["launchParameter"]["environment"]
    return {
        "region": region,
        "network": found.get("network", ""),
        "subnetwork": found.get("subnetwork", ""),
        # The client sends the number of the name.
        "private": found.get("ipConfiguration")
        in ("WORKER_IP_PRIVATE", WorkerIPAddressConfiguration.WORKER_IP_PRIVATE),
        "account": found["serviceAccountEmail"],
        "key": found.get("kmsKeyName", ""),
        "labels": {name: value for name, value in found["additionalUserLabels"].items() if name not in OURS},
        "temp": found["tempLocation"],
        "staging": found["stagingLocation"],
    }


def of_call(call: list[str]) -> dict[str, Any]:
    """Return what a call of gcloud says of workers."""
    flags = dict(word[2:].partition("=")[::2] for word in call if word.startswith("--"))
    labels = dict(label.split("=") for label in flags["additional-user-labels"].split(","))
    return {
        "region": flags.get("region") or flags["worker-region"],
        "network": flags.get("network", ""),
        "subnetwork": flags.get("subnetwork", ""),
        "private": "disable-public-ips" in flags,
        "account": flags["service-account-email"],
        "key": flags.get("dataflow-kms-key", ""),
        "labels": {name: value for name, value in labels.items() if name not in OURS},
        "temp": flags["temp-location"],
        "staging": flags["staging-location"],
    }


Way = Callable[[Path, dict[str, str]], list[dict[str, Any]]]


def by_hand(folder: Path, settings: dict[str, str]) -> list[dict[str, Any]]:
    """``phase6 launch``, sent to an API."""
    file = settle(Path(shutil.copy(SETTINGS, folder)), **settings)
    with dataflow_api(FakeDataflow()) as api:
        asked = ("--export_types=predictions", "--target_date=2026-02-03")
        assert launch([*asked, f"--settings={file}", f"--endpoint={api.endpoint}"]) == 0
    [path], [body] = api.paths, api.launches
    return [of_body(path.split("/")[5], body)]


def by_schedules(folder: Path, settings: dict[str, str]) -> list[dict[str, Any]]:
    """The jobs that ``phase6 schedules render`` makes where each entry is a launch, as Cloud Scheduler gets them."""
    file = settle(Path(shutil.copy(SETTINGS, folder)), **settings)
    commands = FakeCommands(folder / "bin")
    commands.add("gcloud", [("scheduler jobs describe", 1, "")])
    phase6 = Path(sys.executable).with_name("phase6")
    done = commands.run(
        "bash", script=f"set -o pipefail; {phase6} schedules render --door=job --settings={file} | bash"
    )
    assert done.returncode == 0, done.stderr
    made = [call for call in commands.calls if "create" in call]
    assert len(made) == len(yaml.safe_load((ROOT / "deploy" / "schedules.yaml").read_text())["jobs"])
    found = []
    for call in made:
        flags = dict(word[2:].partition("=")[::2] for word in call if word.startswith("--"))
        found.append(of_body(flags["uri"].split("/")[-2], json.loads(flags["message-body"])))
        assert flags["location"] == found[-1]["region"]
    return found


def by_stream(folder: Path, settings: dict[str, str]) -> list[dict[str, Any]]:
    """``deploy/stream.sh``."""
    return [of_call(_stream(folder, settings))]


def _stream(folder: Path, settings: dict[str, str]) -> list[str]:
    commands = FakeCommands(folder / "bin")
    commands.add("gcloud")
    done = commands.run("bash", settled(folder, "stream.sh", **settings), EXECUTE="1")
    assert done.returncode == 0, done.stderr
    [call] = commands.calls
    return call


def by_template(folder: Path, settings: dict[str, str]) -> list[dict[str, Any]]:
    """What ``deploy/template.sh`` submits, built step by step: the defaults of both templates."""
    checkout = folder / "checkout"
    checkout.mkdir()
    script = settled(checkout, "template.sh", **settings)
    for name in ("requirements.txt", "pipeline/__init__.py", "pipeline/version.py"):
        (checkout / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    commit_all(checkout)
    commands = FakeCommands(folder / "bin")
    commands.add("gcloud")
    done = commands.run("bash", script, EXECUTE="1", PYTHON=sys.executable, TMPDIR=str(folder))
    assert done.returncode == 0, done.stderr
    [submit] = commands.calls
    [text] = [word.partition("=")[2] for word in submit if word.startswith("--substitutions=")]
    given = dict(pair.split("=", 1) for pair in text.removeprefix("^|^").split("|"))
    for step in yaml.safe_load((checkout / "deploy" / "cloudbuild.yaml").read_text())["steps"]:
        if step.get("entrypoint") == "bash":
            words = list(map(str, step["args"]))
            for name, value in given.items():
                words = [word.replace(f"${{{name}}}", value) for word in words]
            assert not [word for word in words if "${_" in word]
            assert commands.run("bash", *words).returncode == 0
    built = [call for call in commands.calls if call[1:4] == ["dataflow", "flex-template", "build"]]
    assert [call[4].rpartition("/")[2] for call in built] == ["phase6-export.json", "phase6-export-streaming.json"]
    return list(map(of_call, built))


def by_the_stream(folder: Path, settings: dict[str, str]) -> list[dict[str, Any]]:
    """A long request that the streaming job hands on, given what the launcher makes of the streaming job's launch."""
    call = _stream(folder, settings)
    flags = dict(word[2:].partition("=")[::2] for word in call if word.startswith("--"))
    _, delimiter, parameters = flags["parameters"].split("^", 2)
    argv = [
        *(f"--{parameter}" for parameter in parameters.split(delimiter)),
        f"--project={flags['project']}",
        f"--region={flags['region']}",
        f"--temp_location={flags['temp-location']}",
        f"--staging_location={flags['staging-location']}",
        f"--service_account_email={flags['service-account-email']}",
        *(f"--labels={label}" for label in flags["additional-user-labels"].split(",")),
        '--labels={"goog-dataflow-provided-template-type": "flex"}',
        *(f"--{name}={flags[name]}" for name in ("network", "subnetwork") if name in flags),
        *(["--no_use_public_ips"] if "disable-public-ips" in flags else []),
        *([f"--dataflow_kms_key={flags['dataflow-kms-key']}"] if "dataflow-kms-key" in flags else []),
    ]
    defaults = RequestDefaults("catboost_v9")
    payload = {"export_types": ["backfill"], "start_date": "2026-01-01", "end_date": "2026-01-31"}
    request = parse_request(payload, known_types=tuple(exports()), groups=groups(), defaults=defaults, now=NOW)
    with dataflow_api(FakeDataflow()) as api:
        options, config = parse_job(
            [*argv, f"--dataflow_endpoint={api.endpoint}"], known_types=tuple(exports()), groups=groups(), now=NOW
        )
        assert isinstance(config, StreamConfig)
        template = BatchTemplate.of(config, options)
        assert template is not None
        template.launch(request, "run")
    [path], [body] = api.paths, api.launches
    return [of_body(path.split("/")[5], body)]


WAYS = (by_hand, by_schedules, by_stream, by_template, by_the_stream)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_setting_of_workers_arrives(way: Way, tmp_path: Path) -> None:
    found = way(tmp_path, OTHER)
    assert found == [WANTED] * len(found)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_is_left_empty_is_left_to_google(way: Way, tmp_path: Path) -> None:
    ours = load_deployment()
    for found in way(tmp_path, {}):
        assert (found["network"], found["subnetwork"], found["private"]) == ("", "", False)
        assert (found["key"], found["labels"]) == ("", {})
        assert (found["region"], found["account"]) == (ours.region, ours.worker_account)


def test_the_wanted_settings_differ_from_those_of_the_repository() -> None:
    ours = load_deployment()
    assert {name for name in OTHER if getattr(ours, name.lower()) != OTHER[name]} == OTHER.keys()


def test_the_image_is_built_where_jobs_run(tmp_path: Path) -> None:
    by_template(tmp_path, OTHER)
    submit = FakeCommands(tmp_path / "bin").calls[0]
    assert {"--region=europe-west4", "--project=other-project"} <= set(submit)
    assert (
        "--service-account=projects/other-project/serviceAccounts/phase6-build@other-project.iam.gserviceaccount.com"
        in submit
    )
